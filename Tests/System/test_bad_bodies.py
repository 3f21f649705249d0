"""Bodies that are framed well and still cannot be accepted."""

import gzip

import pytest

from put_requests import assert_put_refused, put

MIB = 1 << 20
VALUE_LIMIT = 8 * MIB


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
