"""Storing, reading, replacing and deleting values."""

import gzip
import os

import pytest

from http_client import key_target
from raw_http import ask

EVERY_BYTE = bytes(range(256)) * 3


def test_a_value_is_created_then_replaced_then_deleted(http, key):
    created = http.put(key, b"one")
    assert created.status == 201 and created["ETag"]
    replaced = http.put(key, b"two")
    assert replaced.status == 204 and replaced["ETag"] != created["ETag"]
    assert http.get(key).body == b"two"
    assert http.delete(key).status == 204
    assert http.get(key).status == 404
    assert http.put(key, b"three").status == 201


@pytest.mark.parametrize(
    "value",
    [b"", b"\x00", b"\r\n", b"0", b" padded \n", b"1e3", b'{"a": 1 }', b"\xff\xfe", EVERY_BYTE],
    ids=["empty", "NUL", "CR LF", "digit", "blanks", "number", "JSON", "no UTF-8", "every byte"],
)
def test_a_value_returns_byte_for_byte(http, key, value):
    assert http.put(key, value).status == 201
    response = http.get(key)
    assert response.status == 200 and response.body == value
    assert response["Content-Length"] == str(len(value))


@pytest.mark.parametrize("size", [63, 64, 65, 1023, 1024, 4096, 65_535, 65_536, 1_000_003])
def test_values_of_many_sizes_return_whole(http, key, size):
    value = os.urandom(size)
    http.store(key, value)
    assert http.get(key, accept_encoding="identity").body == value
    http.store(key, value[::-1])
    assert http.get(key, accept_encoding="identity").body == value[::-1]


def test_a_value_shrinks_and_grows(http, key):
    for size in (10, 10_000, 1, 0, 100_000, 5):
        http.store(key, b"x" * size)
        assert http.get(key, accept_encoding="identity").body == b"x" * size


def test_the_content_fields_return_as_they_came(http, key):
    fields = {
        "content_type": 'text/html; charset="utf-8"; x=Y',
        "content_language": "de, en-GB",
        "content_disposition": 'attachment; filename="a b.txt"',
    }
    http.store(key, b"value", **fields)
    for response in (http.get(key), http.head(key)):
        assert response["Content-Type"] == fields["content_type"]
        assert response["Content-Language"] == fields["content_language"]
        assert response["Content-Disposition"] == fields["content_disposition"]


def test_without_a_type_a_value_is_an_octet_stream(http, key):
    http.store(key)
    response = http.get(key)
    assert response["Content-Type"] == "application/octet-stream"
    assert response["Content-Language"] is None
    assert response["Content-Disposition"] is None
    assert response["Content-Encoding"] is None


def test_a_replacement_does_not_inherit_content_fields(http, key):
    http.store(key, b"one", content_type="text/plain", content_language="en")
    http.store(key, b"two")
    response = http.get(key)
    assert response["Content-Type"] == "application/octet-stream"
    assert response["Content-Language"] is None


def test_a_stored_page_cannot_script_the_origin_that_serves_it(http, key):
    http.store(key, b"<script>alert(1)</script>", content_type="text/html")
    for response in (http.get(key), http.head(key)):
        assert response["X-Content-Type-Options"] == "nosniff"
        assert response["Content-Security-Policy"] == "sandbox"


@pytest.mark.parametrize(
    "accept", ["application/json", "text/plain", "text/html", "image/*", "*/*;q=0"]
)
def test_accept_does_not_change_a_stored_value(http, key, accept):
    http.store(key, b"7", content_type="application/x-thing")
    response = http.get(key, accept=accept)
    assert response.status == 200 and response.body == b"7"
    assert response["Content-Type"] == "application/x-thing"


def test_deleting_nothing_is_404(http, key):
    response = http.delete(key)
    assert response.status == 404 and response.slug == "not-found"


def test_a_content_range_on_put_is_400(http, key):
    assert http.put(key, b"x", content_range="bytes 0-0/1").status == 400
    assert http.value(key) is None


def test_no_store_on_put_is_400(http, key):
    assert http.put(key, b"x", cache_control="no-store").status == 400
    assert http.put(key, b"x", cache_control="max-age=5, No-Store").status == 400
    assert http.value(key) is None


def test_put_returns_the_previous_value_where_preferred(http, key):
    first = http.put(key, b"one", content_type="text/plain", prefer="return=previous")
    assert first.status == 201
    second = http.put(key, b"two", prefer="return=previous")
    assert second.status == 200 and second.body == b"one"
    assert second["Content-Type"] == "text/plain"
    assert "return=previous" in second["Preference-Applied"]
    assert second["ETag"] == http.get(key)["ETag"]
    assert http.value(key) == b"two"


def test_delete_returns_the_value_where_preferred(http, key):
    http.store(key, b"once", content_type="text/plain")
    taken = http.delete(key, prefer="return=representation")
    assert taken.status == 200 and taken.body == b"once"
    assert taken["Content-Type"] == "text/plain"
    assert "return=representation" in taken["Preference-Applied"]
    assert http.delete(key, prefer="return=representation").status == 404


def test_an_unknown_preference_is_ignored(http, key):
    response = http.put(key, b"x", prefer="respond-async, colour=blue")
    assert response.status == 201 and response["Preference-Applied"] is None


def test_a_returned_value_is_served_as_safely_as_a_read_one(http, key):
    http.store(key, b"<b>", content_type="text/html")
    for response in (
        http.put(key, b"x", prefer="return=previous"),
        http.post(key, "op=touch&ttl=60s", prefer="return=representation"),
        http.delete(key, prefer="return=representation"),
    ):
        assert response.status == 200
        assert response["X-Content-Type-Options"] == "nosniff"
        assert response["Content-Security-Policy"] == "sandbox"


def test_a_value_that_looks_compressed_is_not_touched(http, key):
    value = gzip.compress(b"hello")
    http.store(key, value, content_type="application/gzip")
    response = http.get(key)
    assert response.body == value and response["Content-Encoding"] is None


def test_a_chunked_put_of_many_chunks_is_one_value(server, http, key):
    value = os.urandom(10_000)
    body = b"".join(b"1\r\n%b\r\n" % value[i : i + 1] for i in range(len(value))) + b"0\r\n\r\n"
    line = f"PUT {key_target(key)} HTTP/1.1"
    assert ask(server, line, "Transfer-Encoding: chunked", body=body).status == 201
    assert http.value(key) == value


def test_the_kinds_of_thing_have_name_spaces_of_their_own(http, key):
    http.store(key, b"value")
    for kind in ("counters", "topics", "sessions"):
        assert http.request("GET", f"/v1/{kind}/{key}").status in (404, 405, 501)
    assert http.value(key) == b"value"
