"""Fixtures that every test of the running server shares."""

import contextlib
import itertools
import os
import random
import re
import shutil
import signal
import tempfile
import time
from pathlib import Path

import pytest
from _pytest.runner import runtestprotocol

from http_client import Client
from node import Node
from nuthatch_process import NuthatchProcess, binary, running, running_processes

TEST_DEADLINE_SECONDS = 30
SLOW_TEST_DEADLINE_SECONDS = int(os.environ.get("NUTHATCH_SLOW_DEADLINE", 120))
# What a test may take is told for a machine that has nothing else to do; others are given this much longer.
PATIENCE = 5
MOST_PATIENCE_SECONDS = 1200
# How often a test is tried whose steps have to follow each other in time.
TRIES = 5

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


@pytest.fixture
def seed():
    """Where all choices of a test come from; NUTHATCH_TEST_SEED repeats a run."""
    chosen = int(os.environ.get("NUTHATCH_TEST_SEED", random.SystemRandom().randrange(1 << 32)))
    print(f"NUTHATCH_TEST_SEED={chosen}")
    return chosen


@pytest.fixture
def data(existing_binary, tmp_path):
    """A data directory with a ledger, and the servers that run on it one after the other."""
    node = Node(tmp_path / "data")
    yield node
    node.close()


@pytest.fixture
def make_data(existing_binary, tmp_path):
    """Makes data directories, for tests that need several."""
    with contextlib.ExitStack() as stack:

        def make(name, under=tmp_path) -> Node:
            # One that does not stop must not keep the others from being stopped.
            return stack.enter_context(contextlib.closing(Node(under / name)))

        yield make


@pytest.fixture
def memory_path(tmp_path):
    """A directory whose syncs take no time, where there is one: for faults that are not of a real disk anyway."""
    shared = Path("/dev/shm")
    if not os.access(shared, os.W_OK) or shutil.disk_usage(shared).free < 1 << 28:
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir=shared, prefix="nuthatch-") as path:
        yield Path(path)


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
    if own := item.get_closest_marker("deadline"):
        seconds = own.args[0]
    seconds = min(seconds * PATIENCE, seconds + MOST_PATIENCE_SECONDS)

    def interrupt(number, frame):
        raise AssertionError(f"the test was still running after {seconds} s")

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.alarm(seconds)
    try:
        return (yield)
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def pytest_runtest_protocol(item, nextitem):
    """Runs a test again that failed by the clock: one that is `timed`, or in which the clock turned as `turns` says.

    An answer that a test has to get within half a second says nothing of the server when the machine gave the test no
    core for a second, and a day that ended between two questions is another day. What is wrong is so each time.
    """
    timed, turns = item.get_closest_marker("timed"), item.get_closest_marker("turns")
    if not timed and not turns:
        return None
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    for attempt in range(1, TRIES + 1):
        began = time.time()
        reports = runtestprotocol(item, nextitem=nextitem, log=False)
        failed = [report.when for report in reports if report.failed]
        has_turned = turns and began // turns.args[0] != time.time() // turns.args[0]
        if failed != ["call"] or not (timed or has_turned) or attempt == TRIES:
            break
        item.warn(pytest.PytestWarning(f"tried again: {reports[1].longreprtext[-200:]}"))
        item._initrequest()
    for report in reports:
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True
