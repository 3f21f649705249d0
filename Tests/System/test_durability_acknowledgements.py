"""What a reply promises: when it leaves under each policy, what a client may ask for, a disk that hangs."""

import re
import threading
import time

import pytest

from faults import calls_by_thread, strace

SLOW = 400_000  # microseconds that each sync takes


def slowed(tmp_path, microseconds=SLOW, when="4+"):
    """A prefix that makes syncs slow, but for those of the start."""
    return strace(tmp_path / "trace", "fdatasync", f"fdatasync:delay_enter={microseconds}:when={when}")


def seconds(action):
    began = time.monotonic()
    answer = action()
    return time.monotonic() - began, answer


def warm(data):
    """Lets the syncs that are not slowed go by."""
    with data.client() as client:
        for number in range(6):
            client.put(f"warm-{number}", b"value", nuthatch_ack="fsync")


def test_always_answers_after_the_sync(data, tmp_path):
    data.start("--fsync", "always", prefix=slowed(tmp_path))
    warm(data)
    with data.client() as client:
        took, response = seconds(lambda: client.put("a", b"value"))
        assert response.status == 201 and took > SLOW / 1e6 * 0.9, took


@pytest.mark.parametrize("policy", ["everysec", "no"])
def test_the_others_answer_before_the_sync(data, tmp_path, policy):
    data.start("--fsync", policy, prefix=slowed(tmp_path))
    warm(data)
    with data.client() as client:
        took, response = seconds(lambda: client.put("a", b"value"))
        assert response.status == 201 and took < SLOW / 1e6 / 2, took


def test_a_reader_sees_a_change_only_when_it_cannot_vanish(data, tmp_path):
    data.start("--fsync", "always", prefix=slowed(tmp_path))
    warm(data)
    with data.client() as writer, data.client() as reader:
        writer.send("PUT", "/v1/keys/a", b"value")
        time.sleep(0.05)
        took, response = seconds(lambda: reader.get("a"))
        assert response.status == 404 or took > SLOW / 1e6 / 2, (took, response)
        assert writer.receive("PUT").status == 201


def test_writes_of_many_clients_share_a_sync(data, tmp_path):
    data.start("--fsync", "always", prefix=slowed(tmp_path, 100_000))
    warm(data)
    before = sum(calls_by_thread(tmp_path / "trace").values())
    clients = [data.client() for _ in range(50)]
    for number, client in enumerate(clients):
        client.send("PUT", f"/v1/keys/many-{number}", b"value")
    assert [client.receive("PUT").status for client in clients] == [201] * 50
    for client in clients:
        client.close()
    assert sum(calls_by_thread(tmp_path / "trace").values()) - before <= 6


@pytest.mark.parametrize("policy", ["always", "everysec", "no"])
def test_a_client_may_ask_for_a_sync(data, tmp_path, policy):
    data.start("--fsync", policy, prefix=slowed(tmp_path))
    warm(data)
    with data.client() as client:
        took, response = seconds(lambda: client.put("a", b"value", nuthatch_ack="fsync"))
        assert response.status == 201 and response["Nuthatch-Ack-Result"] == "fsync=1", response
        assert took > SLOW / 1e6 * 0.9, took


def test_a_confirmation_that_does_not_come_in_time_is_a_202(data, tmp_path):
    data.start("--fsync", "everysec", prefix=slowed(tmp_path))
    warm(data)
    with data.client() as client:
        fields = {"nuthatch_ack": "fsync", "nuthatch_ack_timeout": "100ms"}
        took, response = seconds(lambda: client.put("a", b"value", **fields))
        assert response.status == 202 and 0.08 < took < 0.35, (took, response)
        assert response["Nuthatch-Ack-Result"] == "fsync=0"
        assert client.value("a") == b"value"


def test_what_was_refused_is_never_a_202(data, tmp_path):
    data.start("--fsync", "everysec", prefix=slowed(tmp_path))
    warm(data)
    wish = {"nuthatch_ack": "fsync", "nuthatch_ack_timeout": "100ms"}
    with data.client() as client:
        assert client.put("a", b"value", **wish).status == 202
        assert client.put("a", b"other", if_match='"none"', **wish).status == 412
        assert client.request("PUT", "/v1/keys/a?ttl=soon", b"other", **wish).status == 400
        assert client.request("DELETE", "/v1/keys/missing", nuthatch_ack="fsync").status == 404
        assert client.get("a").status == 200


def test_a_deletion_may_ask_for_a_sync(data, tmp_path):
    data.start("--fsync", "everysec", prefix=slowed(tmp_path))
    warm(data)
    with data.client() as client:
        client.put("a", b"value")
        took, response = seconds(lambda: client.request("DELETE", "/v1/keys/a", nuthatch_ack="fsync"))
        assert response.status == 204 and response["Nuthatch-Ack-Result"] == "fsync=1", response
        assert took > SLOW / 1e6 * 0.9, took


