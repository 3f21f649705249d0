"""Readers that do not read, and signs of life."""

import json
import resource
import time

import pytest

from event_stream import Stream, StreamEnded, data_of, events_target, stream, wait_for
from http_client import Client

BODY = b"y" * 30_000


def flood(http, topic, count, query=""):
    for number in range(count):
        answer = http.request("POST", f"/v1/topics/{topic}?key=k{number % 3}{query}", b"%d " % number + BODY)
        assert answer.status == 200
    return json.loads(answer.body)


def metric(http, name) -> int:
    for line in http.request("GET", "/metrics").body.decode().splitlines():
        if line.startswith(name + " "):
            return int(line.split()[1])
    raise AssertionError(name)


def test_a_reader_that_does_not_read_loses_its_connection_and_resumes(http, server, key):
    http.request("PUT", f"/v1/topics/{key}", b"")
    before = metric(http, "nuthatch_subscribers_dropped_total")
    with stream(server.address, key, receive=4096) as reader:
        flood(http, key, 60)
        wait_for(lambda: metric(http, "nuthatch_subscribers_dropped_total") > before)
        seen = []
        with pytest.raises((StreamEnded, ConnectionError)):
            while True:
                seen.append(reader.next().json["data"].split()[0])
        place = reader.id
    with stream(server.address, key, last_event_id=place) as reader:
        seen += [text.split()[0] for text in data_of(reader.take(60 - len(seen)))]
    assert seen == [str(number) for number in range(60)]


def test_a_reader_that_asked_for_it_is_given_the_newest_of_each_key(http, server, key):
    with stream(server.address, key, slow="conflate", receive=4096) as reader:
        flood(http, key, 120)
        events = [reader.next().json]
        while not events[-1]["data"].startswith("119 "):
            events.append(reader.next().json)
    numbers = [int(event["data"].split()[0]) for event in events]
    assert numbers == sorted(set(numbers))
    assert numbers[-3:] == [117, 118, 119]
    assert len(numbers) + sum(event.get("skipped", 0) for event in events) == 120
    assert sum(event.get("skipped", 0) for event in events) > 50


def test_stalled_readers_cost_bounded_memory_and_do_not_hold_up_others(start_server):
    readers = 1000
    soft, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most < 4096:
        pytest.skip(f"{most} descriptors are all that a process may have here")
    # The readers are this process's descriptors as well.
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 4096), most))
    server = start_server(open_files=4096)
    with Client(server.address) as http:
        stalled = [Stream(server.address, events_target("t"), receive=4096) for _ in range(readers)]
        try:
            with stream(server.address, "t") as reader:
                base = server.resident_bytes()
                took = []
                for number in range(40):
                    begun = time.monotonic()
                    http.request("POST", "/v1/topics/t", b"%d " % number + BODY)
                    assert reader.next().json["data"].startswith(f"{number} ")
                    took.append(time.monotonic() - begun)
                grown = server.resident_bytes() - base
            # One copy of 1.2 MB is shared; what is a reader's own is a list of what it has not got.
            assert grown < readers * 16384 + (8 << 20), f"{grown} bytes"
            assert sorted(took)[20] < 1 and max(took) < 10, took
            wait_for(lambda: metric(http, "nuthatch_subscribers_dropped_total") == readers)
        finally:
            for reader in stalled:
                reader.close()


@pytest.mark.slow
def test_a_quiet_stream_gives_signs_of_life(server, key):
    begun = time.monotonic()
    with stream(server.address, key) as comments, stream(server.address, key, heartbeat="event") as events, stream(
        server.address, key, accept="application/x-ndjson"
    ) as lines:
        comments.block()
        lines.line()
        for reader in (comments, events, lines):
            reader.socket.settimeout(60)
        assert comments.line().startswith(":")
        assert 13 < time.monotonic() - begun < 30
        beat = events.next()
        assert beat.event == "heartbeat" and beat.id
        assert json.loads(lines.line())["event"] == "heartbeat"
