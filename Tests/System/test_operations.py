"""What people and monitors ask a server: the front page, health, metrics, its own description."""

import re

import pytest

from http_client import Client

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
SAMPLE = re.compile(
    r'([a-zA-Z_:][a-zA-Z0-9_:]*)(\{(?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\.)*",?)*\})? '
    r"(-?[0-9.eE+-]+|[+-]Inf|NaN)( [0-9.]+)?( # .*)?"
)


def samples(client) -> dict[str, float]:
    """The samples of /metrics by name and labels, after checking the form of every line."""
    response = client.request("GET", "/metrics", accept="application/openmetrics-text")
    assert response.status == 200
    assert response.media_type == "application/openmetrics-text"
    text = response.body.decode()
    assert text.endswith("# EOF\n") and text.count("# EOF") == 1
    found = {}
    for line in text.splitlines()[:-1]:
        if line.startswith("# "):
            assert line.split()[1] in ("HELP", "TYPE", "UNIT"), line
            continue
        match = SAMPLE.fullmatch(line)
        assert match, line
        series = match[1] + (match[2] or "")
        assert series not in found, f"twice: {series}"
        found[series] = float(match[3])
    return found


def total(found: dict[str, float], *words: str) -> float:
    """The sum of the counters whose series holds all the words."""
    return sum(
        value
        for series, value in found.items()
        if "_total" in series and all(word in series for word in words)
    )


# The front page


def test_the_front_page_for_curl_is_text_with_lines_to_try(http):
    response = http.request("GET", "/", accept="*/*", user_agent="curl/7.88.1")
    assert response.status == 200 and response.media_type == "text/plain"
    text = response.body.decode()
    assert "nuthatch" in text.lower()
    assert sum("curl " in line for line in text.splitlines()) >= 5


def test_the_front_page_for_a_browser_is_html(http):
    response = http.request("GET", "/", accept=BROWSER, user_agent="Mozilla/5.0")
    assert response.status == 200 and response.media_type == "text/html"
    page = response.body.decode().lower()
    assert page.lstrip().startswith("<!doctype html") and "curl" in page


# Health


@pytest.mark.parametrize("target", ["/healthz", "/readyz"])
def test_a_running_server_is_alive_and_ready(http, target):
    assert http.request("GET", target).status == 200
    assert http.request("HEAD", target).status == 200


# Metrics


def test_metrics_are_openmetrics(http):
    found = samples(http)
    assert len(found) > 10


def test_every_metric_is_described_before_its_samples(http):
    described = set()
    for line in http.request("GET", "/metrics").body.decode().splitlines():
        if line.startswith("# TYPE "):
            name = line.split()[2]
            assert name not in described, f"{name} is described twice"
            described.add(name)
        elif not line.startswith("#"):
            name = re.match(r"[a-zA-Z_:][\w:]*", line)[0]
            family = re.sub(r"_(total|bucket|count|sum|created|info)$", "", name)
            assert family in described or name in described, line


def test_requests_hits_and_misses_are_counted(start_server, key):
    with Client(start_server().address) as client:
        before = samples(client)
        client.store(key)
        for _ in range(5):
            client.get(key)
            client.get(key + "-missing")
        after = samples(client)

        def grown(*words):
            return total(after, *words) - total(before, *words)

        assert grown("request") >= 11
        assert grown("hit") >= 5 or grown("hits") >= 5
        assert grown("miss") >= 5


def test_latency_histograms_are_cumulative(http, key):
    http.store(key)
    buckets: dict[str, list[tuple[float, float]]] = {}
    for series, value in samples(http).items():
        bound = re.search(r'le="([^"]+)"', series)
        if "_bucket" in series and bound:
            family = series.replace(bound[0], "")
            buckets.setdefault(family, []).append((float(bound[1].replace("+", "")), value))
    assert buckets
    for family, pairs in buckets.items():
        counts = [count for _, count in sorted(pairs)]
        assert counts == sorted(counts), family
        assert sorted(pairs)[-1][0] == float("inf"), family


def test_metrics_have_no_series_per_key(http, key):
    for number in range(50):
        http.get(f"{key}-{number}")
    assert key not in http.request("GET", "/metrics").body.decode()


# The description


def test_the_openapi_document_names_the_routes(http):
    response = http.request("GET", "/openapi.json")
    assert response.status == 200 and response.media_type.endswith("json")
    document = response.json()
    assert document["openapi"].startswith("3.1")
    assert {"get", "put", "delete", "post"} <= set(document["paths"]["/v1/keys/{key}"])
    for target in ("/v1/keys", "/v1/keys:batch", "/v1/keys:query", "/healthz", "/metrics"):
        assert target in document["paths"]


# The access log


def test_the_access_log_is_off_by_default(start_server, key):
    process = start_server()
    with Client(process.address) as client:
        client.store(key)
    process.stop()
    assert key.encode() not in process.output + process.errors


def test_the_access_log_escapes_names_and_hides_values_and_tokens(start_server, key):
    process = start_server("--access-log", env={"NUTHATCH_TOKEN": "secret-token-0123456789"})
    with Client(process.address, token="secret-token-0123456789") as client:
        client.store(key, b"secret-value")
        client.get(key + "\nINJECTED line\r\x1b[31m")
        client.request("GET", f"/v1/keys/{key}?token=secret-in-query")
    process.stop()
    log = process.output + process.errors
    assert key.encode() in log
    assert b"secret" not in log
    assert b"\x1b" not in log
    assert not any(line.startswith(b"INJECTED") for line in log.replace(b"\r", b"\n").split(b"\n"))
