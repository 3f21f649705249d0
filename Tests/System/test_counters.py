"""Counters: exact, bounded, windowed, and the same whatever the number of clients."""

import json
from datetime import datetime, timedelta, timezone
from urllib.parse import quote
from zoneinfo import ZoneInfo

import pytest

from http_client import Client
from test_keys_races import together

JSON = "application/json"


def post(http, name, query="", **fields):
    return http.request("POST", f"/v1/counters/{quote(name, safe='')}{query}", **fields)


def value(http, name) -> int:
    return http.request("GET", f"/v1/counters/{name}").json()["value"]


def test_an_increment_creates_and_counts(http, key):
    first = post(http, key)
    assert first.status == 200
    assert first.json() == {"value": 1, "applied": 1, "created": True, "ttl_ms": None}
    second = post(http, key, "?by=-3")
    assert second.json() == {"value": -2, "applied": -3, "created": False, "ttl_ms": None}
    assert first["ETag"] != second["ETag"]
    read = http.request("GET", f"/v1/counters/{key}")
    assert read["ETag"] == second["ETag"] and read.json()["value"] == -2


def test_the_answer_comes_as_digits_or_not_at_all(http, key):
    assert post(http, key, "?by=7", accept="text/plain").body == b"7\n"
    minimal = post(http, key, prefer="return=minimal")
    assert minimal.status == 204 and minimal["Nuthatch-Value"] == "8"
    assert post(http, key, "?int=string").json()["value"] == "9"


def test_parameters_may_come_as_one_object(http, key):
    body = json.dumps({"by": 5, "max": 9, "overflow": "saturate"}).encode()
    assert post(http, key, body=body, content_type=JSON).json()["value"] == 5
    assert post(http, key, body=body, content_type=JSON).json()["applied"] == 4
    both = post(http, key, "?by=1", body=body, content_type=JSON)
    assert both.status == 400 and both.json()["parameter"] == "by"


@pytest.mark.parametrize(
    "query, parameter",
    [
        ("by=1.0", "by"), ("by=1e3", "by"), ("by=9223372036854775808", "by"), ("by=", "by"), ("min=x", "min"),
        ("min=2&max=1", "min"), ("overflow=stop", "overflow"), ("ttl=0", "ttl"), ("ttl_mode=once", "ttl_mode"),
        ("windows=1x*3", "windows"), ("windows=1m*0", "windows"), ("windows=1m*3,1m*4", "windows"),
        ("tz=Mars/Olympus", "tz"), ("tz=../../etc/passwd", "tz"), ("unique=", "unique"), ("item=", "item"),
        ("item=a&by=-1", "item"), ("int=number", "int"), ("tll=5", "tll"), ("by=1&by=2", "by"),
        ("initial=z", "initial"),
    ],
)  # fmt: skip
def test_a_bad_parameter_names_itself(http, key, query, parameter):
    answer = post(http, key, f"?{query}")
    assert answer.status == 400
    assert answer.json()["type"] == "urn:nuthatch:problem:bad-parameter"
    assert answer.json()["parameter"] == parameter
    assert http.request("GET", f"/v1/counters/{key}").status == 404, "a refused call must not create"


def test_bounds_refuse_and_change_nothing(http, key):
    assert post(http, key, "?by=9&max=10&windows=1m*5").status == 200
    over = post(http, key, "?by=2")
    assert over.status == 409
    assert over.json()["type"] == "urn:nuthatch:problem:out-of-bounds" and over.json()["value"] == 9
    assert http.request("GET", f"/v1/counters/{key}?window=5m").json()["value"] == 9
    differ = post(http, key, "?max=11")
    assert differ.status == 409 and differ.json()["type"] == "urn:nuthatch:problem:settings-differ"


def test_a_lifetime_is_set_once_or_each_time(http, key):
    first = post(http, key, "?ttl=60s").json()["ttl_ms"]
    assert 0 < first <= 60_000
    assert post(http, key, "?ttl=600s").json()["ttl_ms"] <= first
    assert post(http, key, "?ttl=600s&ttl_mode=extend").json()["ttl_ms"] > 60_000


def test_put_reset_delete_and_preconditions(http, key):
    target = f"/v1/counters/{key}"
    created = http.request("PUT", target, b'{"value":41}', content_type=JSON)
    assert created.status == 201
    tag = created["ETag"]
    assert http.request("PUT", target, b'{"value":"42"}', content_type=JSON, if_match='"1.1"').status == 412
    assert http.request("PUT", target, b"42", content_type="text/plain", if_match=tag).status == 204
    assert http.request("GET", target, if_none_match=http.request("GET", target)["ETag"]).status == 304
    assert http.request("POST", f"{target}/reset").json() == {"previous": 42}
    assert value(http, key) == 0
    assert http.request("DELETE", target).status == 204
    gone = http.request("GET", target)
    assert gone.status == 404 and gone.json()["reason"] == "deleted"
    assert http.request("GET", f"{target}?default=0").json()["value"] == 0
    assert http.request("DELETE", target).status == 404
    assert http.request("PUT", target, b'{"value":1.5}', content_type=JSON).status == 400
    assert http.request("PUT", target, b"1", content_type="image/png").status == 415


