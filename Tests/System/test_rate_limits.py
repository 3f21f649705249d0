"""Rate limits: never more than the quota, whoever asks and however many at once."""

import base64
import json
import re
import threading
import time
from urllib.parse import quote

import pytest

from http_client import Client
from test_keys_races import together

JSON = "application/json"
QUOTA_EXCEEDED = "https://iana.org/assignments/http-problem-types#quota-exceeded"


def put_policy(http, name, **settings):
    return http.request("PUT", f"/v1/limits/{name}", json.dumps(settings).encode(), content_type=JSON)


def ask(http, policy, identity="alice", query=""):
    return http.request("POST", f"/v1/limits/{policy}/{identity}{query}")


def test_a_policy_is_put_read_and_deleted(http, key):
    assert put_policy(http, key, quota=100, window="60s", burst=20).status == 201
    assert put_policy(http, key, quota=200, window="60s", burst=20).status == 204
    policy = http.request("GET", f"/v1/limits/{key}").json()
    assert (policy["algorithm"], policy["quota"], policy["window_ms"], policy["burst"]) == ("gcra", 200, 60_000, 20)
    assert http.request("DELETE", f"/v1/limits/{key}").status == 204
    gone = ask(http, key)
    assert gone.status == 404 and gone.json()["type"] == "urn:nuthatch:problem:unknown-policy"


@pytest.mark.parametrize(
    "settings, status",
    [
        ({"quota": 1}, 422), ({"quota": 1, "window": "1m", "per": "day"}, 422), ({"window": "1m"}, 422),
        ({"algorithm": "calendar", "quota": 1}, 422), ({"algorithm": "log", "quota": 1001, "window": "1m"}, 422),
        ({"algorithm": "fixed", "quota": 1, "window": "1m", "burst": 2}, 422),
        ({"algorithm": "leaky", "quota": 1, "window": "1m"}, 400), ({"quota": 0, "window": "1m"}, 400),
        ({"quota": 1.5, "window": "1m"}, 400), ({"quota": 1, "window": "1m", "shadow": "maybe"}, 400),
        ({"quota": 1, "window": "1m", "bust": 3}, 400),
    ],
)  # fmt: skip
def test_nonsense_is_no_policy(http, key, settings, status):
    assert put_policy(http, key, **settings).status == status
    assert http.request("GET", f"/v1/limits/{key}").status == 404


@pytest.mark.parametrize(
    "query, parameter",
    [
        ("cost=-1", "cost"), ("cost=1.5", "cost"), ("dry_run=1", "dry_run"), ("reserve=x", "reserve"),
        ("wait=31s", "wait"), ("deny=404", "deny"), ("created_at=now", "created_at"),
        ("created_at=2020-01-01T00:00:00Z", "created_at"), ("quota=0&window=1m", "quota"), ("window=1m", "window"),
        ("cots=3", "cots"),
    ],
)  # fmt: skip
def test_a_bad_parameter_names_itself(http, key, query, parameter):
    put_policy(http, key, quota=10, window="60s")
    answer = ask(http, key, query=f"?{query}")
    assert answer.status == 400 and answer.json()["parameter"] == parameter
    assert http.request("GET", f"/v1/limits/{key}/alice").json()["remaining"] == 10


def test_headers_say_what_the_draft_says(http, key):
    put_policy(http, key, quota=100, window="24h", burst=10)
    answer = ask(http, key, query="?cost=10")
    assert answer.status == 200
    policy = re.fullmatch(rf'"{key}";q=100;w=86400;pk=:([A-Za-z0-9+/=]+):', answer["RateLimit-Policy"])
    assert policy and base64.b64decode(policy[1])
    assert re.fullmatch(rf'"{key}";r=\d+;t=\d+', answer["RateLimit"])
    denied = ask(http, key)
    assert denied.status == 429 and denied["Content-Type"] == "application/problem+json"
    body = denied.json()
    assert body["type"] == QUOTA_EXCEEDED and body["violated-policies"] == [key]
    assert body["allowed"] is False and 0 < body["retry_after_ms"] <= 864_000
    left = int(re.search(r";t=(\d+)", denied["RateLimit"])[1])
    assert int(denied["Retry-After"]) >= max(1, left)
    other = ask(http, key, "bob")
    assert re.search(r"pk=:([^:]+):", other["RateLimit-Policy"])[1] != policy[1]
    assert "alice" not in answer["RateLimit-Policy"]


