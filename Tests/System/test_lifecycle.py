"""Starting, stopping in order, and what is finished before the end."""

import contextlib
import signal
import socket
import time

import pytest

from event_stream import wait_for
from http_client import Client, key_target
from nuthatch_process import NuthatchProcess, free_port
from put_requests import put, put_head
from raw_http import Connection, Violation, assert_kept, message


# Ends that wait for nobody take less, and all that would be waited for takes longer.
AT_ONCE = 15
DRAIN = ("--drain-timeout", "60s")


def seconds_to_end(process, since=None) -> float:
    begun = since or time.monotonic()
    assert process.wait() == 0
    return time.monotonic() - begun


def send_part_of_an_upload(connection, process, key) -> None:
    """A head and half of its body, of which the server is known to have read the head."""
    connection.send(put(process, key, "Content-Length: 10", "Expect: 100-continue"))
    assert connection.read_interim().status == 100
    connection.send(b"hello")


def test_the_first_answer_comes_soon_after_the_start(start_server):
    begun = time.monotonic()
    with Connection(start_server().address) as connection:
        connection.send(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert connection.read_response().status == 200
    assert time.monotonic() - begun < 10


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_idle_server_stops_at_once(start_server, number):
    process = start_server(*DRAIN)
    with Connection(process.address) as idle:
        assert_kept(idle, process)
        process.signal(number)
        idle.expect_end()
        assert seconds_to_end(process) < AT_ONCE


def test_an_upload_under_way_is_finished_and_the_new_is_refused(start_server, key):
    # One loop: when it refuses the new it is known to drain, and another may not have come to it.
    process = start_server("--loops", "1", *DRAIN)
    with Connection(process.address) as uploading:
        send_part_of_an_upload(uploading, process, key)
        process.signal(signal.SIGTERM)
        wait_for(lambda: new_connection_is_refused(process))
        assert process.is_alive()
        uploading.send(b"world")
        response = uploading.read_response()
        assert response.status == 201 and response.closes
        uploading.expect_end()
    assert seconds_to_end(process) < AT_ONCE


def new_connection_is_refused(process) -> bool:
    try:
        with Connection(process.address) as late:
            late.send(message("GET /v1/keys/a HTTP/1.1", f"Host: {process.authority}"))
            answer = late.read_until_gone(within=2)
            return answer == b"" or answer.startswith(b"HTTP/1.1 503 ")
    except Violation:
        return False
    except OSError:
        return True


def test_a_large_answer_under_way_is_finished(start_server, key):
    process = start_server(*DRAIN)
    value = bytes(8 << 20)
    with Client(process.address) as client:
        client.store(key, value)
    with Connection(process.address, receive_buffer=64 * 1024) as reading:
        request = message(
            f"GET {key_target(key)} HTTP/1.1",
            f"Host: {process.authority}",
            "Accept-Encoding: identity",
        )
        reading.send(request)
        reading.wait_for_bytes()
        process.signal(signal.SIGTERM)
        time.sleep(0.2)
        assert reading.read_response().body == value
    assert seconds_to_end(process) < AT_ONCE


def test_a_waiting_reader_is_released(start_server, key):
    process = start_server(*DRAIN)
    with Client(process.address) as client, Client(process.address) as other:
        etag = client.store(key)
        begun = time.monotonic()
        client.send("GET", key_target(key, "wait=30s"), if_none_match=etag)
        wait_for(lambda: b"\nnuthatch_watchers 1\n" in other.request("GET", "/metrics").body)
        process.signal(signal.SIGTERM)
        assert client.receive().status in (200, 304, 503)
    assert seconds_to_end(process, begun) < 25


def test_a_client_that_never_finishes_is_cut_at_the_drain_timeout(start_server, key):
    process = start_server("--drain-timeout", "700ms")
    with Connection(process.address) as stuck:
        send_part_of_an_upload(stuck, process, key)
        begun = time.monotonic()
        process.signal(signal.SIGTERM)
        assert 0.4 < seconds_to_end(process, begun) < AT_ONCE


def test_pipelined_requests_already_received_are_answered(start_server, key):
    process = start_server()
    with Connection(process.address) as connection:
        request = message("GET /healthz HTTP/1.1", f"Host: {process.authority}")
        connection.send(request * 50)
        statuses = [connection.read_response().status for _ in range(50)]
        process.signal(signal.SIGTERM)
        assert statuses == [200] * 50
        connection.expect_end()
    seconds_to_end(process)


def test_stopping_under_load_loses_no_answer_it_began(start_server, key):
    process = start_server()
    with Client(process.address) as client:
        client.store(key, b"x" * 10_000)
    request = message(f"GET {key_target(key)} HTTP/1.1", f"Host: {process.authority}")
    connections = [Connection(process.address) for _ in range(20)]
    with contextlib.ExitStack() as stack:
        for connection in connections:
            stack.enter_context(connection)
            assert_kept(connection, process)
        for connection in connections:
            connection.send(request)
        for connection in connections:
            assert connection.read_response().status == 200
        process.signal(signal.SIGTERM)
        assert seconds_to_end(process) < AT_ONCE


def test_a_second_signal_during_the_drain_crashes_nothing(existing_binary, key):
    process = NuthatchProcess("--drain-timeout", "1s")
    with Connection(process.address) as stuck:
        stuck.send(put_head(process, key, 10))
        time.sleep(0.1)
        process.signal(signal.SIGTERM)
        time.sleep(0.1)
        process.signal(signal.SIGTERM)
        assert process.wait() >= 0
        process.assert_no_crash()


def test_the_port_is_free_after_the_end(start_server):
    process = start_server(port=free_port())
    process.stop()
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(process.address)


def test_a_restart_takes_the_same_port_at_once(start_server):
    first = start_server(port=free_port())
    with Connection(first.address) as connection:
        assert_kept(connection, first)
        first.stop()
    second = start_server(port=first.port)
    assert second.port == first.port


def test_an_ignored_pipe_signal_and_a_hangup_end_nothing(start_server):
    process = start_server()
    process.signal(signal.SIGPIPE)
    process.signal(signal.SIGHUP)
    time.sleep(0.1)
    with Connection(process.address) as connection:
        assert_kept(connection, process)
