"""Expect: 100-continue, and everything else that may stand there."""

import pytest

from put_requests import assert_put_refused, put
from raw_http import Connection, assert_kept, chunked, message

MIB = 1 << 20
BODY_LIMIT = 16 * MIB


def expecting(server, key, *lines, version="1.1") -> bytes:
    return put(server, key, "Expect: 100-continue", *lines, version=version)


@pytest.mark.parametrize("framing", ["Content-Length: 5", "Transfer-Encoding: chunked"])
@pytest.mark.parametrize("expectation", ["100-continue", "100-Continue"])
def test_a_waiting_client_is_told_to_continue_once(server, http, key, framing, expectation):
    with Connection(server.address) as connection:
        connection.send(put(server, key, f"Expect: {expectation}", framing))
        assert connection.read_interim().status == 100
        connection.expect_silence(0.1)
        connection.send(b"hello" if "Length" in framing else chunked(b"hello"))
        response = connection.read_response()
        assert response.status == 201 and response.interim == []
        assert_kept(connection, server)
    assert http.value(key) == b"hello"


def test_a_client_that_does_not_wait_gets_at_most_one_continue(server, http, key):
    with Connection(server.address) as connection:
        connection.send(expecting(server, key, "Content-Length: 5") + b"hello")
        response = connection.read_response()
        assert response.status == 201 and response.interim in ([], [100])
    assert http.value(key) == b"hello"


@pytest.mark.parametrize(
    "line, fields, status",
    [
        ("PUT /v1/keys/x HTTP/1.1", [f"Content-Length: {BODY_LIMIT + 1}"], 413),
        ("PUT /healthz HTTP/1.1", ["Content-Length: 5"], 405),
        ("PUT /v1/nothing HTTP/1.1", ["Content-Length: 5"], 404),
        ("FOO /v1/keys/x HTTP/1.1", ["Content-Length: 5"], 501),
    ],
)
def test_a_refusal_takes_the_place_of_continue(server, line, fields, status):
    with Connection(server.address) as connection:
        host = f"Host: {server.authority}"
        connection.send(message(line, host, "Expect: 100-continue", *fields))
        response = connection.read_response()
        assert response.status == status and response.interim == []
        assert response.closes
        connection.expect_end()


def test_an_expectation_without_a_body_is_ignored(server):
    with Connection(server.address) as connection:
        host = f"Host: {server.authority}"
        connection.send(message("GET /healthz HTTP/1.1", host, "Expect: 100-continue"))
        response = connection.read_response()
        assert response.status == 200 and response.interim == []


def test_an_expectation_in_version_1_0_is_ignored(server, http, key):
    with Connection(server.address) as connection:
        connection.send(expecting(server, key, "Content-Length: 5", version="1.0"))
        connection.expect_silence(0.2)
        connection.send(b"hello")
        response = connection.read_response()
        assert response.status == 201 and response.interim == []


@pytest.mark.parametrize(
    "lines",
    [
        ["Expect: 200-ok"],
        ["Expect: y 100-continue"],
        ["Expect: 100-continue, 100-continue"],
        ["Expect: 100-continue", "Expect: 100-continue"],
        ["Expect: 100-continue", "Expect: other"],
        ["Expect: 100-continue;x=1"],
        ["Expect:"],
    ],
)
def test_any_other_expectation_is_417(server, http, key, lines):
    data = put(server, key, *lines, "Content-Length: 5", body=b"hello")
    assert_put_refused(server, http, key, data, 417)
