"""Mistakes that other servers made; each must find nothing here."""

import time

import pytest

from http_client import Client, key_target
from raw_http import Connection, Ended, Violation, ask, chunked, message

ODD_NUMBERS = ["+5", "-0", "0x5", "1_0", "0r", "5 ", "%205", "%d9%a5", "5.0", "1e1"]


@pytest.mark.parametrize("number", ODD_NUMBERS)
def test_numbers_in_parameters_are_plain_digits(http, key, number):
    for target in (f"/v1/keys?limit={number}", f"/v1/keys/{key}?wait={number}"):
        response = http.request("GET", target.replace(" ", "%20"))
        assert response.status == 400 and response.slug == "bad-parameter", target


@pytest.mark.parametrize("number", ["+5", "-0", "0x5", "1_0", "5 5", "5.0", "\xb2", "5,5"])
def test_numbers_in_fields_are_plain_digits(http, key, number):
    assert http.put(key, b"x", nuthatch_version=number).status == 400
    assert http.value(key) is None


@pytest.mark.parametrize("first", ["+0", "0x0", "0_0", "-0", "\xb2"])
def test_numbers_in_ranges_are_plain_digits(http, key, first):
    http.store(key, b"0123456789")
    assert http.get(key, range=f"bytes={first}-5,{first}-5").status == 200


SMUGGLERS = {
    "a coding behind an empty element": ["Transfer-Encoding: ,chunked"],
    "a name split by CR LF": ["Transfer-\r\nEncoding: chunked"],
    "a name with a trailing blank": ["Transfer-Encoding : chunked"],
    "a name with a high byte": ["Transfer-Encoding\x85: chunked"],
    "a value with a trailing NUL": ["Transfer-Encoding: chunked\x00"],
    "a folded coding": ["Transfer-Encoding:\r\n chunked"],
    "a coding behind a bare CR": ["X: a\rTransfer-Encoding: chunked"],
    "a coding behind a bare LF": ["X: a\nTransfer-Encoding: chunked"],
    "a length behind a bare LF": ["X: a\nContent-Length: 5"],
    "a length with a trailing NUL": ["Content-Length: 5\x00"],
    "a length with a high byte in its name": ["Content-Length\x85: 5"],
    "an empty length": ["Content-Length:"],
    "a length of blanks": ["Content-Length: \t "],
    "two codings": ["Transfer-Encoding: chunked", "Transfer-Encoding: x"],
    "a length and a coding": ["Content-Length: 0", "Transfer-Encoding: chunked"],
    "a quoted coding": ["Transfer-Encoding: 'chunked'"],
    "a coding in a folded line": ["X: a", " Transfer-Encoding: chunked"],
}


@pytest.mark.parametrize("method", ["PUT", "GET", "POST"])
@pytest.mark.parametrize("lines", SMUGGLERS.values(), ids=SMUGGLERS.keys())
def test_no_disguised_framing_lets_a_second_request_through(server, http, key, method, lines):
    hidden = message(f"PUT {key_target(key)} HTTP/1.1", f"Host: {server.authority}")
    target = key_target(key + "-outer", "op=append" if method == "POST" else "")
    outer = message(f"{method} {target} HTTP/1.1", f"Host: {server.authority}", *lines)
    with Connection(server.address) as connection:
        connection.send(outer + b"0\r\n\r\n" + hidden)
        response = connection.read_response()
        assert response.status == 400 and response.closes
        connection.expect_end()
    assert http.value(key) is http.value(key + "-outer") is None


def test_trailers_are_not_read_as_the_next_request(server, http, key):
    hidden = f"PUT {key_target(key)} HTTP/1.1".encode()
    body = b"0\r\n" + hidden + b"\r\nHost: localhost\r\n\r\n"
    line = f"PUT {key_target(key + '-outer')} HTTP/1.1"
    with Connection(server.address) as connection:
        host = f"Host: {server.authority}"
        connection.send(message(line, host, "Transfer-Encoding: chunked", body=body))
        assert connection.read_response().status == 400
        connection.expect_end()
    assert http.value(key) is None


