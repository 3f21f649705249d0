"""A disk that does not keep up: changes wait for it, and are made as soon as it does."""

import random
import threading
import time

from faults import strace

MIB = 1 << 20
CLIENTS, WRITES, KEYS = 48, 2, 4


def write(data, number: int, value: bytes, took: list[float]) -> None:
    with data.client() as client:
        for _ in range(WRITES):
            began = time.monotonic()
            client.store(f"key-{number % KEYS}", value)
            took.append(time.monotonic() - began)


def test_more_than_may_wait_for_the_disk_is_let_in_as_it_takes_what_is_there(data, tmp_path, seed):
    # Eight megabytes may wait: a sixteenth of the memory.
    slow = strace(tmp_path / "trace", "pwrite64", "pwrite64:delay_exit=10000:when=3+")
    data.start("--max-memory", "128mb", "--fsync", "no", prefix=slow)
    value, took = random.Random(seed).randbytes(MIB), []
    writers = [threading.Thread(target=write, args=(data, number, value, took)) for number in range(CLIENTS)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    # None was refused, or looked again only when it would have been.
    assert len(took) == CLIENTS * WRITES and max(took) < 0.95, sorted(took)[-5:]
    with data.client() as client:
        assert all(client.value(f"key-{number}") == value for number in range(KEYS))


def test_a_change_that_is_held_while_a_sync_hangs_is_made_when_it_ends(data, tmp_path):
    # One of those that come each second.
    slow = strace(tmp_path / "trace", "fdatasync", "fdatasync:delay_enter=1000000:when=8")
    data.start("--fsync", "everysec", prefix=slow)
    longest, end = 0.0, time.monotonic() + 6
    with data.client() as client:
        for number in range(6):
            client.put(f"warm-{number}", b"value", nuthatch_ack="fsync")
        while time.monotonic() < end:
            began = time.monotonic()
            assert client.put("a", b"value").status in (201, 204)
            longest = max(longest, time.monotonic() - began)
            time.sleep(0.005)
    # Held from the second without a sync on, for what is left of it.
    assert 0.2 < longest < 0.9, longest
