"""A write that claims bytes it did not write: found at the next start, nothing behind it trusted (D8)."""

import random

import pytest

from faults import strace
from repetitions import times

REPEATED = times(12, 100, 100)


@pytest.mark.deadline(60 + REPEATED * 5)
@pytest.mark.parametrize("policy", ["always", "everysec"])
def test_bytes_never_written_are_found_at_the_next_start(make_data, seed, tmp_path, policy):
    choices = random.Random(seed)
    found = 0
    for turn in range(REPEATED):
        data = make_data(f"turn-{turn}")
        number = choices.randrange(3, 40)
        prefix = strace(tmp_path / "trace", "pwrite64", f"pwrite64:retval=37:when={number}")
        data.start("--fsync", policy, prefix=prefix)
        with data.client() as client:
            for place in range(60):
                operation = data.ledger.put(f"key-{place}", 1, choices.choice([0, 300]))
                data.ledger.answered(operation, client.put(operation.key, operation.value))
        data.process.kill()
        data.ledger.fault()
        if refusal := data.try_start("--fsync", policy):
            # The first calls are the start's own: then it is the manifest that is found short.
            assert ("log-" in refusal and "byte" in refusal) or "MANIFEST" in refusal, refusal
            found += 1
            continue
        violation = data.ledger.prefix_violation(data.values())
        assert violation is None, f"call {number}: {violation}"
        found += b"torn at byte" in data.process.errors
    assert found > 0, "no lie was told to the log"
