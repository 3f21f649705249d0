"""Absolute, sliding and jittered lifetimes, and the windows in which a stale value still serves."""

import time
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime, parsedate_to_datetime

import pytest

from http_client import cache_status

# What may pass between a write and the look at what is left, in seconds.
SLACK = 20


def seconds_left(response) -> float | None:
    value = response["Nuthatch-TTL"]
    return None if value is None else float(value)


def instant(seconds_ahead: float, offset_hours: int = 0) -> str:
    zone = timezone(timedelta(hours=offset_hours))
    moment = datetime.now(zone) + timedelta(seconds=seconds_ahead)
    return moment.isoformat(timespec="milliseconds").replace("+", "%2B")


def http_date(seconds_ahead: float) -> str:
    moment = datetime.now(timezone.utc) + timedelta(seconds=seconds_ahead)
    return format_datetime(moment, usegmt=True)


@pytest.mark.parametrize(
    "duration, seconds",
    [
        ("90", 90),
        ("90s", 90),
        ("61500ms", 61.5),
        ("90000ms", 90),
        ("2m", 120),
        ("1h", 3600),
        ("1d", 86_400),
        ("1w", 604_800),
        ("3600d", 311_040_000),
        ("100000000", 100_000_000),
    ],
)
def test_a_duration_has_a_unit_and_bare_digits_are_seconds(http, key, duration, seconds):
    http.store(key, b"x", f"ttl={duration}")
    assert seconds - SLACK < seconds_left(http.get(key)) <= seconds


@pytest.mark.timed
def test_an_entry_ends_with_its_lifetime(http, key):
    http.store(key, b"x", "ttl=300ms")
    assert http.get(key).status == 200
    time.sleep(0.35)
    for response in (http.get(key), http.head(key)):
        assert response.status == 404
    assert http.delete(key).status == 404
    assert http.put(key, b"new").status == 201


def test_an_expired_entry_is_nowhere_seen(http, key):
    http.store(key, b"x", "ttl=100ms")
    time.sleep(0.15)
    assert http.list(f"prefix={key}").json()["items"] == []
    assert http.query([{"key": key}]).json_lines()[0]["status"] == 404
    assert http.post(key, "op=touch&ttl=5s").status == 404
    assert http.put(key, b"y", if_match="*").status == 412
    assert http.post(key, "op=append", b"new").status == 201
    assert http.value(key) == b"new"


def test_one_millisecond_is_a_lifetime(http, key):
    assert http.put(key, b"x", "ttl=1ms").status == 201
    time.sleep(0.02)
    assert http.get(key).status == 404


def test_without_a_lifetime_nothing_tells_of_one(http, key):
    http.store(key)
    response = http.get(key)
    assert response["Nuthatch-TTL"] is None and response["Expires"] is None
    assert "ttl" not in cache_status(response)


def test_a_replacement_replaces_the_lifetime(http, key):
    http.store(key, b"x", "ttl=60s")
    http.store(key, b"y")
    assert seconds_left(http.get(key)) is None
    http.store(key, b"z", "ttl=30s")
    assert 30 - SLACK < seconds_left(http.get(key)) <= 30


def test_a_replacement_keeps_the_lifetime_where_asked(http, key):
    http.store(key, b"x", "ttl=60s")
    http.store(key, b"y", "ttl=keep")
    response = http.get(key)
    assert response.body == b"y" and 60 - SLACK < seconds_left(response) <= 60


def test_keeping_the_lifetime_of_nothing_creates_an_entry_without_one(http, key):
    assert http.put(key, b"x", "ttl=keep").status == 201
    assert seconds_left(http.get(key)) is None


@pytest.mark.parametrize("offset_hours", [0, 2, -9])
def test_an_instant_with_any_offset_ends_an_entry(http, key, offset_hours):
    http.store(key, b"x", f"expires_at={instant(60, offset_hours)}")
    assert 60 - SLACK < seconds_left(http.get(key)) <= 61


def test_expires_on_put_is_a_lifetime_too(http, key):
    http.store(key, b"x", expires=http_date(60))
    assert 60 - SLACK < seconds_left(http.get(key)) <= 60


