"""A disk that does not keep up: changes wait for it, and are made as soon as it does."""

import contextlib
import json
import random
import re
import socket
import struct
import threading
import time

from faults import strace

MIB = 1 << 20
CLIENTS, WRITES, KEYS = 24, 2, 4


def parked(client) -> int:
    text = client.request("GET", "/metrics").body.decode()
    return int(re.search(r"^nuthatch_parked_requests (\d+)$", text, re.MULTILINE)[1])


def wait_until_parked(client, count: int) -> None:
    deadline = time.monotonic() + 5
    while parked(client) != count:
        assert time.monotonic() < deadline, f"{parked(client)} are parked, not {count}"
        time.sleep(0.002)


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
    value, took, most = random.Random(seed).randbytes(MIB), [], 0
    writers = [threading.Thread(target=write, args=(data, number, value, took)) for number in range(CLIENTS)]
    for writer in writers:
        writer.start()
    with data.client() as client:
        while any(writer.is_alive() for writer in writers):
            most = max(most, parked(client))
        assert most > 0 and parked(client) == 0
        assert all(client.value(f"key-{number}") == value for number in range(KEYS))
    # None was refused, or looked again only when it would have been.
    assert len(took) == CLIENTS * WRITES and max(took) < 0.95, sorted(took)[-5:]


class HangingSync:
    """A server whose disk hangs once, in the middle of a sync; changes are held from some half a second later on."""

    def __init__(self, data, tmp_path, milliseconds):
        # One of those that come each second.
        slow = strace(tmp_path / "trace", "fdatasync", f"fdatasync:delay_enter={milliseconds}000:when=8")
        data.start("--fsync", "everysec", prefix=slow)
        self.data = data
        self.over = threading.Event()
        self.longest = 0.0
        with data.client() as client:
            for number in range(6):
                client.put(f"warm-{number}", b"value", nuthatch_ack="fsync")
        self.writer = threading.Thread(target=self._write)

    def _write(self) -> None:
        """Writes all the time, so that there is something to sync each second."""
        with self.data.client() as client:
            while not self.over.is_set():
                began = time.monotonic()
                client.store("written-all-the-time")
                self.longest = max(self.longest, time.monotonic() - began)
                time.sleep(0.002)

    @contextlib.contextmanager
    def hanging(self):
        """Runs what is inside while the writer is held, and returns when it has gone on."""
        self.writer.start()
        try:
            with self.data.client() as client:
                wait_until_parked(client, 1)
                yield client
                wait_until_parked(client, 0)
        finally:
            self.over.set()
            self.writer.join()


def test_a_change_that_is_held_while_a_sync_hangs_is_made_when_it_ends(data, tmp_path):
    disk = HangingSync(data, tmp_path, 1000)
    with disk.hanging():
        pass
    # Held from the second without a sync on, for what is left of it.
    assert 0.1 < disk.longest < 0.9, disk.longest


def test_a_change_whose_client_has_gone_while_it_was_held_is_not_made(data, tmp_path):
    disk = HangingSync(data, tmp_path, 1300)
    with disk.hanging() as client:
        gone = socket.create_connection(data.process.address)
        gone.sendall(b"PUT /v1/keys/gone HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nold")
        wait_until_parked(client, 2)
        gone.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        gone.close()
        wait_until_parked(client, 1)
    with data.client() as client:
        assert client.get("gone").status == 404
        assert parked(client) == 0


def test_a_limit_that_is_asked_while_changes_are_held_waits_its_whole_turn(data, tmp_path):
    disk = HangingSync(data, tmp_path, 1300)
    policy = json.dumps({"algorithm": "gcra", "quota": 20, "window": "60s", "burst": 1}).encode()
    with data.client() as client:
        assert client.request("PUT", "/v1/limits/slow", policy, content_type="application/json").status == 201
        assert client.request("POST", "/v1/limits/slow/user").status == 200
    asked = time.monotonic()
    with disk.hanging(), data.client() as waiting:
        answer = waiting.request("POST", "/v1/limits/slow/user?wait=5s")
        taken = time.monotonic() - asked
    # One each three seconds.
    assert answer.status == 200 and taken > 2.9, (answer, taken)
