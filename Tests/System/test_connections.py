"""Slow, silent, rude and numerous clients."""

import concurrent.futures
import contextlib
import os
import resource
import signal
import time

import pytest

from http_client import Client, key_target
from nuthatch_process import running
from raw_http import Connection, assert_kept, ask, message

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


def put_head(server, key, length: int) -> bytes:
    line = f"PUT {key_target(key)} HTTP/1.1"
    return message(line, f"Host: {server.authority}", f"Content-Length: {length}")


def settled(measure, expected, within=4.0):
    """The measure once it has come back to what is expected, or its last value."""
    deadline = time.monotonic() + within
    while (value := measure()) > expected and time.monotonic() < deadline:
        time.sleep(0.05)
    return value


# Deadlines


def test_a_connection_that_sends_nothing_is_closed_without_a_word(impatient):
    with Connection(impatient.address) as connection:
        connection.expect_silence(0.25)
        connection.expect_end(within=1.5)


def test_an_idle_kept_connection_is_closed_without_408(impatient):
    with Connection(impatient.address) as connection:
        assert_kept(connection, impatient)
        connection.expect_silence(0.4)
        assert_kept(connection, impatient)
        connection.expect_end(within=2)


@pytest.mark.parametrize(
    "start",
    [b"G", b"GET /healthz HTTP/1.1", b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: a"],
)
def test_an_incomplete_head_is_408_at_its_deadline(impatient, start):
    with Connection(impatient.address) as connection:
        connection.send(start)
        connection.expect_silence(0.5)
        response = connection.read_response(within=2)
        assert response.status == 408 and response.closes
        assert response.slug == "request-timeout"
        connection.expect_end()


def test_the_deadline_of_a_head_counts_in_total_and_is_not_renewed_by_dripping(impatient):
    begun = time.monotonic()
    with Connection(impatient.address) as connection:
        for byte in b"GET /healthz HTTP/1.1\r\nX: aaaaaaaaaaaaaaaaaaaaaaa":
            if not connection.send(bytes([byte])) or time.monotonic() - begun > 1.5:
                break
            with contextlib.suppress(TimeoutError):
                if answer := connection.read_some(0.05):
                    assert answer.startswith(b"HTTP/1.1 408 ")
                    break
        else:
            raise AssertionError("the drip was never cut")
        assert time.monotonic() - begun < 1.5


def test_the_deadline_of_a_head_starts_anew_with_each_request(impatient):
    with Connection(impatient.address) as connection:
        for _ in range(3):
            connection.send_in_pieces([b"GET /healthz HTTP/1.1\r\n", b"Host: localhost\r\n"], 0.2)
            connection.send(b"\r\n")
            assert connection.read_response().status == 200


def test_a_body_over_its_total_deadline_is_408_and_applies_nothing(impatient, key):
    begun = time.monotonic()
    with Connection(impatient.address) as connection:
        connection.send(put_head(impatient, key, 10 * MIB))
        while time.monotonic() - begun < 3:
            if not connection.send(bytes(4096)):
                break
            with contextlib.suppress(TimeoutError):
                if answer := connection.read_some(0.1):
                    assert answer.startswith(b"HTTP/1.1 408 ")
                    break
        assert 1.0 < time.monotonic() - begun < 3
    with Client(impatient.address) as client:
        assert client.value(key) is None


def test_a_body_that_stalls_is_408(impatient, key):
    with Connection(impatient.address) as connection:
        connection.send(put_head(impatient, key, 10) + b"hello")
        response = connection.read_response(within=4)
        assert response.status == 408 and response.closes
        connection.expect_end()


@pytest.mark.slow
def test_a_body_under_1_kib_a_second_is_408_after_the_grace(server, http, key):
    begun = time.monotonic()
    with Connection(server.address) as connection:
        connection.send(put_head(server, key, 1 * MIB))
        while time.monotonic() - begun < 12:
            if not connection.send(b"x" * 20):
                break
            with contextlib.suppress(TimeoutError):
                if answer := connection.read_some(0.1):
                    assert answer.startswith(b"HTTP/1.1 408 ")
                    break
        assert 4 < time.monotonic() - begun < 12
    assert http.value(key) is None


@pytest.mark.slow
def test_a_slow_but_fast_enough_body_is_accepted(server, http, key):
    with Connection(server.address) as connection:
        connection.send(put_head(server, key, 70 * 300))
        assert connection.send_in_pieces([b"x" * 300] * 70, pause=0.1)
        assert connection.read_response().status == 201
    assert http.value(key) == b"x" * 21_000


# Slow readers


def stored_large_value(server, key) -> bytes:
    with Client(server.address) as client:
        client.store(key, bytes(8 * MIB))
    return get(server, key_target(key), "Accept-Encoding: identity")


def test_a_reader_that_makes_no_progress_is_dropped(impatient, key):
    request = stored_large_value(impatient, key)
    with Connection(impatient.address, receive_buffer=16 * 1024) as connection:
        connection.send(request * 8)
        time.sleep(1.6)
        assert len(connection.read_until_gone(within=10)) < 8 * 8 * MIB


def test_a_slow_reader_that_makes_progress_is_served_whole(impatient, key):
    request = stored_large_value(impatient, key)
    with Connection(impatient.address, receive_buffer=64 * 1024) as connection:
        connection.send(request)
        received = 0
        begun = time.monotonic()
        while received < 8 * MIB:
            received += len(connection.read_some(within=2))
            if time.monotonic() - begun < 1.5:
                time.sleep(0.02)
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


# Half-closed, reset and erring connections


def test_a_half_close_after_a_request_still_gets_the_answer(server, http, key):
    http.store(key, b"x" * 1_000_000)
    with Connection(server.address) as connection:
        connection.send(get(server, key_target(key)) * 2)
        connection.half_close()
        assert len(connection.read_response().body) == 1_000_000
        assert len(connection.read_response().body) == 1_000_000
        connection.expect_end()


def test_a_half_close_inside_a_head_is_400(server):
    with Connection(server.address) as connection:
        connection.send(b"GET /healthz HTTP/1.1\r\nHost: local")
        connection.half_close()
        response = connection.read_response()
        assert response.status == 400 and response.closes
        connection.expect_end()


def test_a_half_close_before_the_first_byte_is_no_request(server):
    with Connection(server.address) as connection:
        connection.half_close()
        connection.expect_end()
    with Connection(server.address) as connection:
        assert_kept(connection, server)
        connection.half_close()
        connection.expect_end()


def test_a_half_close_while_waiting_for_a_change_still_gets_the_answer(server, http, key):
    etag = http.store(key, b"old")
    with Connection(server.address) as connection:
        target = key_target(key, "wait=5s")
        connection.send(get(server, target, f"If-None-Match: {etag}"))
        connection.half_close()
        connection.expect_silence(0.2)
        http.store(key, b"new")
        assert connection.read_response().body == b"new"
        connection.expect_end()


@pytest.mark.parametrize("sent", [b"", b"GET /heal", b"PUT-HEAD", b"GET-LARGE"])
def test_a_reset_drops_only_its_own_connection(server, http, key, sent):
    large = key + "-large"
    http.store(large, bytes(4 * MIB))
    data = {
        b"PUT-HEAD": put_head(server, key, 1000) + bytes(500),
        b"GET-LARGE": get(server, key_target(large)) * 4,
    }.get(sent, sent)
    with Connection(server.address) as bystander:
        for _ in range(30):
            connection = Connection(server.address)
            connection.send(data)
            connection.reset()
        assert_kept(bystander, server)
    assert http.value(key) is None
    http.delete(large)


def test_closing_while_the_answer_is_written_harms_nobody(server, http, key):
    http.store(key, bytes(4 * MIB))
    for _ in range(20):
        with Connection(server.address, receive_buffer=4096) as connection:
            connection.send(get(server, key_target(key)) * 4)
            connection.read_some(within=5)
    assert http.request("GET", "/healthz").status == 200
    http.delete(key)


def test_a_disconnected_waiter_leaves_nothing_behind(server, http, key):
    etag = http.store(key, b"old")
    waiting = get(server, key_target(key, "wait=20s"), f"If-None-Match: {etag}")
    before = server.descriptors()
    for ending in (Connection.close, Connection.reset):
        for _ in range(20):
            connection = Connection(server.address)
            connection.send(waiting)
            ending(connection)
    assert settled(server.descriptors, before) <= before
    assert http.put(key, b"new").status == 204


def test_the_answer_to_an_error_survives_data_still_on_its_way(server, key):
    for _ in range(10):
        with Connection(server.address) as connection:
            connection.send(put_head(server, key, 1 << 40) + bytes(50_000))
            response = connection.read_response()
            assert response.status == 413 and response.closes
            connection.expect_end()


def test_after_an_error_the_server_drains_for_a_second_at_most(server, key):
    before = server.descriptors()
    with Connection(server.address) as connection:
        connection.send(put_head(server, key, 1 << 40))
        assert connection.read_response().status == 413
        connection.expect_end()
        begun = time.monotonic()
        while connection.send(b"x") and time.monotonic() - begun < 4:
            time.sleep(0.05)
        assert time.monotonic() - begun < 2.5
        assert settled(server.descriptors, before) <= before


def test_tls_on_the_plain_port_is_ended_within_a_second(server):
    hello = bytes.fromhex("16030100c5010000c10303") + os.urandom(190)
    with Connection(server.address) as connection:
        begun = time.monotonic()
        connection.send(hello)
        connection.read_until_gone(within=2)
        assert time.monotonic() - begun < 1


# Many connections


def test_descriptors_return_after_a_flood(server):
    before = server.descriptors()
    garbage = [
        b"",
        b"\x00",
        b"GET",
        get(server),
        b"PUT /v1/keys/x HTTP/1.1\r\nContent-Le",
        b"\r\n" * 9,
    ]
    for number in range(300):
        connection = Connection(server.address)
        connection.send(garbage[number % len(garbage)])
        connection.reset() if number % 2 else connection.close()
    assert settled(server.descriptors, before) <= before


def test_a_well_behaved_client_is_served_during_a_slow_flood(server):
    with contextlib.ExitStack() as stack:
        slow = [stack.enter_context(Connection(server.address)) for _ in range(300)]
        for connection in slow:
            connection.send(b"GET /healthz HTTP/1.1\r\nX: ")
        durations = []
        with Connection(server.address) as connection:
            for number in range(300):
                slow[number].send(b"a")
                begun = time.monotonic()
                assert_kept(connection, server)
                durations.append(time.monotonic() - begun)
    assert sorted(durations)[-4] < 0.1


def test_clients_beyond_the_connection_limit_get_503(start_server):
    process = start_server("--max-connections", "8", "--loops", "2")
    with contextlib.ExitStack() as stack:
        for _ in range(8):
            connection = stack.enter_context(Connection(process.address))
            assert_kept(connection, process)
        for _ in range(4):
            with Connection(process.address) as refused:
                response = refused.read_response(within=2)
                assert response.status == 503 and response.closes
                refused.expect_end()
        connection.close()
        assert eventually_served(process)


def test_one_address_may_hold_only_its_share_of_connections(start_server):
    process = start_server("--max-connections-per-address", "4", "--loops", "2")
    with contextlib.ExitStack() as stack:
        for _ in range(4):
            connection = stack.enter_context(Connection(process.address))
            assert_kept(connection, process)
        with Connection(process.address) as refused:
            answer = refused.read_until_gone(within=2)
            assert answer == b"" or answer.startswith(b"HTTP/1.1 503 ")
        connection.close()
        assert eventually_served(process)


def eventually_served(process, within=2.5) -> bool:
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        try:
            return ask(process, "GET /healthz HTTP/1.1").status == 200
        except (AssertionError, OSError):
            time.sleep(0.05)
    return False


def test_a_low_descriptor_limit_becomes_the_connection_limit(start_server):
    process = start_server(open_files=128)
    before = process.descriptors()
    with contextlib.ExitStack() as stack:
        with Connection(process.address) as early:
            assert_kept(early, process)
            for _ in range(200):
                stack.enter_context(Connection(process.address))
            time.sleep(0.3)
            busy = process.cpu_seconds()
            time.sleep(0.5)
            assert process.cpu_seconds() - busy < 0.25, "the server spins"
            assert process.descriptors() <= 128
            assert_kept(early, process)
    assert eventually_served(process)
    assert settled(process.descriptors, before) <= before


def test_running_out_of_descriptors_neither_spins_nor_kills(start_server):
    process = start_server()
    before = process.descriptors()
    with contextlib.ExitStack() as stack:
        early = stack.enter_context(Connection(process.address))
        assert_kept(early, process)
        limits = resource.prlimit(process.pid, resource.RLIMIT_NOFILE)
        fewer = (process.descriptors() + 4, limits[1])
        resource.prlimit(process.pid, resource.RLIMIT_NOFILE, fewer)
        for _ in range(40):
            stack.enter_context(Connection(process.address))
        time.sleep(0.3)
        busy = process.cpu_seconds()
        time.sleep(0.5)
        assert process.cpu_seconds() - busy < 0.25, "the server spins"
        assert_kept(early, process)
        resource.prlimit(process.pid, resource.RLIMIT_NOFILE, limits)
    assert eventually_served(process, within=4)
    assert settled(process.descriptors, before) <= before


def test_five_hundred_clients_fit_into_the_backlog(start_server):
    process = start_server("--loops", "1")
    process.signal(signal.SIGSTOP)
    try:
        with contextlib.ExitStack() as stack:
            waiting = [stack.enter_context(Connection(process.address)) for _ in range(500)]
            for connection in waiting:
                connection.send(get(process))
            process.signal(signal.SIGCONT)
            assert all(connection.read_response().status == 200 for connection in waiting)
    finally:
        process.signal(signal.SIGCONT)


def test_many_connections_work_at_once(server, http, key):
    http.store(key, b"shared")

    def visit(_) -> set[bytes]:
        with Client(server.address) as client:
            return {client.get(key).body for _ in range(50)}

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        assert set().union(*pool.map(visit, range(64))) == {b"shared"}


def test_a_silent_connection_does_not_hold_up_others(server):
    with Connection(server.address) as silent:
        assert ask(server, "GET /healthz HTTP/1.1").status == 200
        silent.expect_silence(0.05)