def test_a_long_window_shows_no_more_than_flows(http, key):
    put_policy(http, key, quota=240, window="24h")
    shown = int(re.search(r";r=(\d+)", ask(http, key)["RateLimit"])[1])
    assert shown <= 10


def test_a_denial_has_the_status_the_caller_wants(http, key):
    put_policy(http, key, quota=1, window="60s")
    ask(http, key)
    assert ask(http, key, query="?deny=403").status == 403
    quiet = ask(http, key, query="?deny=200")
    assert quiet.status == 200 and quiet.json()["allowed"] is False and "type" not in quiet.json()
    assert ask(http, key, query="?cost=2").status == 422


def test_a_policy_may_come_with_the_question(http, key):
    for expected in (200, 200, 429):
        assert ask(http, key, query="?quota=2&window=60s").status == expected
    assert ask(http, key, "bob", query="?quota=2&window=60s&algorithm=fixed").status == 200


def test_dry_runs_and_reading_take_nothing(http, key):
    put_policy(http, key, quota=5, window="60s")
    assert ask(http, key, query="?dry_run=true&cost=5").json()["allowed"]
    assert ask(http, key, query="?cost=0").json()["remaining"] == 5
    assert http.request("GET", f"/v1/limits/{key}/alice").json()["remaining"] == 5
    ask(http, key, query="?cost=5")
    assert http.request("DELETE", f"/v1/limits/{key}/alice").status == 204
    assert http.request("GET", f"/v1/limits/{key}/alice").json()["remaining"] == 5


@pytest.mark.turns(86_400)
def test_a_check_takes_from_all_or_none(http, key):
    put_policy(http, f"{key}-a", quota=10, window="24h")
    put_policy(http, f"{key}-b", algorithm="fixed", quota=1, window="24h")
    items = [{"policy": f"{key}-a", "id": "x"}, {"policy": f"{key}-b", "id": "y", "cost": 1}]
    body = json.dumps(items).encode()
    both = http.request("POST", "/v1/limits:check", body, content_type=JSON)
    assert both.status == 200 and both["RateLimit"].count(";r=") == 2
    denied = http.request("POST", "/v1/limits:check", body, content_type=JSON)
    assert denied.status == 429
    assert denied.json()["binding"] == f"{key}-b" and denied.json()["violated-policies"] == [f"{key}-b"]
    assert http.request("GET", f"/v1/limits/{key}-a/x").json()["remaining"] == 9
    for bad in (b"[]", b"{}", b'[{"policy":"a"}]', json.dumps(items + items).encode(), b"[" + b"{}," * 20 + b"{}]"):
        assert http.request("POST", "/v1/limits:check", bad, content_type=JSON).status == 400


def test_a_batch_asks_line_by_line(http, key):
    put_policy(http, key, quota=1, window="60s")
    line = json.dumps({"policy": key, "id": "x"})
    body = f'{line}\n{line}\n{{"policy":"{key}-none","id":"x"}}\nno\n'.encode()
    answer = http.request("POST", "/v1/limits:batch", body, content_type="application/x-ndjson")
    assert [json.loads(row)["status"] for row in answer.body.splitlines()] == [200, 429, 404, 400]


def test_a_reservation_is_settled_once(http, key):
    put_policy(http, key, quota=1000, window="24h")
    token = ask(http, key, query="?cost=500&reserve=30s").json()["reservation"]
    assert http.request("GET", f"/v1/limits/{key}/alice").json()["remaining"] == 500
    body = json.dumps({"reservation": token, "cost": 200}).encode()
    assert http.request("POST", "/v1/limits:commit", body, content_type=JSON).status == 200
    assert http.request("GET", f"/v1/limits/{key}/alice").json()["remaining"] == 800
    assert http.request("POST", "/v1/limits:commit", body, content_type=JSON).status == 410
    token = ask(http, key, query="?cost=500&reserve=30s").json()["reservation"]
    assert http.request("POST", f"/v1/limits:refund?reservation={token}").status == 200
    assert http.request("GET", f"/v1/limits/{key}/alice").json()["remaining"] == 800
    bad = http.request("POST", "/v1/limits:refund?reservation=abc")
    assert bad.status == 400 and bad.json()["parameter"] == "reservation"