@pytest.mark.parametrize("policy", ["everysec", "no"])
def test_a_sync_asked_for_does_not_wait_for_its_turn(data, policy):
    data.start("--fsync", policy)
    with data.client() as client:
        times = sorted(seconds(lambda: client.put("a", b"value", nuthatch_ack="fsync"))[0] for _ in range(9))
        assert times[4] < 0.4, times


@pytest.mark.parametrize(
    "fields",
    [
        {"nuthatch_ack": "disk"},
        {"nuthatch_ack": "fsync", "nuthatch_ack_timeout": "soon"},
        {"nuthatch_ack": "fsync", "nuthatch_ack_timeout": "1h"},
        {"nuthatch_ack_timeout": "1s"},
    ],
)
def test_a_wish_that_cannot_be_read_changes_nothing(data, fields):
    data.start()
    with data.client() as client:
        assert client.put("a", b"value", **fields).status == 400
        assert client.value("a") is None


def test_a_server_without_a_directory_promises_no_sync(http, key):
    assert http.put(key, b"value", nuthatch_ack="fsync").status == 400
    assert http.value(key) is None


def test_pipelined_answers_keep_their_order_while_they_wait(data, tmp_path):
    data.start("--fsync", "always", prefix=slowed(tmp_path, 50_000))
    warm(data)
    with data.client() as client:
        for number in range(10):
            client.send("PUT", f"/v1/keys/p-{number}", b"%d" % number)
            client.send("GET", f"/v1/keys/p-{number}", accept_encoding="identity")
        for number in range(10):
            assert client.receive("PUT").status == 201
            assert client.receive("GET").body == b"%d" % number


@pytest.mark.deadline(90)
def test_everysec_acknowledges_at_most_a_second_on_a_disk_that_hangs(data, tmp_path):
    """From the oldest acknowledgement that no sync covers to the last before changes are held: one second."""
    data.start("--fsync", "everysec", prefix=slowed(tmp_path, 4_000_000, when="6+"))
    answers, stop = [], time.monotonic() + 8
    with data.client() as client:
        while time.monotonic() < stop:
            response = client.put("a", b"value")
            answers.append((time.monotonic(), response))
            time.sleep(0.005)
    held = [(at, one) for at, one in answers if one.status == 503]
    assert held, "changes went on although nothing could be kept"
    for _, response in held:
        assert response.slug == "unavailable" and response.problem["applied"] is False
    syncs = re.findall(r"fdatasync", (tmp_path / "trace").read_text())
    assert syncs
    runs, began, last = [], None, None
    for at, response in answers:
        if response.status != 503 and (last is None or at - last < 0.3):
            began, last = began or at, at
        elif began is not None:
            runs.append(last - began)
            began, last = (at, at) if response.status != 503 else (None, None)
    # The first run holds syncs that were quick; of those between two hangs each must be short.
    assert all(run < 1.25 for run in runs[1:]), runs


def test_a_reader_is_answered_while_changes_are_held(data, tmp_path):
    data.start("--fsync", "everysec", prefix=slowed(tmp_path, 3_000_000, when="6+"))
    with data.client() as client:
        client.store("a", b"value")
        refused = threading.Event()

        def write():
            with data.client() as writer:
                stop = time.monotonic() + 6
                while time.monotonic() < stop and writer.put("b", b"value").status != 503:
                    time.sleep(0.005)
                refused.set()

        thread = threading.Thread(target=write, daemon=True)
        thread.start()
        while not refused.is_set():
            took, response = seconds(lambda: client.get("a"))
            assert response.status == 200 and took < 0.5, took
            time.sleep(0.02)
        thread.join()


@pytest.mark.parametrize(
    "method, target, body",
    [
        ("POST", "/v1/counters/c", b""), ("POST", "/v1/limits/p/ada?quota=5&window=1h", b""),
        ("PUT", "/v1/leaderboards/b", b"{}"), ("POST", "/v1/sessions", b"{}"),
        ("POST", "/v1/keys:batch", b'{"op":"put","key":"k","value":"v"}'),
    ],
)  # fmt: skip
def test_a_sync_may_be_asked_for_with_every_kind(data, method, target, body):
    data.start("--fsync", "no")
    form = "application/x-ndjson" if target.endswith("batch") else "application/json"
    with data.client() as client:
        answer = client.request(method, target, body, content_type=form, nuthatch_ack="fsync")
        assert answer.status < 300 and answer["Nuthatch-Ack-Result"] == "fsync=1", answer
