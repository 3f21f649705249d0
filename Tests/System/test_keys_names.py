"""Names are bytes: nothing is normalised, nothing is forbidden but emptiness and length."""

import base64

import pytest

from http_client import key_target


def base64url(name: bytes, padding=True) -> str:
    encoded = base64.urlsafe_b64encode(name).decode()
    return encoded if padding else encoded.rstrip("=")


@pytest.mark.parametrize(
    "name",
    [
        b"\x00",
        b"a\x00b",
        b"\r\n",
        b"\r",
        b"\n",
        b"\xff",
        b"\xc0\xaf",
        b"\xed\xa0\x80",
        b" ",
        b"..",
        b".",
        b"../a",
        b"a/../b",
        b"/",
        b"//",
        b"/a",
        b"a/",
        b"a//b",
        b"%",
        b"%2F",
        b"?",
        b"#",
        b"&=;+",
        b"-",
        b":batch",
        b"~",
        b'"\\',
        b"*",
        "schlüssel".encode(),
        "\U0001f426".encode(),
        b"\x7f",
    ],
)
def test_any_bytes_are_a_name(http, name):
    assert http.put(name, b"value of " + name).status in (201, 204)
    assert http.get(name).body == b"value of " + name
    assert http.head(name).status == 200
    assert http.delete(name).status == 204
    assert http.get(name).status == 404


def test_every_single_byte_is_a_different_name(http, key):
    prefix = key.encode() + b"/"
    for byte in range(256):
        http.store(prefix + bytes([byte]), b"%d" % byte)
    for byte in range(256):
        assert http.get(prefix + bytes([byte])).body == b"%d" % byte


@pytest.mark.parametrize(
    "one, other",
    [
        ("é".encode(), "e\u0301".encode()),
        (b"\xc0\xaf", b"/"),
        (b"\xff", b"\xfe"),
        (b"\xff", "\ufffd".encode()),
        (b"A", b"a"),
        ("K".encode(), "\u212a".encode()),
        ("ß".encode(), b"ss"),
        ("ﬁ".encode(), b"fi"),
        (b"a", b"a\x00"),
        (b"a\r\nb", b"a\nb"),
        (b"a/b", b"a//b"),
        (b"a", b"a/"),
        (b"a", b"./a"),
        (b" a", b"a"),
        (b"a+b", b"a b"),
        (b"%2F", b"/"),
    ],
)
def test_similar_names_are_different_keys(http, key, one, other):
    one, other = key.encode() + one, key.encode() + other
    http.store(one, b"one")
    assert http.value(other) is None
    http.store(other, b"other")
    assert http.value(one) == b"one" and http.value(other) == b"other"
    http.delete(one)
    assert http.value(other) == b"other"


def test_a_raw_and_an_escaped_slash_are_the_same_byte_of_a_name(http, key):
    http.request("PUT", f"/v1/keys/{key}/logo.png", b"image")
    for spelling in (f"{key}%2Flogo.png", f"{key}%2flogo.png", f"{key}/logo.png"):
        assert http.request("GET", f"/v1/keys/{spelling}").body == b"image"


def test_plus_in_a_path_is_a_plus(http, key):
    http.request("PUT", f"/v1/keys/{key}+x", b"plus")
    assert http.request("GET", f"/v1/keys/{key}%2Bx").body == b"plus"
    assert http.request("GET", f"/v1/keys/{key}%20x").status == 404


@pytest.mark.parametrize("name", [b"\x00\xff", b"a/b//c", b"x", b"xy", b"xyz", b"\xfb\xef\xbe\xff"])
@pytest.mark.parametrize("padding", [True, False])
def test_key64_gives_a_name_in_base64url(http, key, name, padding):
    name = key.encode() + name
    http.store(name, b"value")
    encoded = base64url(name, padding).replace("=", "%3D")
    assert http.request("GET", f"/v1/keys/-?key64={encoded}").body == b"value"
    assert http.request("DELETE", f"/v1/keys/-?key64={encoded}").status == 204
    assert http.value(name) is None
    assert http.request("PUT", f"/v1/keys/-?key64={encoded}&ttl=60s", b"x").status == 201
    assert http.value(name) == b"x"


def test_without_key64_a_dash_is_an_ordinary_name(http):
    http.put("-", b"dash")
    assert http.request("GET", "/v1/keys/-").body == b"dash"


@pytest.mark.parametrize(
    "encoded", ["+/8", "AP8%2B", "AP8/", "A", "AP8%3D%3D%3D", "A%20P8", "%ff", "A*", ""]
)
def test_a_malformed_key64_is_400(http, encoded):
    for method in ("GET", "PUT"):
        response = http.request(method, f"/v1/keys/-?key64={encoded}")
        assert response.status == 400, response
        assert response.slug in ("bad-parameter", "bad-name")


def test_a_name_in_base64_has_the_same_limit(http):
    assert http.request("GET", f"/v1/keys/-?key64={base64url(b'n' * 4096, False)}").status in (200, 404)
    assert http.request("GET", f"/v1/keys/-?key64={base64url(b'n' * 4097, False)}").status == 400


def test_a_name_like_an_action_is_still_a_name(http):
    for name in ("-x", "keys:batch", "x:query"):
        assert http.request("PUT", f"/v1/keys/{name}", b"x").status in (201, 204)
        assert http.request("DELETE", f"/v1/keys/{name}").status == 204


def test_a_name_in_the_query_part_keeps_its_meaning(http, key):
    assert http.request("PUT", key_target(key + "?ttl=1s"), b"x").status == 201
    assert http.get(key + "?ttl=1s")["Nuthatch-TTL"] is None
