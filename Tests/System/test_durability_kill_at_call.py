"""SIGKILL at every single call that changes files, one run for each (D2).

All calls, each time: some 850 runs of the script. A killed process loses nothing of what the system has, whatever lies
below, so for each change the directories lie in memory, where a run takes a tenth of a second; each night on a disk.
"""

import concurrent.futures
import contextlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from node import Node
from nuthatch_process import StartFailure
from raw_http import Ended, Violation
from repetitions import times

# Runs beside each other: most of a run is starting and waiting.
WORKERS = 2 * len(os.sched_getaffinity(0))
ROUNDS, BURST = 20, 10
FLAGS = ("--fsync", "always", "--log-segment-size", "64kb")


@pytest.fixture(scope="module")
def counting(tmp_path_factory) -> Path:
    """The library that counts the calls and kills at one of them."""
    compiler = shutil.which("cc") or shutil.which("clang")
    if compiler is None:
        pytest.skip("no C compiler for the library that kills at a call")
    made = tmp_path_factory.mktemp("counting") / "kill_at_call.so"
    source = Path(__file__).with_name("kill_at_call.c")
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", made, source, "-ldl"], check=True, timeout=300)
    return made


class Calls:
    """The prefix under which a server's calls are counted, and it is killed at the one of this number."""

    def __init__(self, library: Path, file: Path, kill_at=0):
        self.file = file
        self.kill_at = kill_at
        self.file.write_bytes(bytes(8))
        self.prefix = ["env", f"LD_PRELOAD={library}", f"KILL_COUNT={file}", f"KILL_AT={kill_at}"]

    def assert_killed(self, failure) -> None:
        """A start that failed did so because the call had come."""
        assert self.count >= self.kill_at > 0, failure

    @property
    def count(self) -> int:
        return int.from_bytes(self.file.read_bytes(), "little")


def script(client, ledger) -> None:
    """200 operations: values, pieces, deletions, one value larger than a segment may hold of others."""
    for turn in range(ROUNDS):
        for place in range(BURST - 3):
            operation = ledger.put(f"key-{(turn + place) % 17}", 1, 5000 if place == 0 else 0)
            ledger.answered(operation, client.put(operation.key, operation.value))
        piece = ledger.add("pieces", 1)
        ledger.answered(piece, client.post("pieces", "op=append", piece.value))
        large = ledger.put(f"large-{turn % 3}", 1, 30_000)
        ledger.answered(large, client.put(large.key, large.value))
        gone = ledger.delete(f"key-{turn % 17}")
        ledger.answered(gone, client.delete(gone.key))


def run_until_killed(node, calls) -> bool:
    """Runs the script on a fresh directory and stops in order at its end; whether it was killed before."""
    try:
        process = node.start(*FLAGS, prefix=calls.prefix, ready=False)
    except StartFailure as failure:
        calls.assert_killed(failure)
        return True
    with contextlib.suppress(OSError, Ended, Violation, AssertionError):
        node.wait_until_ready()
        with node.client() as client:
            script(client, node.ledger)
        process.signal(15)
        process.wait()
        process.assert_no_crash()
        if process.exit_code == 0:
            return False
    if process.exit_code is None:
        process.wait_for_kill()
    process.expected_exit_codes = {process.exit_code}
    assert process.exit_code == -9, process.errors_text()
    return True


@pytest.mark.deadline(1800)
def test_a_kill_at_any_call_loses_nothing_and_the_next_start_succeeds(tmp_path, memory_path, counting):
    path = times(memory_path, tmp_path, tmp_path)
    whole = Calls(counting, path / "calls")
    assert not run_until_killed(Node(path / "whole"), whole)
    # At least a write and a sync for each operation, and what starting, segments and the snapshot at the end take.
    assert whole.count > 2 * ROUNDS * BURST, whole.count
    numbers = range(1, whole.count + 1)
    pool = concurrent.futures.ThreadPoolExecutor(WORKERS)
    try:
        killed = list(pool.map(lambda number: is_killed_and_loses_nothing(path, counting, number), numbers))
    finally:
        pool.shutdown(cancel_futures=True)
    survived = [number for number, was_killed in zip(numbers, killed, strict=True) if not was_killed]
    print(f"{whole.count} calls, killed at all but {survived}")
    # Threads share syncs differently from run to run, so only a run's last calls may not be there.
    assert all(number > whole.count * 0.8 for number in survived), f"{survived} of {whole.count}"


def is_killed_and_loses_nothing(path, counting, number) -> bool:
    """Runs the script up to the call of this number, and starts again; whether there was such a call."""
    node = Node(path / f"call-{number}")
    calls = Calls(counting, path / f"calls-{number}", number)
    try:
        was_killed = run_until_killed(node, calls)
        node.ledger.fault()
        node.start(*FLAGS)
        node.verify()
        node.process.kill()
    except Exception as failure:
        with contextlib.suppress(AssertionError, AttributeError):
            node.process.kill()
        raise AssertionError(f"killed at call {number}: {failure}") from failure
    shutil.rmtree(node.directory)
    calls.file.unlink()
    return was_killed


@pytest.mark.deadline(900)
def test_a_kill_at_any_call_of_the_start_after_a_kill_loses_nothing(tmp_path, counting, seed):
    """Recovery writes again what is not known to be synced, begins a segment and a manifest."""
    left = Node(tmp_path / "left")
    run_until_killed(left, Calls(counting, tmp_path / "calls", 300 + seed % 200))
    left.ledger.fault()
    number, was_killed = 0, True
    while was_killed:
        number += 1
        shutil.rmtree(tmp_path / "again", ignore_errors=True)
        shutil.copytree(left.directory, tmp_path / "again")
        node = Node(tmp_path / "again")
        node.ledger = left.ledger
        was_killed = killed_at_start(node, Calls(counting, tmp_path / "calls", number))
        node.start(*FLAGS)
        values = node.values()
        assert not (violations := node.ledger.violations(values)), f"call {number}: {violations[:4]}"
        node.process.kill()
    assert number > 5, number


def killed_at_start(node, calls) -> bool:
    """Starts, and ends by SIGKILL when it is ready; whether it was killed before."""
    try:
        process = node.start(*FLAGS, prefix=calls.prefix, ready=False)
    except StartFailure as failure:
        calls.assert_killed(failure)
        return True
    try:
        node.wait_until_ready()
    except (OSError, AssertionError):
        process.wait_for_kill()
        return True
    process.kill()
    return False
