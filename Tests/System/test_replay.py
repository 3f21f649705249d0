"""The main job on a small scale: a trace made here, replayed cache-aside over real connections."""

import json
import os
import random
import struct
import subprocess
from pathlib import Path

import pytest

BINARY = Path(__file__).resolve().parents[2] / ".build" / "release" / "nuthatch-replay"
REQUESTS = 20_000


@pytest.fixture
def trace(tmp_path):
    """Big-endian 32-bit keys, a few of them asked for most of the time."""
    chance = random.Random(7)
    keys = [int(chance.paretovariate(0.8)) % 5_000 for _ in range(REQUESTS)]
    path = tmp_path / "small.trace"
    path.write_bytes(struct.pack(f">{REQUESTS}I", *keys))
    return path, len(set(keys))


def replay(process, path, *flags) -> dict:
    if not BINARY.exists():
        pytest.skip(f"{BINARY} is not built")
    host, port = process.address
    command = [os.fspath(BINARY), "--trace", os.fspath(path), "--url", f"http://{host}:{port}", "--verify", "--json"]
    done = subprocess.run(
        [*command, "--connections", "8", "--pid", str(process.pid), *flags],
        capture_output=True, timeout=60, check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_with_memory_enough_each_key_misses_once(start_server, trace):
    path, distinct = trace
    figures = replay(start_server(), path)
    assert figures["lookups"] == REQUESTS
    # Eight connections may ask for one new key at the same time.
    assert distinct <= figures["misses"] <= distinct + 8 * 40
    assert figures["mismatches"] == 0


def test_with_little_memory_the_popular_keys_stay(start_server, trace):
    path, distinct = trace
    figures = replay(start_server("--max-memory", "2mb"), path, "--value-size", "1000")
    assert figures["misses"] > distinct
    assert figures["hit_ratio"] > 0.5
    assert figures["mismatches"] == 0
