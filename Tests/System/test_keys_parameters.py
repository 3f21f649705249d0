"""A bad parameter names itself, and the request does nothing."""

import pytest

from http_client import json_lines

YEAR_2000 = "2000-01-01T00:00:00Z"

BAD_PARAMETERS = [
    # Unknown ones, also those that another method knows
    ("PUT", "/v1/keys/KEY?tll=60s", "tll"),
    ("PUT", "/v1/keys/KEY?TTL=60s", "TTL"),
    ("PUT", "/v1/keys/KEY?ttl=60s&x", "x"),
    ("PUT", "/v1/keys/KEY?limit=5", "limit"),
    ("PUT", "/v1/keys/KEY?stale=false", "stale"),
    ("GET", "/v1/keys/KEY?ttl=60s", "ttl"),
    ("GET", "/v1/keys/KEY?prefix=a", "prefix"),
    ("HEAD", "/v1/keys/KEY?nonsense=1", None),
    ("DELETE", "/v1/keys/KEY?ttl=60s", "ttl"),
    ("DELETE", "/v1/keys/KEY?dry_run=true", "dry_run"),
    ("GET", "/v1/keys?ttl=5s", "ttl"),
    ("GET", "/v1/keys?cursors=abc", "cursors"),
    ("QUERY", "/v1/keys?prefix=a", "prefix"),
    ("POST", "/v1/keys:batch?atomic=true&x=1", "x"),
    ("POST", "/v1/keys:query?limit=1", "limit"),
    # Repeated ones
    ("PUT", "/v1/keys/KEY?ttl=60s&ttl=60s", "ttl"),
    ("POST", "/v1/keys/KEY?op=append&op=append", "op"),
    ("POST", "/v1/keys:batch?atomic=true&atomic=true", "atomic"),
    # Operations and their own parameters
    ("POST", "/v1/keys/KEY", "op"),
    ("POST", "/v1/keys/KEY?op=", "op"),
    ("POST", "/v1/keys/KEY?op=explode", "op"),
    ("POST", "/v1/keys/KEY?op=APPEND", "op"),
    ("POST", "/v1/keys/KEY?op=truncate", "len"),
    ("POST", "/v1/keys/KEY?op=truncate&len=-1", "len"),
    ("POST", "/v1/keys/KEY?op=truncate&len=x", "len"),
    ("POST", "/v1/keys/KEY?op=truncate&len=99999999999999999999", "len"),
    ("POST", "/v1/keys/KEY?op=append&max_len=x", "max_len"),
    ("POST", "/v1/keys/KEY?op=append&max_len=", "max_len"),
    ("POST", "/v1/keys/KEY?op=touch&ttl=0", "ttl"),
    ("POST", "/v1/keys/KEY?op=touch&ttl=soon", "ttl"),
    ("POST", "/v1/keys/KEY?op=touch&idle=soon", "idle"),
    ("POST", "/v1/keys/KEY?op=touch&ttl=60s&len=5", "len"),
    # Flags
    ("GET", "/v1/keys/KEY?touch=maybe", "touch"),
    ("GET", "/v1/keys/KEY?touch=", "touch"),
    ("GET", "/v1/keys/KEY?touch", "touch"),
    ("GET", "/v1/keys/KEY?touch=TRUE", "touch"),
    ("GET", "/v1/keys/KEY?stale=yes", "stale"),
    ("POST", "/v1/keys:batch?atomic=yes", "atomic"),
    ("QUERY", "/v1/keys?values=hex", "values"),
    # Instants and waits
    ("PUT", "/v1/keys/KEY?expires_at=tomorrow", "expires_at"),
    ("PUT", "/v1/keys/KEY?expires_at=2100-01-01", "expires_at"),
    ("PUT", "/v1/keys/KEY?expires_at=2030-01-01T00:00:00", "expires_at"),
    ("PUT", "/v1/keys/KEY?expires_at=2030-13-01T00:00:00Z", "expires_at"),
    ("PUT", "/v1/keys/KEY?expires_at=2030-02-30T00:00:00Z", "expires_at"),
    ("PUT", "/v1/keys/KEY?expires_at=2030-01-01T25:00:00Z", "expires_at"),
    ("PUT", "/v1/keys/KEY?expires_at=1900000000", "expires_at"),
    ("GET", "/v1/keys/KEY?wait=soon", "wait"),
    ("GET", "/v1/keys/KEY?wait=-1", "wait"),
    # Lists
    ("GET", "/v1/keys?fields=colour", "fields"),
    ("GET", "/v1/keys?prefix64=***", "prefix64"),
]


@pytest.mark.parametrize(
    "method, target, parameter", BAD_PARAMETERS, ids=lambda part: str(part).replace("/v1/", "")
)
def test_a_bad_parameter_names_itself_and_nothing_happens(http, key, method, target, parameter):
    etag = http.store(key, b"before")
    body = json_lines([{"op": "put", "key": key, "value": "after"}])
    fields = {"content_type": "application/x-ndjson"} if ":" in target or method == "QUERY" else {}
    response = http.request(method, target.replace("KEY", key), body, **fields)
    assert response.status == 400, response
    if method != "HEAD":
        assert response.slug == "bad-parameter"
        assert response.problem["parameter"] == parameter
        assert response.problem["detail"]
    after = http.get(key)
    assert after["ETag"] == etag and after.body == b"before" and after["Nuthatch-TTL"] is None


@pytest.mark.parametrize(
    "duration",
    [
        "0",
        "0s",
        "0ms",
        "-1",
        "-1s",
        "%2B5",
        "%2B5s",
        "+5",
        "5+s",
        "1.5s",
        "",
        "s",
        "5S",
        "5sec",
        "5M",
        "1y",
        "1e3",
        "0x5",
        "1_000",
        "5s5",
        "1h30m",
        "4000d",
        "99999999999999999999s",
        "9223372036854775807w",
        "18446744073709551615",
        "infinity",
        "never",
        "5s~",
        "5s~10",
        "5s~x%25",
        "5s~-5%25",
        "~10%25",
        "5s%00",
        "%d9%a5s",
    ],
)
def test_a_bad_duration_is_400(http, key, duration):
    for parameter in ("ttl", "idle"):
        response = http.put(key, b"x", f"{parameter}={duration}")
        assert response.status == 400, response
        assert response.problem["parameter"] == parameter
    assert http.value(key) is None


@pytest.mark.parametrize(
    "query, parameter",
    [("idle=keep", "idle"), (f"expires_at={YEAR_2000}", "expires_at"), ("idle=5s~x", "idle")],
)
def test_a_lifetime_that_cannot_be_is_400(http, key, query, parameter):
    response = http.put(key, b"x", query)
    assert response.status == 400
    assert http.value(key) is None


def test_plus_in_a_query_means_a_space(http, key):
    http.store(key + " x", b"value")
    assert len(http.listed(f"prefix={key}+x")) == 1
    assert len(http.listed(f"prefix={key}%20x")) == 1
    assert len(http.listed(f"prefix={key}%2Bx")) == 0


def test_parameters_may_come_in_any_order_and_escaped(http, key):
    http.store(key, b"abcdef")
    assert http.post(key, "len=3&op=trunc%61te").json() == {"length": 3}


@pytest.mark.parametrize(
    "target",
    ["/healthz?x=1", "/v1/keys:batch?op=put", "/v1/keys:query?atomic=true", "/metrics?a=b"],
)
def test_routes_without_parameters_refuse_them(http, target):
    method = "POST" if "/v1/" in target else "GET"
    response = http.request(method, target, b"", content_type="application/x-ndjson")
    assert response.status == 400 and response.slug == "bad-parameter"
