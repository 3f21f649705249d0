"""Parts of values: one range, several, and those that are ignored."""

import re

import pytest

VALUE = b"0123456789abcdef"
LENGTH = len(VALUE)
MULTIPART = re.compile(r'multipart/byteranges; ?boundary="?([\w\'()+,./:=?-]+)"?')


@pytest.fixture
def stored(http, key):
    http.store(key, VALUE, content_type="text/x-digits")
    return key


def parts(response) -> list[tuple[str, bytes]]:
    """The ranges and bytes of a 206, be it one part or several."""
    assert response.status == 206, response
    if response["Content-Range"] is not None:
        return [(response["Content-Range"], response.body)]
    match = MULTIPART.fullmatch(response["Content-Type"])
    assert match, response
    boundary = b"--" + match[1].encode()
    preamble, *sections = (b"\r\n" + response.body).split(b"\r\n" + boundary)
    assert preamble.strip() == b"" and sections.pop().startswith(b"--")
    return [_part(section) for section in sections]


def _part(section: bytes) -> tuple[str, bytes]:
    head, _, body = section.partition(b"\r\n\r\n")
    lines = [line for line in head.decode().split("\r\n") if line]
    fields = {name.lower(): value.strip() for name, value in (line.split(":", 1) for line in lines)}
    assert fields["content-type"] == "text/x-digits"
    return fields["content-range"], body


@pytest.mark.parametrize(
    "requested, first, last",
    [
        ("bytes=0-0", 0, 0),
        ("bytes=0-3", 0, 3),
        ("bytes=5-9", 5, 9),
        ("bytes=10-", 10, 15),
        ("bytes=0-", 0, 15),
        ("bytes=-3", 13, 15),
        ("bytes=-16", 0, 15),
        ("bytes=-9999", 0, 15),
        ("bytes=15-9999999999", 15, 15),
        ("Bytes=2-3", 2, 3),
        ("bytes=02-003", 2, 3),
    ],
)
def test_a_single_range_is_cut_from_the_value(http, stored, requested, first, last):
    response = http.get(stored, range=requested)
    assert parts(response) == [(f"bytes {first}-{last}/{LENGTH}", VALUE[first : last + 1])]
    assert response["Content-Length"] == str(last - first + 1)


def test_a_partial_answer_has_the_fields_of_the_whole(http, stored):
    whole, part = http.get(stored), http.get(stored, range="bytes=0-3")
    for name in ("ETag", "Last-Modified", "Cache-Control", "Content-Type", "Vary"):
        assert part[name] == whole[name]
    assert part["X-Content-Type-Options"] == "nosniff"
    assert part["Content-Security-Policy"] == "sandbox"


def test_several_ranges_come_as_parts(http, stored):
    response = http.get(stored, range="bytes=0-1, 5-6,-2")
    assert response["Content-Range"] is None
    assert parts(response) == [
        (f"bytes 0-1/{LENGTH}", b"01"),
        (f"bytes 5-6/{LENGTH}", b"56"),
        (f"bytes 14-15/{LENGTH}", b"ef"),
    ]


def test_ranges_outside_the_value_are_left_out(http, stored):
    assert parts(http.get(stored, range="bytes=2-3,99-100")) == [(f"bytes 2-3/{LENGTH}", b"23")]
    mixed = http.get(stored, range="bytes=99-,0-0,50-60,15-15")
    assert [body for _, body in parts(mixed)] == [b"0", b"f"]


@pytest.mark.parametrize("requested", ["bytes=16-", "bytes=16-20", "bytes=-0", "bytes=99-100,200-"])
def test_only_ranges_outside_the_value_are_416(http, stored, requested):
    response = http.get(stored, range=requested)
    assert response.status == 416 and response.slug == "range-not-satisfiable"
    assert response["Content-Range"] == f"bytes */{LENGTH}"


def test_an_empty_value_has_no_range(http, key):
    http.store(key, b"")
    response = http.get(key, range="bytes=0-")
    assert response.status == 416 and response["Content-Range"] == "bytes */0"


@pytest.mark.parametrize(
    "requested",
    [
        "bytes",
        "bytes=",
        "bytes=-",
        "bytes=a-b",
        "bytes=5-2",
        "bytes=0-1,5-2",
        "bytes=0-1,x",
        "bytes=+0-5",
        "bytes=0x0-5",
        "bytes=0--5",
        "bytes=0 - 5",
        "bytes=--5",
        "bytes 0-5",
        "items=0-5",
        "lines=1-2",
        "0-5",
        "bytes=0-5;x",
        "bytes=\xb2-5",
        pytest.param("bytes=" + ",".join(["0-0"] * 17), id="17 ranges"),
    ],
)
def test_a_range_that_makes_no_sense_is_ignored(http, stored, requested):
    response = http.get(stored, range=requested)
    assert response.status == 200 and response.body == VALUE
    assert response["Content-Range"] is None


def test_sixteen_ranges_are_served(http, key):
    http.store(key, bytes(range(160)), content_type="text/x-digits")
    requested = "bytes=" + ",".join(f"{n * 10}-{n * 10 + 1}" for n in range(16))
    bodies = [body for _, body in parts(http.get(key, range=requested))]
    assert bodies == [bytes([n * 10, n * 10 + 1]) for n in range(16)]


def test_overlapping_ranges_never_exceed_what_was_asked(http, stored):
    response = http.get(stored, range="bytes=0-9,5-14,0-0")
    assert response.status in (200, 206)
    if response.status == 206:
        assert all(body in VALUE for _, body in parts(response))


def test_a_range_is_ignored_by_other_methods(http, stored):
    head = http.head(stored, range="bytes=0-1")
    assert head.status == 200 and head["Content-Length"] == str(LENGTH)
    assert head["Content-Range"] is None
    assert http.put(stored, VALUE, range="bytes=0-1").status == 204
    taken = http.delete(stored, range="bytes=0-1", prefer="return=representation")
    assert taken.status == 200 and taken.body == VALUE


def test_if_range_with_the_current_tag_gives_the_part(http, stored):
    etag = http.get(stored)["ETag"]
    assert parts(http.get(stored, range="bytes=0-1", if_range=etag))[0][1] == b"01"


@pytest.mark.parametrize(
    "validator", ['"0.1"', "W/{}", "Thu, 01 Jan 1970 00:00:00 GMT", "nonsense", '{}, "0.1"', "*"]
)
def test_if_range_with_anything_else_gives_the_whole(http, stored, validator):
    etag = http.get(stored)["ETag"]
    response = http.get(stored, range="bytes=0-1", if_range=validator.format(etag))
    assert response.status == 200 and response.body == VALUE


def test_if_range_spares_a_changed_value_the_416(http, stored):
    response = http.get(stored, range="bytes=99-", if_range='"0.1"')
    assert response.status == 200 and response.body == VALUE


def test_preconditions_are_judged_before_the_range(http, stored):
    etag = http.get(stored)["ETag"]
    assert http.get(stored, range="bytes=0-1", if_none_match=etag).status == 304
    assert http.get(stored, range="bytes=0-1", if_match='"0.1"').status == 412
    assert http.get(stored, range="bytes=99-", if_none_match=etag).status == 304
    assert http.get(stored, range="bytes=0-1", if_match=etag).status == 206


def test_a_large_value_reassembles_from_its_ranges(http, key):
    value = bytes(n * 7 % 251 for n in range(100_003))
    http.store(key, value)
    pieces = [
        http.get(key, range=f"bytes={start}-{start + 9_999}", accept_encoding="identity").body
        for start in range(0, len(value), 10_000)
    ]
    assert b"".join(pieces) == value
