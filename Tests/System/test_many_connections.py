"""Floods, limits and descriptors."""

import concurrent.futures
import contextlib
import resource
import signal
import time

from http_client import Client
from nuthatch_process import settled
from raw_http import Connection, ask, assert_kept, message


def get(server, target="/healthz", *fields) -> bytes:
    return message(f"GET {target} HTTP/1.1", f"Host: {server.authority}", *fields)


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
    assert sorted(durations)[150] < 0.1 and sorted(durations)[-10] < 2


def test_clients_beyond_the_connection_limit_get_503(start_server):
    process = start_server("--max-connections", "8", "--loops", "2")
    with contextlib.ExitStack() as stack:
        for _ in range(8):
            connection = stack.enter_context(Connection(process.address))
            assert_kept(connection, process)
        for _ in range(4):
            with Connection(process.address) as refused:
                response = refused.read_response()
                assert response.status == 503 and response.closes
                refused.expect_end()
        connection.close()
        assert eventually_served(process)


def test_one_address_may_hold_only_its_share_of_connections(start_server):
    limits = ["--max-connections-per-address", "4", "--first-byte-timeout", "60s", "--idle-timeout", "10m"]
    process = start_server(*limits, "--loops", "2")
    with contextlib.ExitStack() as stack:
        for _ in range(4):
            connection = stack.enter_context(Connection(process.address))
            assert_kept(connection, process)
        with Connection(process.address) as refused:
            answer = refused.read_until_gone()
            assert answer == b"" or answer.startswith(b"HTTP/1.1 503 ")
        connection.close()
        assert eventually_served(process)


def eventually_served(process, within=60.0) -> bool:
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        try:
            if ask(process, "GET /healthz HTTP/1.1").status == 200:
                return True
        except (AssertionError, OSError):
            pass
        time.sleep(0.05)
    return False


def assert_does_not_spin(process) -> None:
    """What there was to do is done soon, and then nothing is."""
    deadline = time.monotonic() + 30
    while True:
        busy, begun = process.cpu_seconds(), time.monotonic()
        time.sleep(0.5)
        share = (process.cpu_seconds() - busy) / (time.monotonic() - begun)
        if share < 0.2:
            return
        assert time.monotonic() < deadline, f"the server spins: {share:.0%} of a core"


def test_a_low_descriptor_limit_becomes_the_connection_limit(start_server):
    process = start_server(open_files=128)
    before = process.descriptors()
    with contextlib.ExitStack() as stack:
        with Connection(process.address) as early:
            assert_kept(early, process)
            for _ in range(200):
                stack.enter_context(Connection(process.address))
            assert_does_not_spin(process)
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
        assert_does_not_spin(process)
        assert_kept(early, process)
        resource.prlimit(process.pid, resource.RLIMIT_NOFILE, limits)
    assert eventually_served(process)
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
