"""Where a body ends, what it may not be, and that a refused one leaves nothing behind."""

import gzip

import pytest

from http_client import Client, json_lines, key_target
from raw_http import Connection, assert_kept, assert_refused, ask, chunked, message

MIB = 1 << 20
BODY_LIMIT = 16 * MIB
VALUE_LIMIT = 8 * MIB


def put(server, key: str, *lines, body: bytes = b"", version="1.1") -> bytes:
    request_line = f"PUT {key_target(key)} HTTP/{version}"
    return message(request_line, f"Host: {server.authority}", *lines, body=body)


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


# Lengths


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
        response = connection.read_response(within=2)
        assert response.status == 413 and response.closes
        assert response.slug == "too-large"
        connection.expect_end()


@pytest.mark.parametrize("size", ["1000001", "7fffffffffffffff", "8000000000000000", "f" * 16])
def test_a_chunk_over_the_body_limit_is_413_before_its_data_is_read(server, key, size):
    for start in (b"", b"5\r\nhello\r\n"):
        with Connection(server.address) as connection:
            connection.send(put_chunked(server, key, start + size.encode() + b"\r\n"))
            response = connection.read_response(within=2)
            assert response.status == 413 and response.closes
            connection.expect_end()


def test_a_value_over_its_limit_is_413_naming_the_limit(server, http, key):
    with Connection(server.address) as connection:
        connection.send(put(server, key, f"Content-Length: {VALUE_LIMIT + 1}"))
        response = connection.read_response(within=2)
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


# Codings


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


# Chunks


@pytest.mark.parametrize("size", ["5", "05", "005", "0000000000000005"])
@pytest.mark.parametrize("last", ["0", "000", "0000000000000000"])
def test_a_chunk_size_is_1_to_16_hex_digits(server, http, key, size, last):
    body = f"{size}\r\nhello\r\n{last}\r\n\r\n".encode()
    assert_put_stores(server, http, key, put_chunked(server, key, body), b"hello")


@pytest.mark.parametrize("size", ["a", "A", "0a", "0A"])
def test_hex_digits_of_a_chunk_size_may_have_either_case(server, http, key, size):
    body = size.encode() + b"\r\n" + b"x" * 10 + b"\r\n0\r\n\r\n"
    assert_put_stores(server, http, key, put_chunked(server, key, body), b"x" * 10)


@pytest.mark.parametrize(
    "size",
    ["0x5", "0X5", "5_0", "+5", "-5", " 5", "\t5", "5 ", "5\t", "", "00000000000000005", "5g", "0r"]
    + ["g", "5 5", "5,", "\xb2", "5\xa0", "5\x00", "1" + "0" * 16],
)
def test_any_other_chunk_size_is_refused(server, http, key, size):
    body = size.encode("latin-1") + b"\r\nhello\r\n0\r\n\r\n"
    assert_put_refused(server, http, key, put_chunked(server, key, body), 400)


@pytest.mark.parametrize(
    "extension",
    [
        ";a",
        ";a=b",
        ";a=b;c=d",
        " ; a = b",
        "\t;\ta\t=\tb",
        ';a="b;c"',
        ';a="\\"b\\""',
        ';a=""',
        ';a="tab\there"',
        pytest.param(";a=" + "b" * 900, id="900 bytes"),
    ],
)
def test_a_chunk_extension_is_skipped(server, http, key, extension):
    body = b"5" + extension.encode() + b"\r\nhello\r\n0\r\n\r\n"
    assert_put_stores(server, http, key, put_chunked(server, key, body), b"hello")


def test_the_last_chunk_may_have_an_extension(server, http, key):
    body = b"5\r\nhello\r\n0;a=b\r\n\r\n"
    assert_put_stores(server, http, key, put_chunked(server, key, body), b"hello")


