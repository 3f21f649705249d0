"""Appending, prepending and truncating in place."""

import pytest


def test_append_and_prepend_add_bytes_and_tell_the_length(http, key):
    http.store(key, b"b")
    appended = http.post(key, "op=append", b"cd")
    assert appended.status == 200 and appended.json() == {"length": 3}
    prepended = http.post(key, "op=prepend", b"\x00a")
    assert prepended.status == 200 and prepended.json() == {"length": 5}
    assert http.value(key) == b"\x00abcd"


@pytest.mark.parametrize("op", ["append", "prepend"])
def test_adding_to_nothing_creates(http, key, op):
    created = http.post(key, f"op={op}", b"first")
    assert created.status == 201 and created.json() == {"length": 5}
    assert http.value(key) == b"first"


@pytest.mark.parametrize("op", ["append", "prepend"])
def test_adding_stops_at_max_len(http, key, op):
    http.store(key, b"12345")
    assert http.post(key, f"op={op}&max_len=8", b"678").status == 200
    etag = http.get(key)["ETag"]
    refused = http.post(key, f"op={op}&max_len=8", b"9")
    assert refused.status == 409 and refused.slug == "out-of-bounds"
    assert http.get(key)["ETag"] == etag
    assert http.post(key + "-new", f"op={op}&max_len=2", b"123").status == 409
    assert http.value(key + "-new") is None


def test_adding_never_exceeds_the_value_limit(http, key):
    half = bytes(4 << 20)
    http.store(key, half)
    assert http.post(key, "op=append", half).status == 200
    assert http.post(key, "op=append", b"x").status in (409, 413)
    assert http.get(key, range="bytes=0-0")["Content-Range"] == f"bytes 0-0/{8 << 20}"
    http.delete(key)


def test_truncate_shortens_to_a_length(http, key):
    http.store(key, b"abcdef")
    response = http.post(key, "op=truncate&len=3")
    assert response.status == 200 and response.json() == {"length": 3}
    assert http.value(key) == b"abc"
    assert http.post(key, "op=truncate&len=0").json() == {"length": 0}
    assert http.value(key) == b""


def test_truncating_nothing_is_404(http, key):
    assert http.post(key, "op=truncate&len=3").slug == "not-found"
    assert http.value(key) is None


@pytest.mark.parametrize("op", ["op=append", "op=prepend", "op=truncate&len=1"])
def test_an_edit_keeps_lifetime_and_fields_and_changes_the_tag(http, key, op):
    etag = http.store(key, b"value", "ttl=60s", content_type="text/plain", content_language="en")
    edited = http.post(key, op, b"x")
    assert edited.status == 200
    response = http.get(key)
    assert 59 < float(response["Nuthatch-TTL"]) <= 60
    assert response["Content-Type"] == "text/plain" and response["Content-Language"] == "en"
    assert response["ETag"] != etag
    assert edited["ETag"] in (None, response["ETag"])


def test_many_small_appends_are_one_value(http, key):
    for number in range(300):
        http.post(key, "op=append", b"%d," % number)
    assert http.value(key) == b"".join(b"%d," % number for number in range(300))


def test_an_empty_append_changes_no_bytes(http, key):
    http.store(key, b"abc")
    assert http.post(key, "op=append", b"").json() == {"length": 3}
    assert http.value(key) == b"abc"
