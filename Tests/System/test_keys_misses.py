"""Every miss tells its reason."""

import re
import time

import pytest

from http_client import Client, cache_status
from nuthatch_process import running


@pytest.fixture(scope="module")
def fresh(existing_binary):
    """A server whose memory of reasons has dropped nothing yet."""
    with running() as process:
        yield process


@pytest.fixture
def client(fresh):
    with Client(fresh.address) as one:
        yield one


def assert_miss(client, key, reason):
    response = client.get(key)
    assert response.status == 404 and response.slug == "not-found"
    assert response["Cache-Status"] == f"nuthatch; fwd=uri-miss; detail={reason}"
    assert response.problem["reason"] == reason
    assert cache_status(client.head(key))["detail"] == reason
    return response.problem


def assert_recent(instant: str):
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", instant)


def test_a_key_that_never_was(client, key):
    assert_miss(client, key, "never")


def test_a_deleted_key(client, key):
    client.store(key)
    client.delete(key)
    assert_recent(assert_miss(client, key, "deleted")["at"])


def test_an_expired_key(client, key):
    client.store(key, b"x", "ttl=50ms")
    time.sleep(0.1)
    assert_recent(assert_miss(client, key, "expired")["at"])


def test_a_key_written_again_forgets_why_it_was_gone(client, key):
    client.store(key)
    client.delete(key)
    client.store(key, b"x", "ttl=50ms")
    time.sleep(0.1)
    assert_miss(client, key, "expired")


def test_an_evicted_key(start_server, key):
    process = start_server("--max-memory", "16mb")
    with Client(process.address) as client:
        names = [f"{key}-{number}" for number in range(400)]
        for name in names:
            client.store(name, bytes(64 * 1024))
        reasons = {
            response.problem["reason"]
            for response in map(client.get, names)
            if response.status == 404
        }
        assert reasons and reasons <= {"evicted", "unknown"}
        assert "evicted" in reasons


def test_other_calls_tell_the_reason_too(client, key):
    client.store(key)
    client.delete(key)
    for response in (client.delete(key), client.post(key, "op=touch&ttl=5s")):
        assert response.problem["reason"] == "deleted"
        assert cache_status(response)["detail"] == "deleted"
    (line,) = client.query([{"key": key}]).json_lines()
    assert line["reason"] == "deleted"


def test_never_is_not_said_once_something_was_forgotten(start_server, key):
    process = start_server()
    with Client(process.address) as client:
        for start in range(0, 100_000, 5_000):
            lines = []
            for number in range(start, start + 5_000):
                lines.append({"op": "put", "key": f"{key}-{number}", "value": ""})
                lines.append({"op": "delete", "key": f"{key}-{number}"})
            assert client.batch(lines).status == 200
        assert client.get(f"{key}-0").problem["reason"] in ("deleted", "unknown")
        reason = client.get(f"{key}-absent").problem["reason"]
        assert reason in ("never", "unknown")
        if client.get(f"{key}-0").problem["reason"] == "unknown":
            assert reason == "unknown"