def test_max_age_is_a_lifetime_and_overrules_expires(http, key):
    http.store(key, b"x", cache_control="max-age=60")
    assert 60 - SLACK < seconds_left(http.get(key)) <= 60
    http.store(key, b"x", cache_control="max-age=60", expires=http_date(3600))
    assert 60 - SLACK < seconds_left(http.get(key)) <= 60


def test_directives_are_read_in_any_case_and_company(http, key):
    http.store(key, b"x", cache_control='public, Max-Age=60 , x="max-age=5"')
    assert 60 - SLACK < seconds_left(http.get(key)) <= 60


def test_a_parameter_and_a_field_must_agree(http, key):
    assert http.put(key, b"x", "ttl=60s", cache_control="max-age=60").status == 201
    assert http.put(key, b"x", "ttl=1m", cache_control="max-age=60").status == 204
    etag = http.get(key)["ETag"]
    assert http.put(key, b"y", "ttl=61s", cache_control="max-age=60").status == 400
    in_a_minute = instant(60)
    assert http.put(key, b"y", f"expires_at={in_a_minute}", expires=http_date(600)).status == 400
    assert http.get(key)["ETag"] == etag


def test_expires_is_sent_while_an_absolute_end_exists(http, key):
    http.store(key, b"x", "ttl=1h")
    end = parsedate_to_datetime(http.get(key)["Expires"])
    ahead = (end - datetime.now(timezone.utc)).total_seconds()
    assert 3600 - SLACK < ahead <= 3601


@pytest.mark.parametrize("fields", [{"cache_control": "max-age=0"}, {"expires": http_date(-60)}])
def test_an_end_in_the_past_is_400_without_a_stale_window(http, key, fields):
    assert http.put(key, b"x", **fields).status == 400
    assert http.value(key) is None


def test_an_end_in_the_past_by_parameter_is_400(http, key):
    response = http.put(key, b"x", f"expires_at={instant(-60)}")
    assert response.status == 400 and response.problem["parameter"] == "expires_at"


# Jitter


def test_jitter_shortens_by_a_share_drawn_at_the_write(http, key):
    left = []
    for number in range(30):
        http.store(f"{key}-{number}", b"x", "ttl=100s~10%25")
        left.append(seconds_left(http.get(f"{key}-{number}")))
    assert all(90 - SLACK / 4 < seconds <= 100 for seconds in left)
    assert max(left) - min(left) > 0.5
    begun = time.monotonic()
    first, second = (seconds_left(http.get(f"{key}-0")) for _ in range(2))
    assert 0 <= first - second < time.monotonic() - begun + 0.5


# Sliding


@pytest.mark.timed
def test_reads_slide_an_idle_lifetime(http, key):
    http.store(key, b"x", "idle=500ms")
    for _ in range(4):
        time.sleep(0.25)
        assert http.get(key).status == 200
    time.sleep(0.6)
    assert http.get(key).status == 404


@pytest.mark.timed
def test_a_ranged_read_slides_too(http, key):
    http.store(key, b"abc", "idle=500ms")
    for _ in range(3):
        time.sleep(0.25)
        assert http.get(key, range="bytes=0-0").status == 206


@pytest.mark.timed
@pytest.mark.parametrize("read", ["HEAD", "304", "listing", "bulk", "touch=false"])
def test_other_reads_do_not_slide(http, key, read):
    etag = http.store(key, b"x", "idle=500ms")
    reads = {
        "HEAD": lambda: http.head(key),
        "304": lambda: http.get(key, if_none_match=etag),
        "listing": lambda: http.list(f"prefix={key}"),
        "bulk": lambda: http.query([{"key": key}]),
        "touch=false": lambda: http.get(key, "touch=false"),
    }
    for _ in range(2):
        time.sleep(0.15)
        assert reads[read]().status in (200, 304)
    time.sleep(0.3)
    assert http.get(key).status == 404


@pytest.mark.timed
@pytest.mark.parametrize("read", ["HEAD", "304"])
def test_other_reads_slide_where_asked(http, key, read):
    etag = http.store(key, b"x", "idle=500ms")
    for _ in range(3):
        time.sleep(0.25)
        if read == "HEAD":
            assert http.head(key, "touch=true").status == 200
        else:
            assert http.get(key, "touch=true", if_none_match=etag).status == 304


