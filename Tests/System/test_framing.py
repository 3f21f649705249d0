"""Where a body ends, and that a refused one leaves nothing behind."""

import pytest

from http_client import Client, json_lines, key_target
from put_requests import assert_put_refused, assert_put_stores, put, put_chunked
from raw_http import Connection, ask, chunked, message

MIB = 1 << 20
BODY_LIMIT = 16 * MIB
VALUE_LIMIT = 8 * MIB


def test_without_length_and_coding_there_is_no_body(server, http, key):
    assert_put_stores(server, http, key, put(server, key), b"")


@pytest.mark.parametrize(
    "length",
    [
        "+5",
        "-0",
        "-5",
        "0x10",
        "0x5",
        "1_0",
        "5 5",
        "1e1",
        "5;",
        "5,",
        ",5",
        "",
        " ",
        "five",
        "5.0",
        "5\xa0",
        "\xb2",
        "0r",
        '"5"',
        "9223372036854775808",
        "18446744073709551621",
        "9999999999999999999",
        "10000000000000000000005",
    ],
)
def test_a_length_is_1_to_19_digits_within_int64(server, http, key, length):
    data = put(server, key, f"Content-Length: {length}", body=b"hello")
    assert_put_refused(server, http, key, data, 400)


@pytest.mark.parametrize("length", ["010", "05", "00", "005", "5, 5", "5,5", "5, 5, 5"])
def test_leading_zeros_and_lists_of_equal_lengths_are_refused(server, http, key, length):
    data = put(server, key, f"Content-Length: {length}", body=b"hello")
    assert_put_refused(server, http, key, data, 400)


@pytest.mark.parametrize("second", ["5", "6", "0", "05", ""])
def test_a_second_length_is_refused_equal_or_not(server, http, key, second):
    lines = ["Content-Length: 5", f"Content-Length: {second}"]
    assert_put_refused(server, http, key, put(server, key, *lines, body=b"hello"), 400)
    assert_put_refused(server, http, key, put(server, key, *lines[::-1], body=b"hello"), 400)


def test_differing_lengths_in_one_line_are_refused(server, http, key):
    data = put(server, key, "Content-Length: 5, 6", body=b"hello")
    assert_put_refused(server, http, key, data, 400)


@pytest.mark.parametrize("length", [BODY_LIMIT + 1, 1 << 40, (1 << 63) - 1])
def test_a_length_over_the_body_limit_is_413_before_the_body_is_read(server, key, length):
    with Connection(server.address) as connection:
        connection.send(put(server, key, f"Content-Length: {length}"))
        response = connection.read_response()
        assert response.status == 413 and response.closes
        assert response.slug == "too-large"
        connection.expect_end()


@pytest.mark.parametrize("size", ["1000001", "7fffffffffffffff", "8000000000000000", "f" * 16])
def test_a_chunk_over_the_body_limit_is_413_before_its_data_is_read(server, key, size):
    for start in (b"", b"5\r\nhello\r\n"):
        with Connection(server.address) as connection:
            connection.send(put_chunked(server, key, start + size.encode() + b"\r\n"))
            response = connection.read_response()
            assert response.status == 413 and response.closes
            connection.expect_end()


def test_a_value_over_its_limit_is_413_naming_the_limit(server, http, key):
    with Connection(server.address) as connection:
        connection.send(put(server, key, f"Content-Length: {VALUE_LIMIT + 1}"))
        response = connection.read_response()
        assert response.status == 413
        assert response.problem["limit"] == VALUE_LIMIT
    assert http.value(key) is None


def test_the_limits_of_values_and_bodies_are_settings(start_server, key):
    small = start_server("--max-value-size", "1kb", "--max-body-size", "4kb")
    with Client(small.address) as client:
        assert client.put(key, bytes(1024)).status == 201
        assert client.put(key, bytes(1025)).status == 413
        assert client.get(key)["Content-Length"] == "1024"
    response = ask(small, "POST /v1/keys:batch HTTP/1.1", "Content-Length: 4097")
    assert response.status == 413 and response.closes
    assert ask(small, f"PUT {key_target(key)} HTTP/1.1", "Content-Length: 4097").status == 413


@pytest.mark.parametrize(
    "lines",
    [
        ["Transfer-Encoding: chunked", "Content-Length: 5"],
        ["Content-Length: 5", "Transfer-Encoding: chunked"],
        ["Content-Length: 0", "Transfer-Encoding: chunked"],
        ["Content-Length: 15", "X: a", "transfer-encoding: CHUNKED"],
        ["Content-Length: 5", "Transfer-Encoding: identity"],
        ["Content-Length: 5", "Transfer-Encoding:"],
        ["Content-Length: 5", "Transfer-Encoding: xchunked"],
        ["Content-Length:", "Transfer-Encoding: chunked"],
    ],
)
def test_a_length_beside_a_coding_is_refused(server, http, key, lines):
    assert_put_refused(server, http, key, put(server, key, *lines, body=chunked(b"hello")), 400)


