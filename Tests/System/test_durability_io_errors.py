"""Errors of the disk: after the first failed sync nothing is acknowledged any more, and nothing was lost (D7)."""

import random
import signal
import time

import pytest

from faults import strace
from raw_http import Ended, Violation
from repetitions import times
from traffic import Traffic

REPEATED = times(3, 50, 50)


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
def test_a_failed_sync_or_write_ends_the_server_and_loses_nothing(data, seed, tmp_path, policy, call):
    choices = random.Random(seed)
    for _ in range(REPEATED):
        number = choices.randrange(3, 12) if policy == "always" or call == "pwrite64" else choices.randrange(3, 5)
        prefix = strace(tmp_path / "trace", call, f"{call}:error=EIO:when={number}")
        if refusal := data.try_start("--fsync", policy, prefix=prefix):
            assert "Input/output error" in refusal
        else:
            answers = write_until_it_ends(data)
            assert "Input/output error" in data.ended_by_itself()
            first_bad = next((n for n, answer in enumerate(answers) if answer != "ok"), len(answers))
            assert "ok" not in answers[first_bad:], "acknowledged after a failure"
        data.start("--fsync", policy)
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
def test_read_only_goes_on_answering_what_was_durable(data, tmp_path):
    prefix = strace(tmp_path / "trace", "fdatasync", "fdatasync:error=EIO:when=8")
    process = data.start("--fsync", "always", "--log-failure", "read-only", prefix=prefix)
    answers = write_until_it_ends(data, most_refused=100)
    assert "ok" in answers and process.is_alive()
    first_bad = answers.index("unknown")
    assert "ok" not in answers[first_bad:], "acknowledged after a failure"
    assert set(answers[first_bad + 1 :]) <= {"fail"}, "changed although nothing can be kept"
    with data.client() as client:
        refused = client.put("another", b"value")
        assert refused.status == 503 and refused.slug == "unavailable"
        assert refused.problem["applied"] is False and refused["Retry-After"]
        kept = next(one for one in data.ledger.plain["key-0"] if one.outcome == "ok" and one.value)
        shown = client.get("key-0")
        assert shown.status == 503 or shown.body.startswith(kept.value[:3])
    assert data.readiness()[0] == 503
    assert process.is_alive()
    process.kill()
    data.start()
    data.verify()


def end_one_way_or_the_other(data) -> None:
    """Kills the server, which may be ending with an error just then."""
    data.process.signal(signal.SIGKILL)
    code = data.process.wait()
    assert code in (1, -signal.SIGKILL), data.process.errors_text()
    data.process.expected_exit_codes = {code}


@pytest.mark.deadline(60 + REPEATED * 10)
def test_one_in_a_hundred_calls_failing_loses_nothing(data, seed, tmp_path):
    choices = random.Random(seed)
    calls = ["fdatasync", "fsync", "pwrite64", "pread64", "renameat", "unlinkat"]
    for _ in range(REPEATED):
        injections = [f"?{call}:error=EIO:when={choices.randrange(5, 105)}+100" for call in calls]
        traced = ",".join(f"?{call}" for call in calls)
        if not data.try_start("--fsync", "always", prefix=strace(tmp_path / "trace", traced, *injections)):
            with Traffic(data.process.address, data.ledger, choices.randrange(1 << 32), largest=500):
                time.sleep(0.5)
            data.ledger.fault()
            end_one_way_or_the_other(data)
        data.start("--fsync", "always")
        data.verify()
        data.process.kill()


def test_a_directory_that_cannot_be_read_refuses_the_start(data, tmp_path):
    data.start("--fsync", "always")
    with data.client() as client:
        client.store("a", b"value")
    data.process.kill()
    prefix = strace(tmp_path / "trace", "pread64", "pread64:error=EIO:when=1+")
    assert "Input/output error" in data.try_start(prefix=prefix)
