"""Limits of names, values, pages and batches."""

import gzip
import os

import pytest

from http_client import Client, json_lines
from raw_http import Connection, ask, message

MIB = 1 << 20


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_a_name_has_at_most_4096_bytes(server, method):
    longest, longer = "n" * 4096, "n" * 4097
    assert ask(server, f"{method} /v1/keys/{longest} HTTP/1.1").status in (200, 201, 204, 404)
    response = ask(server, f"{method} /v1/keys/{longer} HTTP/1.1")
    assert response.status == 400 and response.slug == "bad-name"


def test_the_length_of_a_name_counts_decoded_bytes(http):
    assert http.request("GET", "/v1/keys/" + "%6e" * 4096).status in (200, 404)
    assert http.request("GET", "/v1/keys/" + "%6e" * 4097).slug == "bad-name"


def test_an_empty_name_is_no_key(http):
    assert http.request("PUT", "/v1/keys/", b"x").status in (400, 404, 405)
    assert http.request("GET", "/v1/keys/-?key64=").status == 400


def test_a_value_of_8_mib_is_stored_and_returned_whole(http, key):
    value = os.urandom(8 * MIB)
    http.store(key, value)
    assert http.get(key, accept_encoding="identity").body == value
    http.delete(key)


def test_a_chunked_value_over_8_mib_is_413(server, http, key):
    chunk = b"10000\r\n" + bytes(0x10000) + b"\r\n"
    with Connection(server.address) as connection:
        connection.send(
            message(
                f"PUT /v1/keys/{key} HTTP/1.1",
                f"Host: {server.authority}",
                "Transfer-Encoding: chunked",
            )
        )
        for _ in range(129):
            if not connection.send(chunk):
                break
        connection.send(b"0\r\n\r\n")
        response = connection.read_response()
        assert response.status == 413 and response.slug == "too-large"
    assert http.value(key) is None


@pytest.mark.parametrize("limit", ["0", "1001", "-1", "+5", "x", "", "1e2", "99999999999999999999"])
def test_a_page_holds_1_to_1000_items(http, limit):
    response = http.list(f"limit={limit}")
    assert response.status == 400 and response.problem["parameter"] == "limit"
    assert http.list("limit=1").status == http.list("limit=1000").status == 200


def test_a_bulk_body_has_at_most_10000_lines(http, key):
    lines = [{"op": "get", "key": key}] * 10_000
    answer = http.batch(lines)
    assert answer.status == 200 and len(answer.json_lines()) == 10_000
    put = {"op": "put", "key": key, "value": "x"}
    assert http.batch([put] + lines).status in (400, 413)
    assert http.value(key) is None


def test_an_atomic_batch_has_at_most_128_lines(http, key):
    lines = [{"op": "put", "key": f"{key}-{n}", "value": "x"} for n in range(129)]
    assert http.batch(lines[:128], "atomic=true").status == 200
    for n in range(128):
        http.delete(f"{key}-{n}")
    assert 400 <= http.batch(lines, "atomic=true").status < 500
    assert http.listed(f"prefix={key}") == []


def test_at_most_64_tags_are_compared(http, key):
    etag = http.store(key)
    tags = [f'"0.{n}"' for n in range(63)]
    assert http.get(key, if_none_match=", ".join(tags + [etag])).status == 304
    assert http.get(key, if_none_match=", ".join(tags + [etag, '"1.1"'])).status == 400


def test_a_bomb_of_json_neither_crashes_nor_bloats(server, http):
    before = server.resident_bytes()
    nested = b"[" * (4 * MIB)
    response = http.request("QUERY", "/v1/keys", nested, content_type="application/json")
    assert response.status == 400
    assert server.resident_bytes() - before < 64 * MIB


def test_compressed_bombs_do_not_bloat(server, key):
    before = server.resident_bytes()
    bomb = gzip.compress(bytes(200 * MIB))
    with Client(server.address) as client:
        for _ in range(3):
            assert client.put(key, bomb, content_encoding="gzip").status == 413
    assert server.resident_bytes() - before < 64 * MIB


def test_an_overlong_line_of_a_batch_fails_alone(http, key):
    deep = b'{"op":"put","key":"x","value":' + b"[" * 1000 + b"]" * 1000 + b"}"
    good = json_lines([{"op": "put", "key": key, "value": "x"}])[:-1]
    statuses = [line["status"] for line in http.batch([deep, good]).json_lines()]
    assert statuses == [400, 201]
