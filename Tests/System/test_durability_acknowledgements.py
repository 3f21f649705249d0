"""What a reply promises: when it leaves under each policy, what a client may ask for, a disk that hangs."""

import signal
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
        # An answer that waited for the sync takes long each time; another does where the machine is busy.
        took = [seconds(lambda: client.put("a", b"value"))[0] for _ in range(10)]
        assert min(took) < SLOW / 1e6 / 2, took
        assert client.value("a") == b"value"


def test_a_reader_sees_a_change_only_when_it_cannot_vanish(data, tmp_path):
    data.start("--fsync", "always", prefix=slowed(tmp_path))
    warm(data)
    with data.client() as writer, data.client() as reader:
        began = time.monotonic()
        writer.send("PUT", "/v1/keys/a", b"value")
        time.sleep(0.05)
        response = reader.get("a")
        took = time.monotonic() - began
        assert response.status == 404 or took > SLOW / 1e6 * 0.9, (took, response)
        assert writer.receive("PUT").status == 201
        assert reader.get("a").status == 200


def test_writes_of_many_clients_share_a_sync(data, tmp_path):
    data.start("--fsync", "always", prefix=slowed(tmp_path, 100_000))
    warm(data)
    before = sum(calls_by_thread(tmp_path / "trace").values())
    clients = [data.client() for _ in range(50)]
    # All are there before the first is read, however long the sending takes.
    data.process.signal(signal.SIGSTOP)
    for number, client in enumerate(clients):
        client.send("PUT", f"/v1/keys/many-{number}", b"value")
    data.process.signal(signal.SIGCONT)
    assert [client.receive("PUT").status for client in clients] == [201] * 50
    for client in clients:
        client.close()
    assert sum(calls_by_thread(tmp_path / "trace").values()) - before <= 12


@pytest.mark.parametrize("policy", ["always", "everysec", "no"])
def test_a_client_may_ask_for_a_sync(data, tmp_path, policy):
    data.start("--fsync", policy, prefix=slowed(tmp_path))
    warm(data)
    with data.client() as client:
        took, response = seconds(lambda: client.put("a", b"value", nuthatch_ack="fsync"))
        assert response.status == 201 and response["Nuthatch-Ack-Result"] == "fsync=1", response
        assert took > SLOW / 1e6 * 0.9, took


LATE = {"nuthatch_ack": "fsync", "nuthatch_ack_timeout": "100ms"}


def put_without_confirmation(client):
    """Puts `a` until a sync was slower than the answer: on a busy machine an answer may be as slow as the sync."""
    for _ in range(20):
        took, response = seconds(lambda: client.put("a", b"value", **LATE))
        if response.status == 202 and took < SLOW / 1e6 * 0.9:
            break
    assert response.status == 202, response
    return took, response


def test_a_confirmation_that_does_not_come_in_time_is_a_202(data, tmp_path):
    data.start("--fsync", "everysec", prefix=slowed(tmp_path))
    warm(data)
    with data.client() as client:
        took, response = put_without_confirmation(client)
        assert 0.08 < took < SLOW / 1e6 * 0.9, took
        assert response["Nuthatch-Ack-Result"] == "fsync=0"
        assert client.value("a") == b"value"


def test_what_was_refused_is_never_a_202(data, tmp_path):
    data.start("--fsync", "everysec", prefix=slowed(tmp_path))
    warm(data)
    with data.client() as client:
        put_without_confirmation(client)
        assert client.put("a", b"other", if_match='"none"', **LATE).status == 412
        assert client.request("PUT", "/v1/keys/a?ttl=soon", b"other", **LATE).status == 400
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
        # Turns come a second apart: of nine in a row one at most would be quick by chance.
        assert times[1] < 0.5, times


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
    data.start("--fsync", "everysec", prefix=slowed(tmp_path, 2_500_000, when="6+"))
    runs, stop = [[]], time.monotonic() + 60
    with data.client() as client:
        while len(runs) < 4:
            assert time.monotonic() < stop, f"changes were held {len(runs) - 1} times"
            sent = time.monotonic()
            response = client.put("a", b"value")
            if response.status != 503:
                runs[-1].append((sent, time.monotonic()))
            else:
                assert response.slug == "unavailable" and response.problem["applied"] is False
                if runs[-1]:
                    runs.append([])
            time.sleep(0.005)
    assert "fdatasync" in (tmp_path / "trace").read_text()
    # The first run holds syncs that were quick; of those between two hangs each must be short. From the first answer's
    # arrival to the last request's sending, so that nothing counts for which this process had to wait.
    spans = [run[-1][0] - run[0][1] for run in runs[1:-1]]
    assert all(span < 1.25 for span in spans), spans
    # An orderly stop would wait for its own slow syncs.
    data.process.kill()


def test_a_reader_is_answered_while_changes_are_held(data, tmp_path):
    hang = 3.0
    data.start("--fsync", "everysec", prefix=slowed(tmp_path, int(hang * 1e6), when="6+"))
    with data.client() as reader, data.client() as writer:
        reader.store("a", b"value")
        stop = time.monotonic() + 60
        while True:
            assert time.monotonic() < stop, "never held, or no reader was answered meanwhile"
            if writer.put("b", b"value").status != 503:
                time.sleep(0.005)
                continue
            began = time.monotonic()
            shown = reader.get("a")
            # Held before and behind it, with no time for another hang: then it was held meanwhile.
            if writer.put("b", b"value").status == 503 and time.monotonic() - began < hang / 2:
                break
        assert shown.status == 200 and shown.body == b"value"
    data.process.kill()


@pytest.mark.deadline(60)
def test_always_tells_that_nobody_knows_when_the_disk_hangs_and_keeps_the_change(data, tmp_path):
    hang = 8.0
    data.start("--fsync", "always", prefix=slowed(tmp_path, int(hang * 1e6), when="12"))
    with data.client() as client, data.client() as reader:
        for number in range(30):
            key = f"key-{number}"
            took, response = seconds(lambda: client.put(key, b"value"))
            if response.status == 503:
                break
            assert response.status == 201, response
        assert response.status == 503 and response.slug == "unavailable", response
        assert response.problem["applied"] == "unknown" and response["Retry-After"]
        assert 4.5 < took < hang, took
        # What the disk has is shown meanwhile; what it may lack is not, until it has it.
        assert reader.value("key-0") == b"value"
        while (shown := reader.get(key)).status == 503:
            assert shown.problem["applied"] == "unknown"
        assert shown.status == 200 and shown.body == b"value"
        assert reader.put("after", b"value").status == 201
    data.process.kill()
    data.start("--fsync", "always")
    with data.client() as client:
        assert client.value(key) == b"value" and client.value("after") == b"value"


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
