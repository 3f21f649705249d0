"""Compressed values, and compression for readers who ask for it."""

import gzip
import zlib

import pytest

TEXT = b"All work and no play makes a dull bird. " * 200
PACKED = gzip.compress(TEXT, mtime=0)


def names(field: str | None) -> set[str]:
    return {name.strip().lower() for name in (field or "").split(",") if name.strip()}


@pytest.fixture
def packed(http, key):
    http.store(key, PACKED, content_type="text/plain", content_encoding="gzip")
    return key


@pytest.fixture
def plain(http, key):
    http.store(key, TEXT, content_type="text/plain")
    return key


@pytest.mark.parametrize("accepted", ["gzip", "gzip, deflate, br", "x-a, GZIP;q=0.5"])
def test_a_gzip_value_goes_out_as_it_was_stored(http, packed, accepted):
    response = http.get(packed, accept_encoding=accepted)
    assert response["Content-Encoding"] == "gzip" and response.body == PACKED
    assert "accept-encoding" in names(response["Vary"])


@pytest.mark.parametrize(
    "accepted", ["identity", "br", "gzip;q=0", "gzip;q=0.000, br", "*;q=0, identity"]
)
def test_a_gzip_value_is_inflated_for_readers_who_refuse_gzip(http, packed, accepted):
    response = http.get(packed, accept_encoding=accepted)
    assert response["Content-Encoding"] is None and response.body == TEXT
    assert "accept-encoding" in names(response["Vary"])
    assert response["Content-Type"] == "text/plain"


def test_each_coding_has_a_tag_of_its_own(http, packed):
    one = http.get(packed, accept_encoding="gzip")["ETag"]
    other = http.get(packed, accept_encoding="identity")["ETag"]
    assert one != other


@pytest.mark.parametrize(
    "body",
    [b"", b"not gzip", PACKED[:-1], PACKED[:20], PACKED[:-8] + bytes(8), b"\x1f\x8b"]
    + [zlib.compress(TEXT)],
)
def test_a_body_that_is_no_gzip_is_400(http, key, body):
    response = http.put(key, body, content_encoding="gzip")
    assert response.status == 400 and response.slug == "bad-coding"
    assert http.value(key) is None


def test_other_codings_are_opaque_and_go_out_only_where_acceptable(http, key):
    http.store(key, b"\x01opaque", content_encoding="br", content_type="text/plain")
    response = http.get(key, accept_encoding="gzip, br")
    assert response.body == b"\x01opaque" and response["Content-Encoding"] == "br"
    for refused in ("identity", "gzip", "br;q=0"):
        response = http.get(key, accept_encoding=refused)
        assert response.status == 406 and response.slug == "not-acceptable"


def test_a_compressible_value_is_compressed_on_request(http, plain):
    response = http.get(plain, accept_encoding="gzip")
    assert response["Content-Encoding"] == "gzip"
    assert gzip.decompress(response.body) == TEXT
    assert len(response.body) < len(TEXT)
    assert "accept-encoding" in names(response["Vary"])
    assert response["Content-Type"] == "text/plain"


def test_the_plain_form_varies_too_and_has_another_tag(http, plain):
    identity = http.get(plain, accept_encoding="identity")
    compressed = http.get(plain, accept_encoding="gzip")
    assert identity.body == TEXT and identity["Content-Encoding"] is None
    assert "accept-encoding" in names(identity["Vary"])
    assert compressed["ETag"] == identity["ETag"][:-1] + '.gz"'


def test_head_tells_the_same_coding_as_get(http, plain):
    get, head = (method(plain, accept_encoding="gzip") for method in (http.get, http.head))
    for name in ("ETag", "Content-Encoding", "Vary", "Content-Type"):
        assert head[name] == get[name]


@pytest.mark.parametrize(
    "media_type", ["text/html; charset=utf-8", "text/css", "TEXT/PLAIN", "application/json"]
)
def test_textual_types_are_compressible(http, key, media_type):
    http.store(key, TEXT, content_type=media_type)
    assert http.get(key, accept_encoding="gzip")["Content-Encoding"] == "gzip"


@pytest.mark.parametrize("media_type", ["image/png", "video/mp4", "application/zip"])
def test_compressed_types_are_left_alone(http, key, media_type):
    http.store(key, TEXT, content_type=media_type)
    response = http.get(key, accept_encoding="gzip")
    assert response["Content-Encoding"] is None and response.body == TEXT


def test_values_under_1_kib_are_left_alone(http, key):
    http.store(key, b"a" * 1023, content_type="text/plain")
    assert http.get(key, accept_encoding="gzip")["Content-Encoding"] is None
    http.store(key, b"a" * 1024, content_type="text/plain")
    assert http.get(key, accept_encoding="gzip")["Content-Encoding"] == "gzip"


@pytest.mark.parametrize("accepted", ["identity", "gzip;q=0", "br", "identity, gzip;q=0"])
def test_readers_who_do_not_accept_gzip_get_the_plain_form(http, plain, accepted):
    response = http.get(plain, accept_encoding=accepted)
    assert response["Content-Encoding"] is None and response.body == TEXT


def test_tags_of_each_coding_are_known_to_a_read(http, plain):
    tag = http.get(plain, accept_encoding="gzip")["ETag"]
    response = http.get(plain, accept_encoding="gzip", if_none_match=tag)
    assert response.status == 304 and response["ETag"] == tag
    assert "accept-encoding" in names(response["Vary"])
    identity = http.get(plain, accept_encoding="identity", if_none_match=tag)
    assert identity.status in (200, 304)


def test_the_tag_of_any_coding_stands_for_the_version_in_a_write(http, plain):
    tag = http.get(plain, accept_encoding="gzip")["ETag"]
    assert http.put(plain, b"new", if_match=tag).status == 204
    assert http.put(plain, b"newer", if_match=tag).status == 412


def test_ranges_count_bytes_of_the_selected_coding(http, packed):
    part = http.get(packed, accept_encoding="gzip", range="bytes=0-9")
    assert part.status == 206 and part.body == PACKED[:10]
    assert part["Content-Range"] == f"bytes 0-9/{len(PACKED)}"
    part = http.get(packed, accept_encoding="identity", range="bytes=4-7")
    assert part.status == 206 and part.body == TEXT[4:8]
    assert part["Content-Range"] == f"bytes 4-7/{len(TEXT)}"


def test_an_inflated_value_up_to_the_limit_is_accepted(http, key):
    value = bytes(range(256)) * 16_000
    packed = gzip.compress(value, compresslevel=0)
    http.store(key, packed, content_encoding="gzip")
    assert http.get(key, accept_encoding="identity").body == value
    http.delete(key)
