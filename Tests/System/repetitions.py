"""How thorough the tests with faults are: NUTHATCH_TEST_DEPTH is change, nightly or release."""

import os

DEPTHS = ("change", "nightly", "release")
DEPTH = os.environ.get("NUTHATCH_TEST_DEPTH", "change")
assert DEPTH in DEPTHS, f"NUTHATCH_TEST_DEPTH is one of {', '.join(DEPTHS)}"


def times(change: int, nightly: int, release: int) -> int:
    """How often something is repeated: for each change, each night, each release."""
    return (change, nightly, release)[DEPTHS.index(DEPTH)]