@pytest.mark.parametrize(
    "extension",
    [
        ";a\x01",
        ";a=\x00",
        ";a=\x7f",
        ";a\rb",
        ";a\nb",
        ";\r",
        ";a=b\r",
        ";",
        ";=b",
        ";a;",
        ";;a",
        ";a=",
        ';a="b',
        ';a="b\\"',
        ';a="\x01"',
        " a",
        ";b=c g",
        pytest.param(";a=" + "b" * 1100, id="over 1 KiB"),
    ],
)
def test_a_malformed_chunk_extension_is_refused(server, http, key, extension):
    body = b"5" + extension.encode() + b"\r\nhello\r\n0\r\n\r\n"
    assert_put_refused(server, http, key, put_chunked(server, key, body), 400)


def test_the_chunk_extensions_of_a_message_are_limited_together(server, http, key):
    body = (b"5;a=" + b"b" * 200 + b"\r\nhello\r\n") * 6 + b"0\r\n\r\n"
    assert_put_refused(server, http, key, put_chunked(server, key, body), 400)


@pytest.mark.parametrize(
    "body",
    [
        b"5\nhello\r\n0\r\n\r\n",
        b"5\rhello\r\n0\r\n\r\n",
        b"5\r\r\nhello\r\n0\r\n\r\n",
        b"5\r\nhello\n0\r\n\r\n",
        b"5\r\nhello\r\r0\r\n\r\n",
        b"5\r\nhello\r0\r\n\r\n",
        b"5\r\nhelloX\r\n0\r\n\r\n",
        b"5\r\nhello0\r\n\r\n",
        b"5\r\nhello\n\n0\r\n\r\n",
        b"4\r\nhello\r\n0\r\n\r\n",
        b"5\r\nhello\r\n0\n\r\n",
        b"5\r\nhello\r\n0\r\n\n",
        b"5\r\nhello\r\n\r\n0\r\n\r\n",
        b"5\r\nhello\r\n0\r\n\r\r\n",
        b"\r\n5\r\nhello\r\n0\r\n\r\n",
        b"\r\r;\r\nhello\r\n0\r\n\r\n",
    ],
)
def test_size_lines_and_chunk_data_end_with_exactly_cr_lf(server, http, key, body):
    assert_put_refused(server, http, key, put_chunked(server, key, body), 400)


# Trailers


@pytest.mark.parametrize(
    "trailer",
    [
        b"X: a\r\n",
        b"X: a\r\nY: b\r\n",
        b"Content-Type: text/evil\r\n",
        b"Content-Length: 3\r\n",
        b"Transfer-Encoding: chunked\r\n",
        b'If-None-Match: *\r\nIf-Match: "0.0"\r\n',
        b"Authorization: Bearer x\r\n",
        b"Host: evil.example\r\n",
        b"Connection: close\r\n",
        b"X: " + b"a" * 3000 + b"\r\n",
    ],
    ids=lambda trailer: trailer[:30].decode(),
)
def test_trailer_fields_are_discarded_and_never_merged(server, http, key, trailer):
    body = b"5\r\nhello\r\n0\r\n" + trailer + b"\r\n"
    assert_put_stores(server, http, key, put_chunked(server, key, body), b"hello")
    assert http.get(key)["Content-Type"] == "application/octet-stream"


@pytest.mark.parametrize(
    "trailer",
    [
        b"X : a\r\n",
        b" X: a\r\n",
        b"X: a\r\n folded\r\n",
        b"X: a\n",
        b"X: a\x00\r\n",
        b": a\r\n",
        b"no colon\r\n",
        b"X\x85: a\r\n",
        b"X: a\rb\r\n",
    ],
)
def test_a_malformed_trailer_is_refused(server, http, key, trailer):
    body = b"5\r\nhello\r\n0\r\n" + trailer + b"\r\n"
    assert_put_refused(server, http, key, put_chunked(server, key, body), 400)


@pytest.mark.parametrize(
    "trailer",
    [
        pytest.param(b"X: " + b"a" * 5000 + b"\r\n", id="one long field"),
        pytest.param(b"X: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n" * 110, id="many fields"),
    ],
)
def test_trailers_over_4_kib_are_431(server, http, key, trailer):
    body = b"5\r\nhello\r\n0\r\n" + trailer + b"\r\n"
    assert_put_refused(server, http, key, put_chunked(server, key, body), 431)


# Bodies where none is expected, and bodies that end too soon


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


# Codings of the content


