"""Fixtures that every test of the running server shares."""

import itertools
import os
import re
import signal

import pytest

from http_client import Client
from nuthatch_process import NuthatchProcess, binary, running, running_processes

TEST_DEADLINE_SECONDS = 30
SLOW_TEST_DEADLINE_SECONDS = int(os.environ.get("NUTHATCH_SLOW_DEADLINE", 120))

_numbers = itertools.count(1)


@pytest.fixture(scope="session", autouse=True)
def existing_binary():
    if not binary().is_file():
        pytest.exit(f"no server at {binary()}: run `make build` or set NUTHATCH_BIN", returncode=2)


@pytest.fixture(scope="session")
def server(existing_binary):
    """The server with default settings that most tests share; each test uses keys of its own."""
    with running() as process:
        yield process


@pytest.fixture
def start_server(existing_binary):
    """Starts servers with flags of their own; all are stopped and examined after the test."""
    started = []

    def start(*flags, **options) -> NuthatchProcess:
        started.append(NuthatchProcess(*flags, **options))
        return started[-1]

    yield start
    for process in started:
        process.stop()


@pytest.fixture
def http(server):
    """A strict keep-alive client of the shared server."""
    with Client(server.address) as client:
        yield client


@pytest.fixture
def key(request):
    """A name that no other test uses."""
    words = re.sub(r"[^a-z0-9]+", "-", request.function.__name__.removeprefix("test_"))
    return f"{next(_numbers)}-{words[:40]}"


@pytest.fixture(autouse=True)
def every_server_still_runs():
    yield
    for process in list(running_processes):
        assert process.is_alive(), f"the server died: {process.errors[-4000:]!r}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    """No test may hang: it is interrupted at its deadline and fails where it stood."""
    slow = item.get_closest_marker("slow") is not None
    seconds = SLOW_TEST_DEADLINE_SECONDS if slow else TEST_DEADLINE_SECONDS

    def interrupt(number, frame):
        raise AssertionError(f"the test was still running after {seconds} s")

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.alarm(seconds)
    try:
        return (yield)
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
