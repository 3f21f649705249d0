"""Very many keys that end within seconds: none is served late, none comes back, and their memory does (D13).

Server and test read the same wall clock. A read that began a millisecond after an end or later must not show the key;
one that was over five before it must. What is in between may show either.
"""

import random
import time
from collections import Counter
from datetime import datetime, timezone

import pytest

from http_client import json_lines
from repetitions import times

KEYS = times(100_000, 1_000_000, 1_000_000)
WINDOW = times(6, 60, 60)  # seconds between the first end and the last
ROUNDS = times(1, 10, 10)
LASTING = 100  # keys that do not end
BATCH = 10_000
# What a read may be off the end that it is compared with, in seconds.
LATE, EARLY = 0.001, 0.005
AROUND = 0.02  # seconds before and behind now whose ends are looked at
# What the entries may leave behind: tables that keep their size until they are used again, bytes of each key.
LEFT_BEHIND = 16


class Ends:
    """When each key ends, in seconds of the wall clock: one after the other from `first` on, the lasting ones apart."""

    def __init__(self, first: float):
        self.first = round(first * 1000)
        self.last = self.of(KEYS - 1)

    def of(self, number: int) -> float:
        if number >= KEYS:
            return self.first / 1000 + 3600 + number
        return (self.first + number * WINDOW * 1000 // KEYS) / 1000

    def between(self, start: float, end: float) -> range:
        """The numbers of the keys that end then."""
        first, last = (int((moment - self.first / 1000) * KEYS / WINDOW) for moment in (start, end))
        return range(min(max(first, 0), KEYS), min(max(last, 0), KEYS))


def named(number: int) -> str:
    return f"key-{number}"


def instant(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, timezone.utc).isoformat(timespec="milliseconds")


def fill(client) -> Ends:
    """Stores all keys; again, with ends that are further away, where that took longer than until the first end."""
    for lead in (3, 12, 48, 192, 768):
        ends = Ends(time.time() + lead * KEYS / 100_000)
        numbers = range(KEYS + LASTING)
        for start in range(0, len(numbers), BATCH):
            lines = [
                {"op": "put", "key": named(number), "value": named(number), "expires_at": instant(ends.of(number))}
                for number in numbers[start : start + BATCH]
            ]
            answer = client.batch(lines)
            if any(line["status"] not in (201, 204) for line in answer.json_lines()):
                break
        else:
            if time.time() < ends.first / 1000:
                return ends
    raise AssertionError("the keys could not be stored before the first of them ended")


class Looks:
    """Reads of keys around their ends, and what was wrong with any."""

    def __init__(self, client, ends: Ends):
        self._client = client
        self._ends = ends
        self.counts = Counter()
        self.violations = []

    def at(self, numbers) -> None:
        """Reads these keys by one request, and compares what it shows with when it was under way."""
        if not numbers:
            return
        body = json_lines([{"key": named(number)} for number in numbers])
        began = time.time()
        answer = self._client.request("QUERY", "/v1/keys", body, content_type="application/x-ndjson")
        ended = time.time()
        assert answer.status == 200, answer
        for number, line in zip(numbers, answer.json_lines(), strict=True):
            self._judge(number, line, began, ended)

    def _judge(self, number: int, line: dict, began: float, ended: float) -> None:
        end, shown = self._ends.of(number), line["status"] == 200
        if began >= end + LATE:
            self._enter("late", number, not shown, line, f"{(began - end) * 1000:.2f} ms after its end")
        elif ended <= end - EARLY:
            right = shown and line["value"] == named(number)
            self._enter("early", number, right, line, f"{(end - ended) * 1000:.2f} ms before its end")
        if shown:
            # The end that the server tells is the one that was given, also after a restart.
            told = line["ttl_ms"] / 1000
            right = end - ended - EARLY <= told <= end - began + EARLY
            self._enter("told", number, right, line, f"{end - began} s before its end")

    def _enter(self, what: str, number: int, right: bool, line: dict, when: str) -> None:
        self.counts[what] += 1
        if not right:
            self.violations.append(f"{what}: {named(number)}, {when}: {line}")

    def until(self, moment: float) -> None:
        """Reads again and again what ends about now."""
        while (now := time.time()) < moment:
            self.at(self._ends.between(now - AROUND, now + AROUND))
            self.at(self._ends.between(now - LATE * 2, now - LATE)[:1])

    def assert_right(self) -> None:
        assert not self.violations, f"{len(self.violations)} of {self.counts}: {self.violations[:8]}"


def figures(client) -> dict[str, float]:
    text = client.request("GET", "/metrics").body.decode()
    lines = (line.rpartition(" ") for line in text.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, _, value in lines}


def seconds_until_given_back(client, ends: Ends, before: dict) -> float:
    """From the last end until entries and memory are gone; what this process itself had to wait counts not."""
    allowed = before["nuthatch_memory_used_bytes"] + LEFT_BEHIND * KEYS
    time.sleep(max(0, ends.last - time.time()))
    looked, waited = time.time(), 0.0
    while time.time() < ends.last + 60:
        now = figures(client)
        waited += max(0, time.time() - looked - 0.1)
        looked = time.time()
        if now["nuthatch_entries"] == LASTING and now["nuthatch_memory_used_bytes"] <= allowed:
            return looked - ends.last - waited
        time.sleep(0.01)
    raise AssertionError(f"{now['nuthatch_entries']} entries, {now['nuthatch_memory_used_bytes']} bytes")


@pytest.mark.deadline(90 + ROUNDS * (30 + 3 * WINDOW))
def test_keys_end_when_they_should_across_a_restart(make_data, seed):
    choices = random.Random(seed)
    for turn in range(ROUNDS):
        data = make_data(f"turn-{turn}")
        data.start()
        with data.client() as client:
            before = figures(client)
            ends = fill(client)
            full = figures(client)["nuthatch_memory_used_bytes"]
            looks = Looks(client, ends)
            looks.until(ends.first / 1000 + WINDOW * choices.uniform(0.3, 0.5))
            killed = time.time()
            data.process.kill()
        looks.assert_right()
        data.start()
        with data.client() as client:
            after = Looks(client, ends)
            had_ended = ends.between(0, killed)
            for start in range(0, len(had_ended), BATCH):
                after.at(had_ended[start : start + BATCH])
            after.at(range(KEYS, KEYS + LASTING))
            after.until(ends.last)
            taken = seconds_until_given_back(client, ends, before)
            after.at(range(KEYS, KEYS + LASTING))
            left = figures(client)["nuthatch_memory_used_bytes"]
        after.assert_right()
        print(f"{dict(looks.counts)}, killed, {dict(after.counts)}")
        print(f"{full} bytes, {left} bytes {taken:.2f} s after the last end")
        assert looks.counts["late"] > 0 and looks.counts["early"] > 0, looks.counts
        assert taken < 2, taken
        data.process.kill()
