"""PUT requests as bytes, and what has to follow when they are refused or served."""

from http_client import key_target
from raw_http import Connection, assert_kept, assert_refused, message


def put(server, key: str, *lines, body: bytes = b"", version="1.1") -> bytes:
    request_line = f"PUT {key_target(key)} HTTP/{version}"
    return message(request_line, f"Host: {server.authority}", *lines, body=body)


def put_head(server, key, length: int) -> bytes:
    """The head of a PUT whose body is still to come."""
    return put(server, key, f"Content-Length: {length}")


def put_chunked(server, key: str, body: bytes) -> bytes:
    return put(server, key, "Transfer-Encoding: chunked", body=body)


def assert_put_refused(server, http, key, data: bytes, status: int, slug=None):
    response = assert_refused(server, data, status, slug)
    assert http.value(key) is None, "a refused request was applied"
    return response


def assert_put_stores(server, http, key, data: bytes, value: bytes):
    with Connection(server.address) as connection:
        connection.send(data)
        assert connection.read_response().status == 201
        assert_kept(connection, server)
    assert http.value(key) == value
