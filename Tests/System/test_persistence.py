"""Keep-alive, pipelining and the end of a connection."""

import pytest

from http_client import key_target
from raw_http import Connection, assert_kept, message


def get(server, target="/healthz", *fields, version="1.1") -> bytes:
    return message(f"GET {target} HTTP/{version}", f"Host: {server.authority}", *fields)


def put(server, key, value: bytes, *fields) -> bytes:
    length = f"Content-Length: {len(value)}"
    line = f"PUT {key_target(key)} HTTP/1.1"
    return message(line, f"Host: {server.authority}", length, *fields, body=value)


def test_a_connection_serves_many_requests(server):
    with Connection(server.address) as connection:
        for _ in range(500):
            assert_kept(connection, server)


def test_pipelined_requests_are_answered_in_order(server, key):
    writes = [put(server, f"{key}-{n}", b"value %d" % n) for n in range(20)]
    reads = [get(server, key_target(f"{key}-{n}")) for n in range(20)]
    with Connection(server.address) as connection:
        connection.send(b"".join(writes + reads))
        assert [connection.read_response().status for _ in writes] == [201] * 20
        bodies = [connection.read_response().body for _ in reads]
        assert bodies == [b"value %d" % n for n in range(20)]


def test_a_pipeline_longer_than_the_server_parses_ahead_is_served_whole(server, http, key):
    http.store(key, b"x" * 100)
    requests = [get(server, key_target(key), f"X-Number: {n}") for n in range(2000)]
    with Connection(server.address) as connection:
        connection.send(b"".join(requests))
        for _ in requests:
            assert connection.read_response().body == b"x" * 100
        assert_kept(connection, server)


def test_requests_behind_a_waiting_one_are_answered_after_it(server, http, key):
    etag = http.store(key, b"old")
    waiting = get(server, key_target(key, "wait=300ms"), f"If-None-Match: {etag}")
    with Connection(server.address) as connection:
        connection.send(waiting + get(server, "/healthz") + get(server, key_target(key)))
        statuses = [connection.read_response().status for _ in range(3)]
        assert statuses == [304, 200, 200]


def test_mixed_methods_and_framings_share_one_pipeline(server, http, key):
    chunked_put = message(
        f"PUT {key_target(key)} HTTP/1.1",
        f"Host: {server.authority}",
        "Transfer-Encoding: chunked",
        body=b"3\r\nabc\r\n0\r\n\r\n",
    )
    head = message(f"HEAD {key_target(key)} HTTP/1.1", f"Host: {server.authority}")
    delete = message(f"DELETE {key_target(key)} HTTP/1.1", f"Host: {server.authority}")
    with Connection(server.address) as connection:
        connection.send(chunked_put + b"\r\n" + head + get(server, key_target(key)) + delete + head)
        assert connection.read_response().status == 201
        assert connection.read_response("HEAD")["Content-Length"] == "3"
        assert connection.read_response().body == b"abc"
        assert connection.read_response().status == 204
        assert connection.read_response("HEAD").status == 404
        assert_kept(connection, server)


@pytest.mark.parametrize(
    "option", ["close", "Close", "close, keep-alive", "keep-alive, close", "x, close"]
)
def test_a_request_to_close_is_the_last_one(server, http, key, option):
    with Connection(server.address) as connection:
        connection.send(get(server, "/healthz", f"Connection: {option}") + put(server, key, b"x"))
        response = connection.read_response()
        assert response.status == 200 and response.closes
        connection.expect_end()
    assert http.value(key) is None


def test_close_may_stand_in_a_second_connection_line(server):
    with Connection(server.address) as connection:
        connection.send(get(server, "/healthz", "Connection: keep-alive", "Connection: close"))
        assert connection.read_response().closes
        connection.expect_end()


def test_bytes_behind_a_refusal_are_never_parsed(server, http, key):
    with Connection(server.address) as connection:
        connection.send(b"GET /healthz\r\n\r\n" + put(server, key, b"x") * 5)
        assert connection.read_response().status == 400
        connection.expect_end()
    assert http.value(key) is None


def test_requests_before_a_refused_one_are_still_answered(server, http, key):
    with Connection(server.address) as connection:
        connection.send(put(server, key, b"x") + b"GET nonsense HTTP/1.1\r\n\r\n")
        assert connection.read_response().status == 201
        refusal = connection.read_response()
        assert refusal.status == 400 and refusal.closes
        connection.expect_end()
    assert http.value(key) == b"x"


def test_version_1_0_closes_unless_asked_to_keep_alive(server):
    with Connection(server.address) as connection:
        connection.send(get(server, version="1.0"))
        assert connection.read_response().status == 200
        connection.expect_end()
    with Connection(server.address) as connection:
        for _ in range(3):
            connection.send(get(server, "/healthz", "Connection: Keep-Alive", version="1.0"))
            assert connection.read_response().status == 200


@pytest.mark.parametrize(
    "fields",
    [
        ["Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__"],
        [
            "Connection: Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        ],
        ["Upgrade: h2c"],
        ["Upgrade: TLS/1.0", "Connection: Upgrade"],
        ["HTTP2-Settings: nonsense"],
    ],
)
def test_an_upgrade_is_ignored(server, fields):
    with Connection(server.address) as connection:
        connection.send(get(server, "/healthz", *fields))
        response = connection.read_response()
        assert response.status == 200 and response.interim == [] and not response.closes
        assert_kept(connection, server)


def test_an_application_error_keeps_the_connection(server, http, key):
    stored = http.store(key)
    with Connection(server.address) as connection:
        for request, status in (
            (get(server, key_target(key + "-missing")), 404),
            (put(server, key, b"x", "If-None-Match: *"), 412),
            (put(server, key, b"x", 'If-Match: "0.0"'), 412),
            (get(server, "/v1/keys?delimiter=/"), 409),
        ):
            connection.send(request)
            response = connection.read_response()
            assert response.status == status and not response.closes
        assert_kept(connection, server)
    assert http.get(key)["ETag"] == stored
