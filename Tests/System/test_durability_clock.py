"""The wall clock is set back or forward by an hour while clients write: nothing is lost, and times still tell places.

The clock of the server is that of libfaketime; the monotonic clock goes on as it does when an administrator, or a time
service, sets the other.
"""

import random
import time
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest

import raw_http
from event_stream import wait_for
from ledger import Operation
from nuthatch_process import run_nuthatch
from traffic import Traffic

LIBRARIES = "*/faketime/libfaketimeMT.so.1"
HOUR = 3600
COUNTED = "counted"


class Clock:
    """The wall clock of the servers that are started with `prefix`: ours, moved by a number of seconds."""

    def __init__(self, file: Path):
        found = [library for place in ("/usr/lib", "/usr/local/lib") for library in Path(place).glob(LIBRARIES)]
        if not found:
            pytest.skip("libfaketime is not installed")
        self._file = file
        self.set(0)
        # The second env is the first that has the library, which gives it a variable more; the server gets that as it
        # gets all others.
        self.prefix = [
            "env", f"LD_PRELOAD={found[0]}", f"FAKETIME_TIMESTAMP_FILE={file}", "FAKETIME_NO_CACHE=1",
            "FAKETIME_DONT_FAKE_MONOTONIC=1", "env",
        ]  # fmt: skip

    def set(self, offset: int) -> None:
        new = self._file.with_suffix(".new")
        new.write_text(f"{offset:+d}\n")
        new.rename(self._file)
        self.offset = offset

    @staticmethod
    def kill(process) -> None:
        """Kills the server, and clears away what the library shares between processes and leaves behind then."""
        process.kill()
        for left in Path("/dev/shm").glob(f"*faketime_s*_{process.pid}"):
            left.unlink(missing_ok=True)

    def has_reached(self, client) -> bool:
        """Whether the server goes by what was set."""
        told = parsedate_to_datetime(client.request("GET", "/healthz")["Date"]).timestamp()
        return abs(told - time.time() - self.offset) < HOUR / 4


@pytest.fixture
def clock(tmp_path, monkeypatch):
    # Answers are dated by the clock that is set.
    monkeypatch.setattr(raw_http, "OLDEST_DATE", 2 * HOUR)
    monkeypatch.setattr(raw_http, "YOUNGEST_DATE", -2 * HOUR)
    return Clock(tmp_path / "clock")


def count(node, client, values: range) -> str:
    """Writes one number after the other to one key; the position of the last."""
    for number in values:
        operation = node.ledger.put(COUNTED, number)
        assert node.ledger.answered(operation, client.put(COUNTED, operation.value)) == "ok"
    return "{}.{}".format(*operation.position)


def seconds_left(client, key) -> float | None:
    answer = client.get(key)
    return float(answer["Nuthatch-TTL"]) if answer.status == 200 else None


def positions(node, *flags) -> list[list[str]]:
    """What the command tells, a row of words for each line."""
    ended = run_nuthatch("positions", node.directory, *flags)
    assert ended.returncode == 0, ended.stderr
    return [line.split() for line in ended.stdout.decode().splitlines()]


def number_of(position: str) -> int:
    return int(position.split(".")[1])


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(timezone.utc)


def assert_state_of(node, position: int, operations: dict[str, list[Operation]]) -> None:
    """Each key shows its last value up to there, and none shows a later one."""
    with node.client() as client:
        for key, written in operations.items():
            shown = client.value(key)
            later = [one for one in written if one.value == shown and one.position and one.position[1] > position]
            assert shown is None or not later, f"{key} shows {shown[:40]}, which was written behind {position}"
            # Deletions do not tell their position.
            if all(one.position for one in written):
                due = max((one for one in written if one.position[1] <= position), key=lambda one: one.position)
                assert shown == due.value, (key, position, shown, due)


@pytest.mark.deadline(120)
@pytest.mark.parametrize("step", [-HOUR, HOUR], ids=["back", "forward"])
def test_a_step_of_the_clock_loses_nothing_and_restores_tell_before_from_behind(
    data, make_data, clock, seed, tmp_path, step
):
    choices = random.Random(seed)
    data.start("--log-segment-size", "64kb", prefix=clock.prefix)
    with data.client() as client:
        client.store("half-an-hour", b"1", "ttl=30m")
        client.store("two-hours", b"1", "ttl=2h")
        with Traffic(data.process.address, data.ledger, choices.randrange(1 << 32), largest=2000):
            before = count(data, client, range(50))
            # Times are told to the millisecond: what was written before is, by the log's time as well.
            time.sleep(0.05)
            clock.set(step)
            wait_for(lambda: clock.has_reached(client))
            behind = count(data, client, range(50, 100))
            time.sleep(choices.uniform(0.05, 0.3))
            clock.kill(data.process)
    data.ledger.fault()
    written = {key: list(operations) for key, operations in data.ledger.plain.items()}
    data.start("--log-segment-size", "64kb", prefix=clock.prefix)
    data.verify()
    with data.client() as client:
        assert clock.has_reached(client)
        # Ends are moments of the wall clock, whatever it has passed over.
        assert_left(client, "half-an-hour", HOUR / 2 - step)
        assert_left(client, "two-hours", 2 * HOUR - step)
        count(data, client, range(100, 150))
    clock.kill(data.process)
    assert run_nuthatch("verify", data.directory).returncode in (0, 1)
    rows = positions(data)
    times = [instant(row[1]) for row in rows]
    assert times == sorted(times), rows
    for position in (before, behind):
        [[_, moment, *_]] = positions(data, "--of", position)
        [[found, *_]] = positions(data, "--at", moment)
        assert number_of(found) >= number_of(position)
        for to, place in ((position, position), (moment, found)):
            into = f"to-{to.replace(':', '.')}"
            ended = run_nuthatch("restore", "--from", data.directory, "--into", tmp_path / into, "--to", to)
            assert ended.returncode == 0, ended.stderr
            node = make_data(into)
            node.start()
            assert_state_of(node, number_of(place), written)
            node.process.kill()
    [[_, moment_before, *_]] = positions(data, "--of", before)
    [[_, moment_behind, *_]] = positions(data, "--of", behind)
    passed = (instant(moment_behind) - instant(moment_before)).total_seconds()
    assert 0 < passed < HOUR / 2 if step < 0 else HOUR <= passed < HOUR * 1.5, passed
    [[found, *_]] = positions(data, "--at", moment_before)
    assert number_of(found) < number_of(behind)


def assert_left(client, key: str, expected: float) -> None:
    left = seconds_left(client, key)
    if expected <= 0:
        assert left is None
    else:
        assert expected - HOUR / 4 < left <= expected
