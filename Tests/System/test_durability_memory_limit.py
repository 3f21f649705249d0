"""A server on disk at its memory limit, where the system gives it a quarter more and no byte beyond (D11)."""

import contextlib
import random
import re
import signal
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from faults import MemoryGroup
from repetitions import times

MIB = 1 << 20
LIMIT = 256 * MIB
ROOM = LIMIT * 5 // 4
SMALLEST, LARGEST = 10, MIB
# Seconds of reading and writing after the first eviction.
SECONDS = times(5, 20 * 60, 2 * 3600)
KEYS, CLIENTS = 50_000, 3
# Snapshots are made meanwhile, and what lies before them goes: the disk need not hold hours of writes.
FLAGS = (
    "--max-memory", LIMIT, "--snapshot-growth", "512mb", "--snapshot-keep", "1", "--restore-window", "0s"
)  # fmt: skip


@dataclass
class Sample:
    """What the server says that its entries take, and what the kernel says that the process has in memory."""

    accounted: float
    resident: float
    evictions: float


@dataclass
class Watch:
    """Samples of a server in use, and what went wrong with its clients."""

    samples: list[Sample] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)


def metric(text: str, name: str) -> float:
    return float(re.search(rf"^{name} (\S+)$", text, re.MULTILINE)[1])


def sample(client, pid: int) -> Sample:
    text = client.request("GET", "/metrics").body.decode()
    resident = int(re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())[1]) * 1024
    return Sample(metric(text, "nuthatch_memory_used_bytes"), resident, metric(text, "nuthatch_evictions_total"))


def use(data, watch: Watch, choices: random.Random) -> None:
    """Writes and reads keys, few of them often, with values small and large."""
    noise = choices.randbytes(LARGEST)
    try:
        with data.client() as client:
            while not watch.over.is_set():
                key = f"key-{int(KEYS * choices.random() ** 3)}"
                if choices.random() < 0.4:
                    answer = client.get(key)
                    assert answer.status in (200, 404), answer
                    continue
                size = int(SMALLEST * (LARGEST / SMALLEST) ** choices.random())
                answer = client.put(key, noise[:size])
                # A disk that does not keep up is no matter of memory.
                assert answer.status in (201, 204, 503), answer
    except (AssertionError, OSError) as problem:
        if not watch.over.is_set():
            watch.problems.append(str(problem)[:500])


@contextlib.contextmanager
def in_use(data, watch: Watch, seed: int):
    clients = [
        threading.Thread(target=use, args=(data, watch, random.Random(f"{seed}.{number}")), daemon=True)
        for number in range(CLIENTS)
    ]
    for client in clients:
        client.start()
    try:
        yield
    finally:
        watch.over.set()
        for client in clients:
            client.join(timeout=60)


def assert_within(samples: list[Sample]) -> None:
    """What is accounted stays below the limit and one value, and is all that the process has but for 15 of 100.

    Compared is `nuthatch_memory_used_bytes` with VmRSS whole: code, buffers and all that the allocator holds with it.
    """
    most = max(one.accounted for one in samples)
    by_ratio = sorted(range(len(samples)), key=lambda place: samples[place].accounted / samples[place].resident)
    ratios = [samples[place].accounted / samples[place].resident for place in by_ratio]
    resident = max(one.resident for one in samples)
    figures = (f"accounted {ratios[0]:.3f} to {ratios[-1]:.3f} of RSS, at most {most:.0f}; RSS at most {resident}; "
               f"the lowest ten at samples {sorted(by_ratio[:10])} of {len(samples)}")
    print(figures)
    assert most <= LIMIT + LARGEST, figures
    assert 0.85 <= ratios[0] and ratios[-1] <= 1.15, figures


@pytest.mark.deadline(120 + 2 * SECONDS)
def test_a_server_at_its_limit_stays_within_what_it_was_given(data, seed):
    watch = Watch()
    with MemoryGroup(ROOM) as group:
        process = data.start(*FLAGS, prefix=group.prefix)
        try:
            with data.client() as client, in_use(data, watch, seed):
                until = None
                while until is None or time.monotonic() < until:
                    now = sample(client, process.pid)
                    if now.evictions > 0:
                        watch.samples.append(now)
                        until = until or time.monotonic() + SECONDS
                    assert not watch.problems, watch.problems
                    time.sleep(0.05)
            assert process.is_alive()
        except Exception as problem:
            raise_if_killed(group, watch.samples, problem)
            raise
        finally:
            end(process)
    assert_within(watch.samples)


def test_what_was_kept_is_loaded_within_the_same_memory(data, seed):
    noise = random.Random(seed).randbytes(LARGEST)
    data.start(*FLAGS)
    with data.client() as client:
        for number in range(LIMIT // LARGEST * 5 // 4):
            client.store(f"key-{number}", noise)
    data.process.kill()
    with MemoryGroup(ROOM) as group:
        try:
            data.start(*FLAGS, prefix=group.prefix)
            with data.client() as client:
                loaded = sample(client, data.process.pid)
        except Exception as problem:
            raise_if_killed(group, [], problem)
            raise
        finally:
            end(data.process)
    assert loaded.accounted > LIMIT / 2
    assert_within([loaded])


def raise_if_killed(group, samples: list[Sample], problem: Exception) -> None:
    if group.kills():
        raise AssertionError(f"the system ended the server for want of memory; last {samples[-1:]}") from problem


def end(process) -> None:
    """Kills the server, where the system has not done so."""
    process.signal(signal.SIGKILL)
    process.wait_for_kill()