def test_settings_show_and_grow(http, key):
    target = f"/v1/counters/{key}/settings"
    post(http, key, "?windows=1m*60,total&tz=Europe/Berlin")
    settings = http.request("GET", target).json()
    assert settings == {"min": None, "max": None, "overflow": "reject", "windows": "1m*60,total", "tz": "Europe/Berlin"}
    assert http.request("PUT", target, b'{"windows":"1m*30"}', content_type=JSON).status == 409
    body = b'{"windows":"1m*90,1d*7,total","tz":"Europe/Berlin","max":5}'
    assert http.request("PUT", target, body, content_type=JSON).json()["windows"] == "1m*90,1d*7,total"
    assert http.request("PUT", target, b'{"max":1.5}', content_type=JSON).status == 400


@pytest.mark.turns(3600)
def test_a_series_shows_days_of_the_zone(http, key):
    post(http, key, "?by=3&windows=1h*72,1d*400&tz=Europe/Berlin")
    zone = ZoneInfo("Europe/Berlin")
    today = datetime.now(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    series = http.request("GET", f"/v1/counters/{key}/series?step=1d").json()
    assert series["step"] == "1d" and series["tz"] == "Europe/Berlin"
    assert series["points"][-1] == {"start": today.isoformat(), "value": 3}
    start = quote((today - timedelta(days=300)).isoformat())
    filled = http.request("GET", f"/v1/counters/{key}/series?step=1d&fill=0&from={start}").json()["points"]
    assert len(filled) == 301
    for point in filled:
        moment = datetime.fromisoformat(point["start"])
        assert moment.astimezone(zone).strftime("%H:%M") == "00:00"
        assert moment.utcoffset() == moment.astimezone(zone).utcoffset()
    csv = http.request("GET", f"/v1/counters/{key}/series?step=1d", accept="text/csv")
    assert csv["Content-Type"].startswith("text/csv")
    assert csv.body.decode().splitlines()[-1] == f"{today.isoformat()},3"


def test_a_series_says_what_is_not_kept(http, key):
    post(http, key, "?windows=1h*5")
    target = f"/v1/counters/{key}/series"
    assert http.request("GET", f"{target}?step=90m").json()["type"] == "urn:nuthatch:problem:window-not-kept"
    old = quote((datetime.now(timezone.utc) - timedelta(days=2)).isoformat())
    assert http.request("GET", f"{target}?step=1h&from={old}").status == 422
    for query in ("step=x", "agg=mean", "from=yesterday", "fill=x", "to=1", "tz=Nowhere"):
        answer = http.request("GET", f"{target}?{query}")
        assert answer.status == 400 and answer.json()["parameter"] == query.split("=")[0]
    assert http.request("GET", f"/v1/counters/{key}?window=6h").status == 422


def test_uniques_and_items(http, key):
    for user in range(50):
        post(http, key, f"?windows=1m*5,total&unique=user{user}&item=sku-{user % 3}&by=2")
    target = f"/v1/counters/{key}"
    uniques = http.request("GET", f"{target}/uniques").json()
    assert abs(uniques["estimate"] - 50) <= 2 and uniques["stderr"] == 0.0081
    assert http.request("GET", f"{target}/uniques?window=5m").json()["resolution_ms"] == 60_000
    assert http.request("GET", f"{target}/uniques?window=1h").status == 422
    top = http.request("GET", f"{target}/top?k=2").json()["items"]
    assert [item["item"] for item in top] == ["sku-0", "sku-1"]
    assert top[0] == {"item": "sku-0", "count": 34, "error": 0}
    bad = http.request("GET", f"{target}/top?k=1001")
    assert bad.status == 400 and bad.json()["parameter"] == "k"


def test_a_batch_answers_line_by_line_or_all_at_once(http, key):
    lines = [{"name": f"{key}-a", "by": 2}, {"name": f"{key}-b", "by": "x"}, {"name": f"{key}-c", "max": 0}]
    body = "\n".join(map(json.dumps, lines)).encode()
    answer = http.request("POST", "/v1/counters:batch", body, content_type="application/x-ndjson")
    rows = [json.loads(line) for line in answer.body.splitlines()]
    assert [row["status"] for row in rows] == [200, 400, 409] and rows[0]["value"] == 2
    atomic = b'{"name":"%(k)s-a","by":1}\n{"name":"%(k)s-d","max":0}' % {b"k": key.encode()}
    refused = http.request("POST", "/v1/counters:batch?atomic=true", atomic, content_type="application/x-ndjson")
    assert refused.status == 412 and refused.json()["failed"][0]["line"] == 2
    assert value(http, f"{key}-a") == 2
    good = b'{"name":"%(k)s-a","by":1}\n{"name":"%(k)s-d","unique":"u"}' % {b"k": key.encode()}
    done = http.request("POST", "/v1/counters:batch?atomic=true", good, content_type="application/x-ndjson")
    assert [json.loads(line)["value"] for line in done.body.splitlines()] == [3, 1]


def test_no_increment_is_lost_among_many_clients(server, http, key):
    def count(_):
        with Client(server.address) as client:
            for _ in range(100):
                assert post(client, key, "?windows=1m*5&item=x&unique=me").status == 200

    together(16, count)
    assert value(http, key) == 1600
    assert http.request("GET", f"/v1/counters/{key}/top?window=5m").json()["items"][0]["count"] == 1600


def test_names_are_any_bytes_and_apart_from_keys(http, key):
    name = key + "/\x00ü"
    assert post(http, name).status == 200
    assert http.request("GET", f"/v1/keys/{quote(name, safe='')}").status == 404
    assert http.request("POST", "/v1/counters/").status == 400
    assert http.request("POST", f"/v1/counters/{key}/nothing").status == 404
