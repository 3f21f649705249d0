"""Silent, slow and unreading clients meet their deadlines."""

import contextlib
import time

import pytest

from http_client import Client, key_target
from nuthatch_process import running
from put_requests import put_head
from raw_http import Connection, ask, assert_kept, message

MIB = 1 << 20


@pytest.fixture(scope="module")
def impatient(existing_binary):
    """A server whose deadlines are short enough to wait for."""
    deadlines = {
        "--first-byte-timeout": "400ms",
        "--idle-timeout": "600ms",
        "--head-timeout": "700ms",
        "--body-timeout": "1500ms",
        "--write-timeout": "700ms",
    }
    with running(*(word for pair in deadlines.items() for word in pair)) as process:
        yield process


def get(server, target="/healthz", *fields) -> bytes:
    return message(f"GET {target} HTTP/1.1", f"Host: {server.authority}", *fields)


@pytest.mark.timed
def test_a_connection_that_sends_nothing_is_closed_without_a_word(impatient):
    with Connection(impatient.address) as connection:
        connection.expect_silence(0.25)
        connection.expect_end()


@pytest.mark.timed
def test_an_idle_kept_connection_is_closed_without_408(impatient):
    with Connection(impatient.address) as connection:
        assert_kept(connection, impatient)
        connection.expect_silence(0.4)
        assert_kept(connection, impatient)
        connection.expect_end()


@pytest.mark.timed
@pytest.mark.parametrize(
    "start",
    [b"G", b"GET /healthz HTTP/1.1", b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: a"],
)
def test_an_incomplete_head_is_408_at_its_deadline(impatient, start):
    with Connection(impatient.address) as connection:
        connection.send(start)
        connection.expect_silence(0.5)
        response = connection.read_response()
        assert response.status == 408 and response.closes
        assert response.slug == "request-timeout"
        connection.expect_end()


@pytest.mark.timed
def test_the_deadline_of_a_head_counts_in_total_and_is_not_renewed_by_dripping(impatient):
    begun = time.monotonic()
    with Connection(impatient.address) as connection:
        for byte in b"GET /healthz HTTP/1.1\r\nX: " + b"a" * 300:
            if not connection.send(bytes([byte])):
                break
            with contextlib.suppress(TimeoutError):
                if answer := connection.read_some(0.05):
                    assert answer.startswith(b"HTTP/1.1 408 ")
                    break
        else:
            raise AssertionError("the drip was never cut")
        assert 0.6 < time.monotonic() - begun < 12


@pytest.mark.timed
def test_the_deadline_of_a_head_starts_anew_with_each_request(impatient):
    with Connection(impatient.address) as connection:
        for _ in range(3):
            connection.send_in_pieces([b"GET /healthz HTTP/1.1\r\n", b"Host: localhost\r\n"], 0.2)
            connection.send(b"\r\n")
            assert connection.read_response().status == 200


@pytest.mark.timed
def test_a_body_over_its_total_deadline_is_408_and_applies_nothing(impatient, key):
    begun = time.monotonic()
    with Connection(impatient.address) as connection:
        connection.send(put_head(impatient, key, 4 * MIB))
        while time.monotonic() - begun < 20:
            if not connection.send(bytes(4096)):
                break
            with contextlib.suppress(TimeoutError):
                if answer := connection.read_some(0.1):
                    assert answer.startswith(b"HTTP/1.1 408 ")
                    break
        assert 1.0 < time.monotonic() - begun < 20
    with Client(impatient.address) as client:
        assert client.value(key) is None


@pytest.mark.timed
def test_a_body_that_stalls_is_408(impatient, key):
    with Connection(impatient.address) as connection:
        connection.send(put_head(impatient, key, 10) + b"hello")
        response = connection.read_response()
        assert response.status == 408 and response.closes
        connection.expect_end()


@pytest.mark.timed
@pytest.mark.slow
def test_a_body_under_1_kib_a_second_is_408_after_the_grace(server, http, key):
    begun = time.monotonic()
    with Connection(server.address) as connection:
        connection.send(put_head(server, key, 1 * MIB))
        while time.monotonic() - begun < 60:
            if not connection.send(b"x" * 20):
                break
            with contextlib.suppress(TimeoutError):
                if answer := connection.read_some(0.1):
                    assert answer.startswith(b"HTTP/1.1 408 ")
                    break
        assert 4 < time.monotonic() - begun < 60
    assert http.value(key) is None


@pytest.mark.timed
@pytest.mark.slow
def test_a_slow_but_fast_enough_body_is_accepted(server, http, key):
    with Connection(server.address) as connection:
        connection.send(put_head(server, key, 70 * 300))
        assert connection.send_in_pieces([b"x" * 300] * 70, pause=0.1)
        assert connection.read_response().status == 201
    assert http.value(key) == b"x" * 21_000


def stored_large_value(server, key) -> bytes:
    with Client(server.address) as client:
        client.store(key, bytes(8 * MIB))
    return get(server, key_target(key), "Accept-Encoding: identity")


@pytest.mark.timed
def test_a_reader_that_makes_no_progress_is_dropped(impatient, key):
    request = stored_large_value(impatient, key)
    with Connection(impatient.address, receive_buffer=16 * 1024) as connection:
        connection.send(request * 8)
        time.sleep(1.6)
        assert len(connection.read_until_gone()) < 8 * 8 * MIB


@pytest.mark.timed
def test_a_slow_reader_that_makes_progress_is_served_whole(impatient, key):
    """So slow that the kernel, which holds megabytes, takes nothing more for longer than the deadline."""
    request = stored_large_value(impatient, key)
    with Connection(impatient.address, receive_buffer=64 * 1024) as connection:
        connection.send(request)
        received = 0
        begun = time.monotonic()
        while received < 8 * MIB:
            piece = connection.read_some(within=20)
            assert piece, f"dropped after {received} bytes"
            received += len(piece)
            if time.monotonic() - begun < 3:
                time.sleep(0.1)
        assert received >= 8 * MIB


def test_readers_that_never_read_cost_bounded_memory(start_server, key):
    process = start_server()
    request = stored_large_value(process, key)
    before = process.resident_bytes()
    with contextlib.ExitStack() as stack:
        for _ in range(20):
            connection = stack.enter_context(Connection(process.address, receive_buffer=4096))
            connection.send(request * 64)
        time.sleep(0.5)
        assert ask(process, "GET /healthz HTTP/1.1").status == 200
        assert process.resident_bytes() - before < 20 * 10 * MIB
