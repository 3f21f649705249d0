/// The rows of ``Routes`` for sessions.
enum SessionRoutes {
    static let all: [Route] = [
        Route(
            id: .createSession, label: "POST /v1/sessions", path: .sessions, methods: .post, needs: .write,
            body: .control),
        Route(
            id: .listSessions, label: "GET /v1/sessions", path: .sessions, methods: [.get, .head], needs: .read,
            body: .ignored),
        Route(
            id: .readOwnSession, label: "GET /v1/sessions/self", path: .ownSession, methods: [.get, .head],
            needs: .read, body: .ignored),
        Route(
            id: .patchOwnSession, label: "PATCH /v1/sessions/self", path: .ownSession, methods: .patch, needs: .write,
            body: .control),
        Route(
            id: .endOwnSession, label: "DELETE /v1/sessions/self", path: .ownSession, methods: .delete, needs: .write,
            body: .ignored),
        Route(
            id: .putSessionData, label: "PUT /v1/sessions/self/data", path: .sessionData, methods: .put,
            needs: .write, body: .control),
        Route(
            id: .touchSession, label: "POST /v1/sessions/self/touch", path: .sessionTouch, methods: .post,
            needs: .write, body: .control),
        Route(
            id: .rotateSession, label: "POST /v1/sessions/self/rotate", path: .sessionRotate, methods: .post,
            needs: .write, body: .control),
        Route(
            id: .readSession, label: "GET /v1/sessions/{handle}", path: .session, methods: [.get, .head],
            needs: .read, body: .ignored),
        Route(
            id: .revokeSession, label: "DELETE /v1/sessions/{handle}", path: .session, methods: .delete,
            needs: .write, body: .ignored),
        Route(
            id: .listUserSessions, label: "GET /v1/users/{user}/sessions", path: .userSessions,
            methods: [.get, .head], needs: .read, body: .ignored),
        Route(
            id: .revokeUserSessions, label: "DELETE /v1/users/{user}/sessions", path: .userSessions,
            methods: .delete, needs: .write, body: .ignored),
    ]
}
