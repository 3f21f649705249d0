"""An API limiter as WSGI middleware: the standard library and one HTTP call a request.

    app = Limiter(app, "http://localhost:8379", policy="api")

A request over the limit gets Nuthatch's own 429 with its fields. When Nuthatch is away requests are let in; pass
`open_when_away=False` to turn them away instead.
"""

import http.client
import urllib.parse

PASSED_ON = ("RateLimit", "RateLimit-Policy", "Retry-After")


class Limiter:
    def __init__(self, app, address, policy, token=None, open_when_away=True):
        self.app = app
        self.host = urllib.parse.urlsplit(address).netloc
        self.policy = policy
        self.fields = {"Authorization": f"Bearer {token}"} if token else {}
        self.open_when_away = open_when_away

    def __call__(self, environ, start_response):
        try:
            status, fields, body = self.ask(environ["REMOTE_ADDR"])
        except OSError:
            if self.open_when_away:
                return self.app(environ, start_response)
            start_response("503 Service Unavailable", [("Content-Type", "text/plain")])
            return [b"the limiter is away\n"]
        if status == 429:
            start_response("429 Too Many Requests", fields + [("Content-Type", "application/problem+json")])
            return [body]

        def start_with_fields(line, headers, *error):
            return start_response(line, headers + fields, *error)

        return self.app(environ, start_with_fields)

    def ask(self, identity):
        connection = http.client.HTTPConnection(self.host, timeout=1)
        try:
            path = f"/v1/limits/{urllib.parse.quote(self.policy, safe='')}/{urllib.parse.quote(identity, safe='')}"
            connection.request("POST", path, headers=self.fields)
            answer = connection.getresponse()
            fields = [(name, answer.headers[name]) for name in PASSED_ON if name in answer.headers]
            return answer.status, fields, answer.read()
        finally:
            connection.close()
