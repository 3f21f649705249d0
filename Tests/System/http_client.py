"""A small keep-alive client for the keys resource, reading through the strict raw client."""

import json
from urllib.parse import quote

from raw_http import Connection, Response, message


class Client:
    """Sends well-formed requests on one connection and opens a new one when that was closed.

    Header fields are keyword arguments: `if_match='"1.2"'` is sent as `If-Match: "1.2"`.
    """

    def __init__(self, address, token: str | None = None):
        self._address = address
        self._token = token
        self._connection: Connection | None = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def request(self, method: str, target: str, body: bytes | None = None, **fields) -> Response:
        self.send(method, target, body, **fields)
        return self.receive(method)

    def send(self, method: str, target: str, body: bytes | None = None, **fields) -> None:
        if self._connection is None:
            self._connection = Connection(self._address)
        lines = [f"{method} {target} HTTP/1.1", "Host: {}:{}".format(*self._address)]
        if self._token is not None:
            lines.append(f"Authorization: Bearer {self._token}")
        lines += [f"{field_name(name)}: {value}" for name, value in fields.items()]
        if body is not None:
            lines.append(f"Content-Length: {len(body)}")
        assert self._connection.send(message(*lines, body=body or b"")), "the server had closed"

    def receive(self, method: str = "GET") -> Response:
        response = self._connection.read_response(method)
        if response.closes:
            self.close()
        return response

    # Keys

    def get(self, key, query="", **fields) -> Response:
        return self.request("GET", key_target(key, query), **fields)

    def head(self, key, query="", **fields) -> Response:
        return self.request("HEAD", key_target(key, query), **fields)

    def put(self, key, value: bytes = b"", query="", **fields) -> Response:
        return self.request("PUT", key_target(key, query), value, **fields)

    def delete(self, key, query="", **fields) -> Response:
        return self.request("DELETE", key_target(key, query), **fields)

    def post(self, key, query="", body: bytes = b"", **fields) -> Response:
        return self.request("POST", key_target(key, query), body, **fields)

    # Collections

    def listed(self, query="") -> list[dict]:
        """The items of all pages: one page may hold less than there is, or nothing, where there are many other keys."""
        items, cursor = [], ""
        while cursor is not None:
            response = self.list(query + cursor)
            assert response.status == 200, response
            page = response.json()
            items += page["items"]
            cursor = f"&cursor={page['next']}" if page.get("next") else None
        return items

    def list(self, query="") -> Response:
        return self.request("GET", "/v1/keys" + (f"?{query}" if query else ""))

    def batch(self, lines: list, query="") -> Response:
        target = "/v1/keys:batch" + (f"?{query}" if query else "")
        return self.request("POST", target, json_lines(lines), content_type="application/x-ndjson")

    def query(self, keys: list, query="") -> Response:
        target = "/v1/keys" + (f"?{query}" if query else "")
        return self.request("QUERY", target, json_lines(keys), content_type="application/x-ndjson")

    # Short forms for the steps before and after the one that a test is about

    def store(self, key, value: bytes = b"value", query="", **fields) -> str:
        """Stores a value, which must succeed, and returns its ETag."""
        response = self.put(key, value, query, **fields)
        assert response.status in (201, 204), response
        return response["ETag"]

    def value(self, key) -> bytes | None:
        """The stored bytes, None for a miss, read without sliding an idle lifetime."""
        response = self.get(key, "touch=false", accept_encoding="identity")
        assert response.status in (200, 404), response
        return response.body if response.status == 200 else None


def key_target(key: str | bytes, query: str = "") -> str:
    return f"/v1/keys/{quote(key, safe='')}" + (f"?{query}" if query else "")


def field_name(argument: str) -> str:
    return "-".join("ETag" if word == "etag" else word.title() for word in argument.split("_"))


def json_lines(lines: list) -> bytes:
    """NDJSON; an element that is bytes already goes out as it is."""
    encoded = (
        line if isinstance(line, bytes) else json.dumps(line, ensure_ascii=False).encode()
        for line in lines
    )
    return b"".join(line + b"\n" for line in encoded)


def cache_status(response: Response) -> dict[str, str]:
    """The parameters of `Cache-Status: nuthatch; …`; a parameter without a value maps to ""."""
    name, *parameters = [part.strip() for part in response["Cache-Status"].split(";")]
    assert name == "nuthatch", response
    pairs = (parameter.partition("=") for parameter in parameters)
    return {known: value for known, _, value in pairs}
