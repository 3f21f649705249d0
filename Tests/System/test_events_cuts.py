"""Many readers whose connections are cut again and again while much is published.

What a reader received and what it was told to be missing make up what was published: in order, nothing twice,
nothing missing silently. `NUTHATCH_EVENTS=200000 NUTHATCH_CUTS=500` runs it at full size.
"""

import json
import os
import random
import socket
import threading
import time

import pytest

from event_stream import Stream, StreamEnded, events_target
from http_client import Client

EVENTS = int(os.environ.get("NUTHATCH_EVENTS", 6000))
CUTS = int(os.environ.get("NUTHATCH_CUTS", 100))
SEED = int(os.environ.get("NUTHATCH_SEED", random.randrange(1 << 32)))
READERS, PUBLISHERS = 50, 4
FULL = EVENTS > 20_000

# Topics and how many of their events are kept: all, few, none, and what is kept of undeclared ones.
TOPICS = {
    "soak/a/0": 1_000_000, "soak/a/1": 1_000_000, "soak/a/2": 50, "soak/a/3": 50,
    "soak/b/0": 1_000_000, "soak/b/1": 0, "soak/b/2": None, "soak/b/3": None,
}
CHOICES = [
    ((), ("soak/a/*",)), ((), ("soak/**",)), (("soak/a/0",), ()), (("soak/a/0", "soak/b/1"), ("soak/*/2",)),
    (("soak/b/2", "soak/a/2"), ()), (("soak/b/0",), ("soak/b/*", "soak/*/0")), (("soak/a/1",), ("soak/b/3",)),
]


def matching(topics, patterns):
    def matches(pattern, topic):
        if pattern == "soak/**":
            return True
        return all(a in ("*", b) for a, b in zip(pattern.split("/"), topic.split("/"), strict=True))

    return {t for t in TOPICS if t in topics or any(matches(pattern, t) for pattern in patterns)}


class Reader(threading.Thread):
    """Reads until the last event of each of its topics, however often it is cut."""

    def __init__(self, address, topics, patterns, total):
        super().__init__(daemon=True)
        self.address, self.total = address, total
        self.target = events_target(topics, patterns)
        self.last = dict.fromkeys(matching(topics, patterns), 0)
        self.holes = set()
        self.received = self.missed = self.reconnects = 0
        self.failure = None
        self.stream = None
        self.ready = threading.Event()

    def run(self):
        place = None
        try:
            while any(number < self.total for number in self.last.values()):
                try:
                    with Stream(self.address, self.target, last_event_id=place) as self.stream:
                        self.stream.socket.settimeout(120)
                        assert self.stream.status == 200
                        if place is None:
                            place = self.stream.block()[-1].removeprefix("id: ")
                        self.ready.set()
                        while any(number < self.total for number in self.last.values()):
                            self.take(self.stream.next())
                            place = self.stream.id
                except (StreamEnded, ConnectionError, OSError) as error:
                    if isinstance(error, TimeoutError):
                        raise
                    self.reconnects += 1
                    time.sleep(random.random() * 0.02)
        except BaseException as error:  # reported by the test
            self.failure = error
            self.ready.set()

    def take(self, event):
        body = event.json
        if event.event == "gap":
            assert body["reason"] == "history-trimmed", body
            named = [topic for topic in body["topics"] if topic in self.last]
            assert named == body["topics"], body
            self.holes.update(named)
            return
        topic, number = body["topic"], int(body["data"])
        before = self.last[topic]
        if number == before == self.total:
            return
        assert number > before, f"{topic}: {number} after {before}"
        hole = number - before - 1
        if hole:
            assert topic in self.holes, f"{topic}: {hole} events missing before {number} and nothing said"
            self.missed += hole
        self.holes.discard(topic)
        self.last[topic] = number
        self.received += 1

    def cut(self):
        if self.stream is not None:
            try:
                self.stream.socket.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


def publish_all(address, topics, total, failures):
    """Publishes the numbers 1 to total to each topic, many requests at a time on one connection."""
    try:
        with socket.create_connection(address, timeout=60) as connection:
            answers = connection.makefile("rb")
            window = 0
            for number in range(1, total + 1):
                requests = b""
                for topic in topics:
                    body = str(number).encode()
                    requests += (
                        f"POST /v1/topics/{topic.replace('/', '%2F')} HTTP/1.1\r\nHost: localhost\r\n"
                        f"Content-Length: {len(body)}\r\n\r\n"
                    ).encode() + body
                connection.sendall(requests)
                window += len(topics)
                if window >= 16 or number == total:
                    for _ in range(window):
                        read_answer(answers)
                    window = 0
    except BaseException as error:
        failures.append(error)


def read_answer(answers):
    assert answers.readline().startswith(b"HTTP/1.1 200"), "a publication failed"
    length = 0
    while (line := answers.readline()) != b"\r\n":
        if line.lower().startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    answers.read(length)


@pytest.mark.slow
@pytest.mark.deadline(1200 if FULL else 300)
def test_cut_readers_get_all_that_was_published_or_are_told_what_is_gone(start_server):
    print(f"NUTHATCH_SEED={SEED}")
    random.seed(SEED)
    server = start_server()
    total = EVENTS // len(TOPICS)
    with Client(server.address) as http:
        for topic, count in TOPICS.items():
            if count is not None:
                body = json.dumps({"history": {"count": count, "bytes": 64 << 20}}).encode()
                target = f"/v1/topics/{topic.replace('/', '%2F')}"
                assert http.request("PUT", target, body, content_type="application/json").status == 201
    readers = [Reader(server.address, *random.choice(CHOICES), total) for _ in range(READERS)]
    for reader in readers:
        reader.start()
    for reader in readers:
        assert reader.ready.wait(60)
    failures = []
    names = list(TOPICS)
    publishers = [
        threading.Thread(target=publish_all, args=(server.address, names[index::PUBLISHERS], total - 1, failures))
        for index in range(PUBLISHERS)
    ]
    for publisher in publishers:
        publisher.start()
    cuts = 0
    while any(publisher.is_alive() for publisher in publishers) or cuts < CUTS:
        random.choice(readers).cut()
        cuts += 1
        time.sleep(random.random() * (0.2 if FULL else 0.02))
    for publisher in publishers:
        publisher.join()
    assert not failures, failures
    finish(server, readers, names, total)
    for reader in readers:
        assert reader.failure is None, reader.failure
        assert reader.received + reader.missed == total * len(reader.last)
    assert sum(reader.reconnects for reader in readers) > 0
    assert sum(reader.missed for reader in readers) > 0, "no history was too short: the test shows too little"


def finish(server, readers, names, total):
    """The last event of each topic comes again and again until every reader has it, for one may be cut just then."""
    with Client(server.address) as http:
        deadline = time.monotonic() + (600 if FULL else 300)
        while any(reader.is_alive() for reader in readers):
            for name in names:
                target = f"/v1/topics/{name.replace('/', '%2F')}"
                assert http.request("POST", target, str(total).encode()).status == 200
            waiting = [reader for reader in readers if reader.is_alive()]
            assert time.monotonic() < deadline, f"{len(waiting)} readers did not get everything"
            for reader in waiting:
                reader.join(0.5 / len(waiting))
