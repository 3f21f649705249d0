"""Errors of the disk: after the first failed sync nothing is acknowledged any more, and nothing was lost (D7)."""

import contextlib
import random
import re
import signal
import time

import pytest

from faults import strace
from http_client import key_target
from raw_http import Ended, Violation
from repetitions import times
from traffic import Traffic

# Of each policy and each call, and of failures among all calls.
REPEATED = times(6, 100, 100)
FLAGS = ("--log-segment-size", "1mb")


def write_until_it_ends(data, seconds=60.0, most_refused=None) -> list[str]:
    """Writes one value after the other until the server is gone or has refused so many; how each was answered."""
    answers = []
    deadline = time.monotonic() + seconds
    try:
        with data.client() as client:
            while time.monotonic() < deadline:
                operation = data.ledger.put(f"key-{len(answers) % 7}", 1, 200)
                answers.append(data.ledger.answered(operation, client.put(operation.key, operation.value)))
                if answers[-1] != "ok":
                    client.close()
                    if answers.count("fail") == most_refused:
                        break
    except (OSError, Ended, Violation, AssertionError):
        pass
    data.ledger.fault()
    return answers


@pytest.mark.deadline(60 + REPEATED * 10)
@pytest.mark.parametrize("policy", ["always", "everysec"])
@pytest.mark.parametrize("call", ["fdatasync", "pwrite64"])
def test_a_failed_sync_or_write_ends_the_server_and_loses_nothing(
    make_data, seed, memory_path, tmp_path, policy, call
):
    choices, data = random.Random(seed), make_data("data", memory_path)
    for _ in range(REPEATED):
        number = choices.randrange(3, 12) if policy == "always" or call == "pwrite64" else choices.randrange(3, 5)
        prefix = strace(tmp_path / "trace", call, f"{call}:error=EIO:when={number}")
        if refusal := data.try_start(*FLAGS, "--fsync", policy, prefix=prefix):
            assert "Input/output error" in refusal
        else:
            answers = write_until_it_ends(data)
            assert "Input/output error" in data.ended_by_itself()
            first_bad = next((n for n, answer in enumerate(answers) if answer != "ok"), len(answers))
            assert "ok" not in answers[first_bad:], "acknowledged after a failure"
        data.start(*FLAGS, "--fsync", policy)
        data.verify()
        data.process.kill()


def test_no_sync_follows_a_failed_one(data, tmp_path):
    trace = tmp_path / "trace"
    data.start("--fsync", "always", prefix=strace(trace, "fdatasync", "fdatasync:error=EIO:when=6"))
    write_until_it_ends(data)
    data.ended_by_itself()
    by_thread = {}
    for line in trace.read_text().splitlines():
        by_thread.setdefault(line.split()[0], []).append("EIO" in line)
    for failed in by_thread.values():
        assert True not in failed[:-1], "a sync was repeated after an error"
    assert any(failed[-1] for failed in by_thread.values())


@pytest.mark.deadline(60)
@pytest.mark.parametrize("policy", ["always", "everysec"])
def test_read_only_goes_on_answering_what_was_durable(data, tmp_path, policy):
    prefix = strace(tmp_path / "trace", "fdatasync", "fdatasync:error=EIO:when=12")
    process = data.start("--fsync", policy, "--log-failure", "read-only", prefix=prefix)
    write_with_confirmation(data, 3)
    answers = write_until_it_ends(data, most_refused=100)
    assert "ok" in answers and process.is_alive()
    first_bad = next(number for number, answer in enumerate(answers) if answer != "ok")
    assert "ok" not in answers[first_bad:], "acknowledged after a failure"
    assert set(answers[first_bad + 1 :]) <= {"fail"}, "changed although nothing can be kept"
    with data.client() as client:
        refused = client.put("another", b"value")
        assert refused.status == 503 and refused.slug == "unavailable"
        assert refused.problem["applied"] is False and refused["Retry-After"]
        assert_shows_what_was_durable(data, client)
    assert data.readiness()[0] == 503
    assert process.is_alive()
    process.kill()
    data.start()
    data.verify()


def write_with_confirmation(data, count: int) -> None:
    with data.client() as client:
        for number in range(count):
            operation = data.ledger.put(f"confirmed-{number}", 1, 200)
            answer = client.put(operation.key, operation.value, nuthatch_ack="fsync")
            assert data.ledger.answered(operation, answer) == "ok" and answer["Nuthatch-Ack-Result"] == "fsync=1"


def assert_shows_what_was_durable(data, client) -> None:
    """A key whose last change the disk has is shown as it is; one that was changed since is not shown at all."""
    text = client.request("GET", "/metrics").body.decode()
    synced = int(re.search(r"^nuthatch_log_synced_position (\d+)$", text, re.MULTILINE)[1])
    shown = 0
    for (key, operations), answer in zip(data.ledger.plain.items(), read_at_once(data, data.ledger.plain)):
        last = [one for one in operations if one.may_be_visible][-1]
        if last.outcome == "ok" and last.position[1] <= synced:
            right = answer.status == 404 if last.value is None else answer.body == last.value
            assert right, (key, last, synced, answer)
            shown += answer.status == 200
        else:
            assert answer.status == 503, (key, last, synced, answer)
    assert shown > 0, "nothing was durable: nothing was shown"


def read_at_once(data, keys) -> list:
    """The answers to reads that wait beside each other: the server may hold back what it does not refuse at once."""
    with contextlib.ExitStack() as stack:
        readers = [stack.enter_context(data.client()) for _ in keys]
        for reader, key in zip(readers, keys):
            reader.send("GET", key_target(key), accept_encoding="identity")
        return [reader.receive() for reader in readers]


def end_one_way_or_the_other(data) -> None:
    """Kills the server, which may be ending with an error just then."""
    data.process.signal(signal.SIGKILL)
    code = data.process.wait()
    assert code in (1, -signal.SIGKILL), data.process.errors_text()
    data.process.expected_exit_codes = {code}


@pytest.mark.deadline(60 + REPEATED * 10)
def test_one_in_a_hundred_calls_failing_loses_nothing(make_data, seed, memory_path, tmp_path):
    choices, data = random.Random(seed), make_data("data", memory_path)
    calls = ["fdatasync", "fsync", "pwrite64", "pread64", "renameat", "unlinkat"]
    for _ in range(REPEATED):
        injections = [f"?{call}:error=EIO:when={choices.randrange(5, 105)}+100" for call in calls]
        traced = ",".join(f"?{call}" for call in calls)
        if not data.try_start(*FLAGS, "--fsync", "always", prefix=strace(tmp_path / "trace", traced, *injections)):
            with Traffic(data.process.address, data.ledger, choices.randrange(1 << 32), largest=500):
                time.sleep(0.5)
            data.ledger.fault()
            end_one_way_or_the_other(data)
        data.start(*FLAGS, "--fsync", "always")
        data.verify()
        data.process.kill()


def test_a_directory_that_cannot_be_read_refuses_the_start(data, tmp_path):
    data.start("--fsync", "always")
    with data.client() as client:
        client.store("a", b"value")
    data.process.kill()
    prefix = strace(tmp_path / "trace", "pread64", "pread64:error=EIO:when=1+")
    assert "Input/output error" in data.try_start(prefix=prefix)