@pytest.mark.parametrize("coding", ["br", "zstd", "x-unknown"])
def test_an_unsupported_content_coding_of_a_control_body_is_415(http, coding):
    response = http.request(
        "POST",
        "/v1/keys:batch",
        b"\x00\x01\x02",
        content_type="application/x-ndjson",
        content_encoding=coding,
    )
    assert response.status == 415 and response.slug == "unsupported-media-type"
    assert response["Accept-Encoding"] is not None


@pytest.mark.parametrize(
    "size",
    [
        pytest.param(VALUE_LIMIT + 1, id="past the value limit"),
        pytest.param(20 * MIB, id="past the body limit"),
        pytest.param(4 * MIB, id="a thousand to one"),
    ],
)
def test_a_gzip_bomb_is_413(server, http, key, size):
    bomb = gzip.compress(bytes(size))
    data = put(server, key, "Content-Encoding: gzip", f"Content-Length: {len(bomb)}", body=bomb)
    assert_put_refused(server, http, key, data, 413)


# JSON


@pytest.mark.parametrize(
    "document",
    [
        pytest.param(b"[" * 65 + b"]" * 65, id="65 levels"),
        pytest.param(b"[" * 100_000, id="100,000 levels"),
        pytest.param(b'{"key":' * 10_000, id="10,000 objects"),
        pytest.param(b"[" + b"1" * 65 + b"]", id="a number of 65 digits"),
        b'["a\xff"]',
        b'["\xc0\xaf"]',
        b'["\xed\xa0\x80"]',
        b'["\\ud800"]',
        b'["\\udc00\\ud800"]',
        b'["\\ud800x"]',
        b'["a"]x',
        b'["a"]["b"]',
        b'["a",]',
        b'["a"',
        b'["a\x01"]',
        b"['a']",
        b'["\\x41"]',
        b"[01]",
        b"[+1]",
        b"[1.]",
        b"[NaN]",
        b"",
        b"\xef\xbb\xbf[]",
    ],
)
def test_a_bad_json_document_is_400(http, document):
    response = http.request("QUERY", "/v1/keys", document, content_type="application/json")
    assert response.status == 400, response
    assert response.slug == "bad-request"


@pytest.mark.parametrize(
    "line",
    [
        b'{"op":"put","key":"KEY","key":"KEY","value":"x"}',
        b'{"op":"put","key":"KEY","value":"a","value":"b"}',
        b'{"op":"put","op":"put","key":"KEY","value":"x"}',
        b'{"op":"put","key":"KEY","value":"x","\\u0076alue":"y"}',
        b'{"op":"put","key":"KEY","value":"\\ud800"}',
        b'{"op":"put","key":"KEY","value":"\xff"}',
        b'{"op":"put","key":"KEY","value":"x"} {}',
        b'{"op":"put","key":"KEY","value":"x"}}',
        b'{"op":"put","key":"KEY","value":"x","other":' + b"[" * 70 + b"]" * 70 + b"}",
        b'{"op":"put","key":"KEY","value":"x"',
        b"KEY",
    ],
    ids=lambda line: line[:60].decode("latin-1"),
)
def test_a_bad_json_line_fails_alone_with_400(http, key, line):
    good = {"op": "put", "key": key + "-good", "value": "kept"}
    response = http.batch([line.replace(b"KEY", key.encode()), good])
    assert response.status == 200
    assert [answer["status"] for answer in response.json_lines()] == [400, 201]
    assert http.value(key) is None
    assert http.value(key + "-good") == b"kept"


# Expect


def expecting(server, key, *lines, version="1.1") -> bytes:
    return put(server, key, "Expect: 100-continue", *lines, version=version)


@pytest.mark.parametrize("framing", ["Content-Length: 5", "Transfer-Encoding: chunked"])
@pytest.mark.parametrize("expectation", ["100-continue", "100-Continue"])
def test_a_waiting_client_is_told_to_continue_once(server, http, key, framing, expectation):
    with Connection(server.address) as connection:
        connection.send(put(server, key, f"Expect: {expectation}", framing))
        assert connection.read_interim(within=2).status == 100
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
        response = connection.read_response(within=2)
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
