"""A write that claims bytes it did not write: found at the next start, nothing behind it trusted (D8)."""

import random
import re
from collections import Counter

import pytest

from faults import strace
from repetitions import times

REPEATED = times(25, 250, 250)
# What was said to have been written: more bytes than these must have been asked for.
CLAIMED = 37
FLAGS = ("--log-segment-size", "1mb")


def lied_about(trace) -> set[str]:
    """The files that a write said it had changed and had not: each thread's call of the number tells a lie."""
    told = re.findall(r"pwrite64\(\d+<[^>]*?([^/>]+)>, .*INJECTED", trace.read_text(errors="replace"))
    return {name.removesuffix(".new") for name in told}


@pytest.mark.deadline(60 + REPEATED * 5)
@pytest.mark.parametrize("policy", ["always", "everysec"])
def test_bytes_never_written_are_found_at_the_next_start(make_data, seed, memory_path, tmp_path, policy):
    choices = random.Random(seed)
    told = Counter()
    for turn in range(REPEATED):
        data = make_data(f"turn-{turn}", memory_path)
        number = choices.randrange(3, 40)
        lie = f"pwrite64:retval={CLAIMED}:when={number}"
        data.start(*FLAGS, "--fsync", policy, prefix=strace(tmp_path / "trace", "pwrite64", lie, named=True))
        with data.client() as client:
            for place in range(60):
                operation = data.ledger.put(f"key-{place}", 1, choices.choice([0, 300]))
                assert data.ledger.answered(operation, client.put(operation.key, operation.value)) == "ok"
        data.process.kill()
        data.ledger.fault()
        files = lied_about(tmp_path / "trace")
        told.update(file.split("-")[0] for file in files)
        if refusal := data.try_start(*FLAGS, "--fsync", policy):
            assert any(file in refusal for file in files), (number, files, refusal)
            assert "byte" in refusal, refusal
            continue
        # All that stands in a segment has been acknowledged, or is its head.
        for segment in files - {"MANIFEST", "MARK"}:
            assert f"{segment} was torn at byte" in data.process.errors_text(), (number, segment)
        violation = data.ledger.prefix_violation(data.values())
        assert violation is None, f"call {number}: {violation}"
        data.process.kill()
    print(dict(told))
    assert told["log"] > 0, f"no lie was told to the log: {told}"