REFUSED_BEFORE_THE_BODY = {
    "no such resource": ("PUT /v1/nothing HTTP/1.1", 404),
    "a method that lacks": ("PUT /healthz HTTP/1.1", 405),
    "an unknown method": ("FOO /v1/keys/x HTTP/1.1", 501),
    "a bad name": ("PUT /v1/keys/%zz HTTP/1.1", 400),
    "a bad parameter": ("PUT /v1/keys/x?tll=5s HTTP/1.1", 400),
}


@pytest.mark.parametrize("framing", ["length", "chunked"])
@pytest.mark.parametrize(
    "line, status", REFUSED_BEFORE_THE_BODY.values(), ids=REFUSED_BEFORE_THE_BODY.keys()
)
def test_the_body_of_a_refused_request_is_never_a_request(server, http, key, line, status, framing):
    hidden = message(f"PUT {key_target(key)} HTTP/1.1", f"Host: {server.authority}")
    if framing == "length":
        fields, body = [f"Content-Length: {len(hidden)}"], hidden
    else:
        fields, body = ["Transfer-Encoding: chunked"], chunked(hidden)
    with Connection(server.address) as connection:
        connection.send(message(line, f"Host: {server.authority}", *fields, body=body))
        first = connection.read_response()
        assert first.status == status
        if first.closes:
            connection.expect_end()
        else:
            connection.expect_silence(0.1)
    assert http.value(key) is None


def test_an_early_answer_never_stands_before_an_unread_body_on_a_kept_connection(server, key):
    line = f"PUT {key_target(key)} HTTP/1.1"
    with Connection(server.address) as connection:
        host = f"Host: {server.authority}"
        connection.send(message(line, host, 'If-Match: "0.0"', "Content-Length: 5") + b"he")
        try:
            early = connection.read_response(within=0.3)
            assert early.closes
        except (Violation, Ended):
            connection.send(b"llo")
            assert connection.read_response().status == 412


def test_a_name_that_continues_behind_nul_is_another_name(http, key):
    http.store(key, b"short")
    http.store(key + "\0long", b"long")
    assert http.value(key) == b"short"
    assert http.value(key + "\0long") == b"long"


def test_a_response_cannot_be_split_by_stored_fields(server, http, key):
    for value in (b"text/plain\rX-Injected: 1", b"text/plain\nX-Injected: 1", b"text\x00"):
        line = f"PUT {key_target(key)} HTTP/1.1"
        response = ask(server, line, b"Content-Type: " + value, "Content-Length: 0")
        assert response.status == 400
    assert http.value(key) is None


def test_a_response_cannot_be_split_by_parameters(http, key):
    for query in ("a%0d%0aX-Injected:1=1", "ttl=5s%0d%0aX-Injected:1", "op=x%0d%0a%0d%0aHTTP/1.1"):
        for method in ("GET", "PUT", "POST"):
            response = http.request(method, f"/v1/keys/{key}?{query}", b"")
            assert response.status == 400 and response["X-Injected"] is None


def test_keys_that_collide_in_weak_hashes_are_as_fast_as_others(server, key):
    """Multiples of large powers of two: the classic flood against unkeyed integer hashes."""

    def duration(names: list[str]) -> float:
        lines = [{"op": "put", "key": name, "value": ""} for name in names]
        with Client(server.address) as client:
            begun = time.monotonic()
            assert client.batch(lines).status == 200
            return time.monotonic() - begun

    # The least of several: what else the machine does makes some of them slow.
    usual = min(duration([f"{key}-{n:032x}" for n in range(8000)]) for _ in range(5))
    suspicious = min(duration([f"{key}-{n << 100:032x}" for n in range(8000)]) for _ in range(5))
    assert suspicious < 3 * usual + 0.2
