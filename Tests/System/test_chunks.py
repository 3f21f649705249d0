"""The chunked coding: sizes, extensions, line ends and trailers."""

import pytest

from put_requests import assert_put_refused, assert_put_stores, put_chunked


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
