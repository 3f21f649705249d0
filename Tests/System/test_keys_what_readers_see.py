"""The fields that tell a reader how old an entry is and how long it lives."""

import re
import time
from email.utils import parsedate_to_datetime

import pytest

from http_client import cache_status


def test_nuthatch_ttl_has_milliseconds(http, key):
    http.store(key, b"x", "ttl=41s")
    assert re.fullmatch(r"\d+\.\d{3}", http.get(key)["Nuthatch-TTL"])


def test_the_lifetime_counts_down(http, key):
    http.store(key, b"x", "ttl=60s")
    first = float(http.get(key)["Nuthatch-TTL"])
    time.sleep(0.1)
    second = float(http.get(key)["Nuthatch-TTL"])
    assert 0.05 < first - second < 20


def test_age_counts_whole_seconds_since_the_write(http, key):
    begun = time.monotonic()
    http.store(key, b"x")
    assert 0 <= int(http.get(key)["Age"]) <= time.monotonic() - begun
    time.sleep(1.2)
    assert 1 <= int(http.get(key)["Age"]) <= time.monotonic() - begun
    again = time.monotonic()
    http.store(key, b"y")
    assert 0 <= int(http.get(key)["Age"]) <= time.monotonic() - again


def test_last_modified_is_the_moment_of_the_write(http, key):
    before = time.time()
    http.store(key)
    modified = parsedate_to_datetime(http.get(key)["Last-Modified"]).timestamp()
    assert int(before) - 1 <= modified <= time.time()


def test_cache_status_tells_a_hit_and_its_remaining_seconds(http, key):
    http.store(key, b"x", "ttl=41500ms")
    told = re.fullmatch(r"nuthatch; hit; ttl=(\d+)", http.get(key)["Cache-Status"])
    assert 21 <= int(told[1]) <= 41
    http.store(key, b"x")
    assert cache_status(http.get(key)) == {"hit": ""}


def test_a_cache_control_with_max_age_returns_unchanged(http, key):
    directive = 'Max-Age=60, stale-while-revalidate=30, private, x="a, b"'
    http.store(key, b"x", cache_control=directive)
    assert http.get(key)["Cache-Control"] == directive
    assert http.head(key)["Cache-Control"] == directive


@pytest.mark.parametrize(
    "query, fields", [("", {}), ("ttl=60s", {}), ("", {"cache_control": "public"})]
)
def test_every_other_entry_is_no_cache(http, key, query, fields):
    http.store(key, b"x", query, **fields)
    assert http.get(key)["Cache-Control"] == "no-cache"


def test_a_replacement_forgets_the_cache_control(http, key):
    http.store(key, b"x", cache_control="max-age=60")
    http.store(key, b"y")
    assert http.get(key)["Cache-Control"] == "no-cache"


def test_an_etag_is_a_position_in_the_log(http, key):
    positions = []
    for value in (b"a", b"b", b"b"):
        etag = http.store(key, value)
        assert etag == http.get(key)["ETag"] == http.head(key)["ETag"]
        epoch, number = re.fullmatch(r'"(\d+)\.(\d+)"', etag).groups()
        positions.append((int(epoch), int(number)))
    assert positions == sorted(set(positions))


def test_no_two_entries_share_an_etag(http, key):
    etags = [http.store(f"{key}-{number}", b"same") for number in range(100)]
    assert len(set(etags)) == 100


def test_writing_equal_bytes_changes_the_etag_and_touching_does_not(http, key):
    etag = http.store(key, b"x", "ttl=60s")
    http.post(key, "op=touch&ttl=90s")
    assert http.get(key)["ETag"] == etag
    assert http.store(key, b"x", "ttl=60s") != etag


def test_an_edit_changes_etag_and_last_modified_age(http, key):
    etag = http.store(key, b"x")
    http.post(key, "op=append", b"y")
    assert http.get(key)["ETag"] != etag