def test_a_coding_in_version_1_0_is_refused(server, http, key):
    for lines in (
        ["Transfer-Encoding: chunked"],
        ["Transfer-Encoding: chunked", "Connection: keep-alive"],
    ):
        data = put(server, key, *lines, body=chunked(b"hello"), version="1.0")
        assert_put_refused(server, http, key, data, 400)


@pytest.mark.parametrize("coding", ["chunked", "Chunked", "CHUNKED", "cHuNkEd", " \tchunked\t "])
def test_chunked_alone_is_decoded_in_any_letter_case(server, http, key, coding):
    data = put(server, key, f"Transfer-Encoding:{coding}", body=chunked(b"hel", b"lo"))
    assert_put_stores(server, http, key, data, b"hello")


@pytest.mark.parametrize(
    "coding", ["gzip", "identity", "xchunked", "chunked, gzip", "chunkedd", "chunke"]
)
def test_a_final_coding_other_than_chunked_is_refused(server, http, key, coding):
    data = put(server, key, f"Transfer-Encoding: {coding}", body=chunked(b"hello"))
    assert_put_refused(server, http, key, data, 400)


@pytest.mark.parametrize("coding", ["gzip, chunked", "deflate,chunked", "x-thing, chunked"])
def test_another_coding_before_chunked_is_501(server, http, key, coding):
    data = put(server, key, f"Transfer-Encoding: {coding}", body=chunked(b"hello"))
    assert_put_refused(server, http, key, data, 501)


@pytest.mark.parametrize(
    "lines",
    [
        ["Transfer-Encoding: chunked, chunked"],
        ["Transfer-Encoding: ,chunked"],
        ["Transfer-Encoding: chunked,"],
        ['Transfer-Encoding: "chunked"'],
        ["Transfer-Encoding: chunked;q=1"],
        ["Transfer-Encoding: chunked\x0b"],
        ["Transfer-Encoding: \xa0chunked"],
        ["Transfer-Encoding: chunked\x85"],
        ["Transfer-Encoding: chunked chunked"],
        ["Transfer-Encoding:"],
        ["Transfer-Encoding: "],
        ["Transfer-Encoding: chunked", "Transfer-Encoding: chunked"],
        ["Transfer-Encoding: gzip", "Transfer-Encoding: chunked"],
        ["Transfer-Encoding: chunked", "Transfer-Encoding: identity"],
        ["Transfer-Encoding: chunked", "Transfer-Encoding:"],
        ["Transfer-", "Encoding: chunked"],
    ],
)
def test_a_doubtful_coding_is_refused(server, http, key, lines):
    assert_put_refused(server, http, key, put(server, key, *lines, body=chunked(b"hello")), 400)


@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_an_unexpected_body_is_consumed_exactly(server, http, key, method, framing):
    http.store(key)
    hidden = message(f"PUT {key_target(key + '-smuggled')} HTTP/1.1", f"Host: {server.authority}")
    lines = [f"{method} {key_target(key)} HTTP/1.1", f"Host: {server.authority}"]
    if framing == "length":
        data = message(*lines, f"Content-Length: {len(hidden)}", body=hidden)
    else:
        data = message(*lines, "Transfer-Encoding: chunked", body=chunked(hidden[:20], hidden[20:]))
    with Connection(server.address) as connection:
        connection.send(data + message("GET /healthz HTTP/1.1", f"Host: {server.authority}"))
        first = connection.read_response(method)
        assert first.status in (200, 204)
        second = connection.read_response()
        assert second.status == 200 and second["ETag"] is None
    assert http.value(key + "-smuggled") is None


@pytest.mark.parametrize(
    "lines, body",
    [
        (["Content-Length: 10"], b"hello"),
        (["Content-Length: 1"], b""),
        (["Transfer-Encoding: chunked"], b""),
        (["Transfer-Encoding: chunked"], b"5\r\nhel"),
        (["Transfer-Encoding: chunked"], b"5\r\nhello\r\n"),
        (["Transfer-Encoding: chunked"], b"5\r\nhello\r\n0\r\n"),
        (["Transfer-Encoding: chunked"], b"5\r\nhello\r\n0\r\nX: a\r\n"),
    ],
)
def test_a_stream_that_ends_inside_a_body_is_400_and_applies_nothing(
    server, http, key, lines, body
):
    with Connection(server.address) as connection:
        connection.send(put(server, key, *lines, body=body))
        connection.half_close()
        response = connection.read_response()
        assert response.status == 400 and response.closes
        connection.expect_end()
    assert http.value(key) is None


def test_a_batch_cut_short_applies_nothing(server, http, key):
    body = json_lines([{"op": "put", "key": f"{key}-{n}", "value": "x"} for n in range(100)])
    data = message(
        "POST /v1/keys:batch HTTP/1.1",
        f"Host: {server.authority}",
        "Content-Type: application/x-ndjson",
        f"Content-Length: {len(body) + 1}",
        body=body,
    )
    with Connection(server.address) as connection:
        connection.send(data)
        connection.half_close()
        assert connection.read_response().status == 400
    assert http.list(f"prefix={key}").json()["items"] == []
