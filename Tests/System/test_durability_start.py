"""Starting on a data directory: what is made, who may use it, what is said, what comes back."""

import os
import re
import signal
import stat
import time

import pytest

from faults import strace
from nuthatch_process import refused_start


def test_files_belong_to_their_owner_alone(data):
    data.start()
    with data.client() as client:
        client.store("a", b"value", nuthatch_ack="fsync")
    assert stat.S_IMODE(data.directory.stat().st_mode) == 0o700
    files = list(data.directory.iterdir())
    assert len(files) >= 3
    for file in files:
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file


def test_two_servers_never_share_a_directory(data):
    data.start()
    errors = data.refused_start()
    assert str(data.directory) in errors
    with data.client() as client:
        client.store("a", b"value")


def test_a_directory_with_other_things_in_it_is_left_alone(data):
    data.directory.mkdir()
    letter = data.directory / "letter.txt"
    letter.write_text("mine")
    data.start()
    data.process.stop()
    data.start()
    assert letter.read_text() == "mine"
    assert b"letter.txt" in data.process.errors


def test_a_directory_that_cannot_be_made_refuses_the_start(tmp_path):
    (tmp_path / "file").write_text("")
    assert "file" in refused_start("--port", "0", "--data-dir", str(tmp_path / "file" / "data"))


@pytest.mark.parametrize(
    "flags",
    [
        ("--fsync", "sometimes"),
        ("--log-failure", "ignore"),
        ("--data-dir", ""),
    ],
)
def test_settings_that_cannot_be_taken_refuse_the_start(tmp_path, flags):
    directory = () if "--data-dir" in flags else ("--data-dir", str(tmp_path / "data"))
    refused_start("--port", "0", *directory, *flags)


def test_a_long_start_says_how_far_it_is(data, tmp_path):
    data.start("--log-segment-size", "3mb")
    with data.client() as client:
        for number in range(40):
            client.store(f"key-{number}", os.urandom(50_000))
    data.process.kill()
    slow = strace(tmp_path / "trace", "pread64", "pread64:delay_exit=250000")
    data.start(prefix=slow, ready=False)
    phases = set()
    while (answer := data.readiness())[0] == 503:
        assert answer[1]["ready"] is False and answer[1]["status"] == "starting", answer
        loading = answer[1]["checks"]["loading"]
        assert loading["bytes"] <= loading["total_bytes"], loading
        phases.add(loading["phase"])
        time.sleep(0.05)
    assert "log" in phases, phases
    assert answer[1]["checks"]["log"]["state"] == "open" and "loading" not in answer[1]["checks"], answer
    assert re.search(r"nuthatch: loading the log: \d+ of \d+ MiB, \d+ records", data.process.errors_text())
    data.process.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_during_a_long_start_does_not_wait_for_its_end(data, tmp_path, number):
    data.start("--log-segment-size", "3mb")
    with data.client() as client:
        values = {f"key-{place}": os.urandom(50_000) for place in range(40)}
        for key, value in values.items():
            client.store(key, value)
    data.process.kill()
    # Two dozen pieces are read, three seconds each. strace may hold the end of a thread it delays for as long.
    slow = strace(tmp_path / "trace", "pread64", "pread64:delay_exit=3000000:when=3+")
    process = data.start(prefix=slow, ready=False)
    assert data.readiness()[1]["status"] == "starting"
    begun = time.monotonic()
    process.signal(number)
    assert process.wait() == 0
    assert time.monotonic() - begun < 20
    told = f"nuthatch: stopped before it was ready: {data.directory} was being loaded, and what it holds is kept"
    assert told in process.errors_text()
    data.start()
    with data.client() as client:
        for key, value in values.items():
            assert client.value(key) == value


def test_values_longer_than_a_segment_come_back(data):
    values = {f"long-{size}": os.urandom(size) for size in (60_000, 61_500, 65_536, 70_000, 1_000_000)}
    data.start("--log-segment-size", "64kb")
    with data.client() as client:
        for key, value in values.items():
            client.store(key, value)
        client.store("after", b"short")
    data.process.kill()
    data.start("--log-segment-size", "64kb")
    with data.client() as client:
        for key, value in values.items():
            assert client.get(key, accept_encoding="identity").body == value, key
        assert client.get("after").body == b"short"


def test_values_fields_and_lifetimes_come_back(data):
    data.start()
    with data.client() as client:
        client.store("plain", b"\x00\xff value")
        etag = client.store("typed", b"{}", content_type="application/json")
        client.store("mortal", b"value", "ttl=1h")
        client.store("brief", b"value", "ttl=300ms")
        client.store("empty", b"")
        client.store("gone", b"value")
        client.delete("gone")
        client.post("added", "op=append", b"one")
        client.post("added", "op=append", b" two")
        before = client.get("mortal")["Nuthatch-TTL"]
    data.process.kill()
    time.sleep(0.4)
    data.start()
    with data.client() as client:
        assert client.value("plain") == b"\x00\xff value"
        typed = client.get("typed")
        assert typed["Content-Type"] == "application/json" and typed["ETag"] == etag
        assert client.value("empty") == b"" and client.value("added") == b"one two"
        assert client.value("gone") is None and client.value("brief") is None
        after = client.get("mortal")
        assert after.status == 200 and (before is None or after["Nuthatch-TTL"] is not None)
        assert client.put("typed", b"[]", if_match=etag).status == 204


def test_versions_go_on_behind_those_of_the_last_run(data):
    tags = []
    for end in ("kill", "stop", "kill"):
        data.start()
        with data.client() as client:
            tags.append(tuple(map(int, client.store("a", b"value").strip('"').split("."))))
        getattr(data.process, end)()
    assert tags == sorted(set(tags))


def test_an_atomic_batch_comes_back_whole(data):
    data.start("--fsync", "always")
    lines = [{"op": "put", "key": f"batch-{n}", "value": "value"} for n in range(50)]
    with data.client() as client:
        answer = client.batch(lines, "atomic=true")
        assert answer.status == 200, answer
    data.process.kill()
    data.start()
    with data.client() as client:
        assert all(client.value(f"batch-{n}") == b"value" for n in range(50))


def test_the_metrics_tell_of_the_log(data):
    data.start()
    with data.client() as client:
        client.store("a", b"value", nuthatch_ack="fsync")
        text = client.request("GET", "/metrics").body.decode()
    for name in ("nuthatch_log_", "sync"):
        assert name in text, name


@pytest.mark.deadline(120)
def test_readiness_and_data_wait_for_the_loading_and_health_does_not(data):
    data.start()
    with data.client() as client:
        value = os.urandom(1 << 20)
        for number in range(300):
            client.store(f"large-{number}", value)
    # A machine that is busy with others may load 300 MiB before this process comes to its first question.
    for _ in range(10):
        data.process.kill()
        process = data.start(ready=False)
        waited = refused = 0
        with data.client() as client:
            while data.readiness()[0] == 503:
                waited += 1
                assert client.request("GET", "/healthz").status == 200
                answer = client.get("large-0")
                if answer.status == 503:
                    refused += 1
                    assert answer.slug == "unavailable"
            assert client.value("large-299") == value
        assert process.is_alive()
        if waited and refused:
            break
    assert waited > 0 and refused > 0, "300 MiB were loaded before the first question"
    # An orderly stop would write all of it once more.
    process.kill()
