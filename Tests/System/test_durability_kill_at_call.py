"""SIGKILL at every single call that touches the disk, one run for each (D2)."""

import contextlib

import pytest

from faults import most_calls, strace
from node import Node
from nuthatch_process import StartFailure
from raw_http import Ended, Violation
from repetitions import times

CALLS = ("fdatasync", "pwrite64", "renameat", "renameat2", "rename", "unlinkat", "fsync", "fallocate")
# Each change tries a third of all places, another third by another seed; each night tries all.
STRIDE = times(3, 1, 1)
ROUNDS, BURST = 20, 10


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


def run_until_killed(node, prefix) -> bool:
    """Runs the script on a fresh directory and stops in order at its end; whether it was killed before."""
    try:
        process = node.start(*FLAGS, prefix=prefix, ready=False)
    except StartFailure:
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
    assert process.exit_code in (-9, 137), process.errors_text()
    return True


FLAGS = ("--fsync", "always", "--log-segment-size", "64kb")


@pytest.mark.deadline(900)
def test_a_kill_at_any_call_loses_nothing_and_the_next_start_succeeds(tmp_path, seed):
    whole = Node(tmp_path / "whole")
    assert not run_until_killed(whole, strace(tmp_path / "trace", ",".join(f"?{call}" for call in CALLS)))
    counts = most_calls(tmp_path / "trace")
    assert {"fdatasync", "pwrite64", "fsync"} <= counts.keys(), counts
    killed = 0
    for call, count in counts.items():
        for number in range(1 + seed % STRIDE, count + 1, STRIDE):
            node = Node(tmp_path / f"{call}-{number}")
            injection = f"{call}:signal=KILL:when={number}"
            killed += run_until_killed(node, strace(tmp_path / "trace", call, injection))
            node.ledger.fault()
            node.start(*FLAGS)
            node.verify()
            node.process.kill()
    assert killed > sum(counts.values()) // STRIDE // 2, f"{killed} of {counts}"
