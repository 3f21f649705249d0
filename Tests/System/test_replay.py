"""The main job on a small scale: a trace made here, replayed cache-aside over real connections."""

import collections
import contextlib
import http.server
import json
import os
import random
import signal
import struct
import subprocess
import threading
from pathlib import Path

import pytest

from event_stream import wait_for
from http_client import Client

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
        capture_output=True, timeout=300, check=False,
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


class Refusing(http.server.BaseHTTPRequestHandler):
    """Refuses every key twice, then stores it."""

    protocol_version = "HTTP/1.1"
    asked = collections.Counter()

    def do_PUT(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.asked[self.path] += 1
        self.send_response(204 if self.asked[self.path] > 2 else 503)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def refusing_server():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Refusing) as server:
        Refusing.asked.clear()
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def fill(url, *flags, **options):
    if not BINARY.exists():
        pytest.skip(f"{BINARY} is not built")
    command = [os.fspath(BINARY), "--load", "fill", "--value-size", "10", "--url", url, "--json", *flags]
    return subprocess.run(command, capture_output=True, timeout=300, check=False, **options)


def test_what_was_refused_is_asked_again_and_told():
    with refusing_server() as url:
        done = fill(url, "--keys", "40", "--connections", "4", "--pipeline", "3", "--again", "--max-seconds", "120")
    figures = json.loads(done.stdout)
    assert done.returncode == 0, done.stderr
    assert (figures["requests"], figures["refused"], figures["asked_again"]) == (120, 80, 80)
    assert len(Refusing.asked) == 40 and set(Refusing.asked.values()) == {3}


def test_without_asking_again_a_refusal_fails_the_load():
    with refusing_server() as url:
        done = fill(url, "--keys", "40", "--connections", "4")
    assert done.returncode == 1 and json.loads(done.stdout)["refused"] == 40


def test_sigterm_ends_a_load_with_the_figures_so_far(start_server):
    server = start_server()
    host, port = server.address
    command = [os.fspath(BINARY), "--load", "put", "--value-size", "10", "--url", f"http://{host}:{port}", "--json",
               "--requests", "1000000000", "--rate", "1000"]
    if not BINARY.exists():
        pytest.skip(f"{BINARY} is not built")
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as load:
        with Client(server.address) as http:
            wait_for(lambda: load.poll() is not None or http.list("limit=1").json()["items"])
        load.send_signal(signal.SIGTERM)
        output, errors = load.communicate(timeout=60)
    assert load.returncode == 0, errors
    assert 0 < json.loads(output)["requests"] < 1_000_000