@pytest.mark.timed
def test_a_lifetime_caps_the_sliding(http, key):
    http.store(key, b"x", "ttl=700ms&idle=500ms")
    begun = time.monotonic()
    while http.get(key).status == 200 and time.monotonic() - begun < 10:
        time.sleep(0.1)
    assert 0.6 < time.monotonic() - begun < 10


# Touching


def test_touch_sets_a_new_lifetime_and_nothing_else(http, key):
    etag = http.store(key, b"x", "ttl=5s", content_type="text/plain")
    assert http.post(key, "op=touch&ttl=1h").status == 204
    response = http.get(key)
    assert 3600 - SLACK < seconds_left(response) <= 3600
    assert response["ETag"] == etag and response["Content-Type"] == "text/plain"


def test_touch_gives_a_lifetime_to_an_entry_without_one(http, key):
    http.store(key, b"x")
    assert http.post(key, "op=touch&ttl=100ms").status == 204
    time.sleep(0.15)
    assert http.get(key).status == 404


def test_touch_sets_an_idle_lifetime(http, key):
    http.store(key, b"x", "ttl=60s")
    assert http.post(key, "op=touch&idle=300ms").status == 204
    time.sleep(0.4)
    assert http.get(key).status == 404


def test_touch_returns_the_value_where_preferred(http, key):
    http.store(key, b"value", content_type="text/plain")
    response = http.post(key, "op=touch&ttl=60s", prefer="return=representation")
    assert response.status == 200 and response.body == b"value"
    assert response["Content-Type"] == "text/plain"
    assert "return=representation" in response["Preference-Applied"]
    assert 60 - SLACK < seconds_left(http.get(key)) <= 60


def test_touching_nothing_is_404_and_without_a_lifetime_400(http, key):
    assert http.post(key, "op=touch&ttl=60s").slug == "not-found"
    http.store(key)
    assert http.post(key, "op=touch").slug == "bad-parameter"


# Stale windows


def test_inside_the_stale_window_every_reader_gets_the_value(http, key):
    http.store(key, b"old", "ttl=100ms", cache_control="stale-while-revalidate=60")
    time.sleep(1.3)
    for _ in range(2):
        response = http.get(key)
        assert response.status == 200 and response.body == b"old"
        assert int(cache_status(response)["ttl"]) < 0
    assert http.get(key, "stale=false").status == 404
    assert http.get(key).status == 200


def test_a_stale_window_allows_an_end_in_the_past(http, key):
    stored = http.put(key, b"old", cache_control="max-age=0, stale-while-revalidate=60")
    assert stored.status == 201
    assert http.get(key).status == 200
    assert http.get(key, "stale=false").status == 404


@pytest.mark.timed
def test_past_the_stale_window_an_entry_is_gone(http, key):
    http.store(key, b"old", "ttl=100ms", cache_control="stale-while-revalidate=1")
    time.sleep(0.6)
    assert http.get(key).status == 200
    time.sleep(0.7)
    assert http.get(key).status == 404


@pytest.mark.timed
def test_stale_if_error_alone_serves_no_plain_reader(http, key):
    http.store(key, b"old", "ttl=300ms", cache_control="stale-if-error=60")
    assert http.get(key).status == 200
    time.sleep(0.4)
    assert http.get(key).status == 404


def test_marking_stale_ends_freshness_but_keeps_the_window(http, key):
    etag = http.store(key, b"old", "ttl=60s", cache_control="stale-while-revalidate=60")
    assert http.post(key, "op=stale").status == 204
    response = http.get(key)
    assert response.status == 200 and response["ETag"] == etag
    assert http.get(key, "stale=false").status == 404
    http.store(key, b"new", "ttl=60s")
    assert http.get(key, "stale=false").status == 200


def test_marking_stale_without_a_window_makes_a_miss(http, key):
    http.store(key, b"old", "ttl=60s")
    assert http.post(key, "op=stale").status == 204
    assert http.get(key).status == 404


def test_marking_nothing_stale_is_404(http, key):
    assert http.post(key, "op=stale").slug == "not-found"