def test_blocks_penalties_and_rewards(http, key):
    put_policy(http, key, quota=10, window="1h")
    target = f"/v1/limits/{key}/alice"
    assert http.request("POST", f"{target}/penalty?cost=4").json()["remaining"] == 6
    assert http.request("POST", f"{target}/reward?cost=2").json()["remaining"] == 8
    assert "blocked_until" in http.request("POST", f"{target}/block?for=1h").json()
    denied = ask(http, key)
    assert denied.status == 429 and denied.json()["reason"] == "blocked"
    assert [item["id"] for item in http.request("GET", f"/v1/limits/{key}?list=blocked").json()["items"]] == ["alice"]
    denials = http.request("GET", f"/v1/limits/{key}?list=top-denied").json()["items"]
    assert denials == [{"id": "alice", "denied": 1}]
    assert http.request("POST", f"{target}/block").json()["parameter"] == "for"


def test_overrides_of_one_id_and_of_many(http, key):
    put_policy(http, key, quota=10, window="1h")
    body = b'{"quota":50}'
    assert http.request("PUT", f"/v1/limits/{key}/alice/override", body, content_type=JSON).status == 201
    pattern = quote("vip-*", safe="")
    assert http.request("PUT", f"/v1/limits/{key}/{pattern}/override?match=glob&quota=30").status == 201
    assert ask(http, key).json()["remaining"] == 49
    assert ask(http, key, "vip-7").json()["remaining"] == 29
    assert ask(http, key, "bob").json()["remaining"] == 9
    items = http.request("GET", f"/v1/limits/{key}?list=overrides").json()["items"]
    assert [item.get("match", item.get("id")) for item in items] == ["vip-*", "alice"]
    assert http.request("DELETE", f"/v1/limits/{key}/alice/override").status == 204
    assert http.request("DELETE", f"/v1/limits/{key}/alice/override").status == 410
    assert http.request("DELETE", f"/v1/limits/{key}/{pattern}/override?match=glob").status == 204
    assert ask(http, key, "vip-8").json()["remaining"] == 9


def test_leases_free_their_slots(http, key):
    put_policy(http, key, algorithm="concurrency", quota=2, lease="1m")
    leases = [ask(http, key).json()["lease"] for _ in range(2)]
    full = ask(http, key)
    assert full.status == 429 and 'qu="concurrent-requests"' in full["RateLimit-Policy"]
    assert ";w=" not in full["RateLimit-Policy"]
    target = f"/v1/limits/{key}/alice/leases/{leases[0]}"
    assert http.request("PUT", f"{target}?ttl=5m").status == 200
    assert http.request("DELETE", target).status == 204
    assert http.request("DELETE", target).status == 410
    assert ask(http, key).status == 200


def test_a_shadow_lets_everybody_in_and_says_so(http, key):
    put_policy(http, key, quota=1, window="1h", shadow=True)
    assert ask(http, key).json()["would_deny"] is False
    shadowed = ask(http, key)
    assert shadowed.status == 200 and shadowed.json()["would_deny"] is True


@pytest.mark.timed
def test_who_waits_is_held_in_turn(server, http, key):
    put_policy(http, key, quota=10, window="5s", burst=1)
    ask(http, key)
    started = time.monotonic()
    held = together(3, lambda _: ask(Client(server.address), key, query="?wait=20s").json())
    assert all(answer["allowed"] for answer in held)
    delays = sorted(answer.get("delay_ms", 0) for answer in held)
    assert delays[-1] > 750 and time.monotonic() - started >= delays[-1] / 1000 - 0.02
    assert ask(http, key, query="?wait=1ms").status == 429


@pytest.mark.turns(86_400)
@pytest.mark.parametrize("algorithm", ["gcra", "sliding", "fixed", "calendar", "log", "concurrency"])
def test_64_connections_get_exactly_the_quota(server, http, key, algorithm):
    """Windows are long against the test, so what flows in meanwhile is less than one."""
    settings = {"algorithm": algorithm, "quota": 20}
    if algorithm == "calendar":
        settings["per"] = "month"
    elif algorithm != "concurrency":
        settings["window"] = "24h"
    put_policy(http, key, **settings)

    def hammer(_):
        with Client(server.address) as client:
            return [ask(client, key, f"id-{run}").status == 200 for run in range(100)]

    granted = [sum(run) for run in zip(*together(64, hammer))]
    assert granted == [20] * 100
