"""Waiting for an entry to change."""

import threading
import time
from contextlib import ExitStack, contextmanager

import pytest

from http_client import Client, key_target
from raw_http import Connection, message


@contextmanager
def after(seconds: float, action, *arguments):
    """Does something while the `with` block goes on, which ends when it was done."""
    timer = threading.Timer(seconds, action, arguments)
    timer.start()
    try:
        yield
    finally:
        timer.join()


class Stopwatch:
    def __enter__(self):
        self._begun = time.monotonic()
        return self

    def __exit__(self, *_):
        self.seconds = time.monotonic() - self._begun


@pytest.fixture
def writer(server):
    with Client(server.address) as client:
        yield client


@pytest.mark.timed
def test_a_waiting_reader_gets_the_change_as_soon_as_it_happens(http, writer, key):
    etag = http.store(key, b"old")
    with after(0.2, writer.put, key, b"new"), Stopwatch() as watch:
        response = http.get(key, "wait=20s", if_none_match=etag)
    assert response.status == 200 and response.body == b"new"
    assert response["ETag"] != etag
    assert 0.15 < watch.seconds < 15


@pytest.mark.timed
def test_a_waiting_reader_learns_that_the_key_went(http, writer, key):
    etag = http.store(key, b"old")
    with after(0.2, writer.delete, key), Stopwatch() as watch:
        response = http.get(key, "wait=20s", if_none_match=etag)
    assert response.status == 404 and response.slug == "not-found"
    assert 0.15 < watch.seconds < 15


@pytest.mark.timed
def test_a_waiting_reader_learns_that_the_key_expired(http, key):
    etag = http.store(key, b"old", "ttl=300ms")
    with Stopwatch() as watch:
        response = http.get(key, "wait=20s&touch=false", if_none_match=etag)
    assert response.status == 404
    assert 0.2 < watch.seconds < 15


def test_without_a_change_the_answer_is_304_when_time_is_up(http, key):
    etag = http.store(key, b"old")
    with Stopwatch() as watch:
        response = http.get(key, "wait=400ms", if_none_match=etag)
    assert response.status == 304 and response["ETag"] == etag
    assert 0.35 < watch.seconds < 15


def test_another_tag_is_answered_at_once(http, key):
    http.store(key, b"value")
    with Stopwatch() as watch:
        assert http.get(key, "wait=20s", if_none_match='"0.1"').body == b"value"
        assert http.get(key, "wait=20s").body == b"value"
        assert http.get(key + "-missing", "wait=20s", if_none_match='"0.1"').status == 404
    assert watch.seconds < 15


def test_touching_is_no_change_and_equal_bytes_are(http, writer, key):
    etag = http.store(key, b"same")
    with after(0.1, writer.post, key, "op=touch&ttl=60s"):
        assert http.get(key, "wait=500ms", if_none_match=etag).status == 304
    with after(0.1, writer.put, key, b"same"):
        assert http.get(key, "wait=20s", if_none_match=etag).status == 200


@pytest.mark.parametrize("edit", ["append", "atomic batch", "batch"])
def test_every_kind_of_write_wakes_a_reader(http, writer, key, edit):
    etag = http.store(key, b"old")
    line = {"op": "put", "key": key, "value": "new"}
    edits = {
        "append": lambda: writer.post(key, "op=append", b"x"),
        "batch": lambda: writer.batch([line]),
        "atomic batch": lambda: writer.batch([line], "atomic=true"),
    }
    with after(0.1, edits[edit]), Stopwatch() as watch:
        assert http.get(key, "wait=20s", if_none_match=etag).status == 200
    assert watch.seconds < 15


def test_changes_of_other_keys_wake_nobody(http, writer, key):
    etag = http.store(key, b"old")
    with after(0.1, writer.batch, [{"op": "put", "key": f"{key}{n}", "value": "x"} for n in range(100)]):
        assert http.get(key, "wait=400ms", if_none_match=etag).status == 304


def test_one_write_wakes_all_waiting_readers(server, http, key):
    etag = http.store(key, b"old")
    target = key_target(key, "wait=10s")
    request = message(
        f"GET {target} HTTP/1.1", f"Host: {server.authority}", f"If-None-Match: {etag}"
    )
    with ExitStack() as stack:
        waiting = [stack.enter_context(Connection(server.address)) for _ in range(200)]
        for connection in waiting:
            connection.send(request)
        waiting[0].expect_silence(0.3)
        http.store(key, b"new")
        assert {connection.read_response().body for connection in waiting} == {b"new"}


def test_a_reader_that_follows_misses_no_change(server, writer, key):
    last = b"50"

    def write_all():
        for number in range(1, 51):
            writer.put(key, b"%d" % number)
            time.sleep(0.002)

    with Client(server.address) as reader:
        etag = reader.store(key, b"0")
        seen = []
        with after(0.05, write_all):
            while not seen or seen[-1] != last:
                response = reader.get(key, "wait=20s", if_none_match=etag)
                assert response.status == 200
                etag = response["ETag"]
                seen.append(response.body)
    assert sorted(seen, key=int) == seen and len(set(seen)) == len(seen)


def test_the_preference_to_wait_is_honoured_and_told(http, key):
    etag = http.store(key, b"old")
    with Stopwatch() as watch:
        response = http.get(key, prefer="wait=1", if_none_match=etag)
    assert response.status == 304
    assert "wait=1" in response["Preference-Applied"]
    assert 0.9 < watch.seconds < 15


def test_preference_and_parameter_must_agree(http, key):
    etag = http.store(key, b"old")
    response = http.get(key, "wait=2s", prefer="wait=5", if_none_match=etag)
    assert response.status == 400
    with Stopwatch() as watch:
        assert http.get(key, "wait=1s", prefer="wait=1", if_none_match=etag).status == 304
    assert watch.seconds < 15
