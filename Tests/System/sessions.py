"""Short forms for tests of sessions."""

import json

from http_client import Client
from raw_http import Response

JSON = "application/json"
MERGE = "application/merge-patch+json"
PATCH = "application/json-patch+json"


def begin(http: Client, **members) -> dict:
    """Begins a session, which must succeed, and returns its document with the id."""
    response = http.request("POST", "/v1/sessions", json.dumps(members, ensure_ascii=False).encode(), content_type=JSON)
    assert response.status == 201, response
    return response.json()


def own(http: Client, session: dict | str, method="GET", rest="", body=None, kind=None, **fields) -> Response:
    """A request to `/v1/sessions/self`, by the id of a document or the id itself."""
    name = session["id"] if isinstance(session, dict) else session
    if body is not None and not isinstance(body, bytes):
        body = json.dumps(body).encode()
    if kind is not None:
        fields["content_type"] = kind
    return http.request(method, f"/v1/sessions/self{rest}", body, nuthatch_session=name, **fields)


def merge(http: Client, session: dict | str, patch, **fields) -> Response:
    return own(http, session, "PATCH", body=patch, kind=MERGE, **fields)


def operate(http: Client, session: dict | str, *operations, **fields) -> Response:
    return own(http, session, "PATCH", body=list(operations), kind=PATCH, **fields)


def data_of(http: Client, session: dict | str):
    response = own(http, session, rest="?touch=false")
    assert response.status == 200, response
    return response.json()["data"]


def slug(response: Response) -> str:
    return response.json()["type"].rsplit(":", 1)[1]


def gone(response: Response) -> str:
    """The reason that a session is no more; fails for any other answer."""
    assert response.status == 410 and slug(response) == "gone", response
    assert response["Cache-Control"] == "no-store"
    return response.json()["reason"]


def handles_of(http: Client, user: str) -> set[str]:
    """The handles of a user's live sessions, over all pages."""
    found, target = set(), f"/v1/users/{user}/sessions?limit=1000"
    while target:
        response = http.request("GET", target)
        assert response.status == 200, response
        page = response.json()
        found |= {item["handle"] for item in page["items"]}
        cursor = page["next"]
        target = f"/v1/users/{user}/sessions?limit=1000&cursor={cursor}" if cursor else None
    return found
