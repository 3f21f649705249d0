"""From the start of the process to its first answer."""

import socket
import statistics
import time

from ..bench import ALL, Line
from ..server import START_TIMEOUT, ServerFailed
from ..servers import Nuthatch

GOAL_MS = 100
QUESTIONS = {
    "nuthatch": (b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n", b"HTTP/1.1 200"),
    "nginx": (b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", b"HTTP/1.1 200"),
    "redis": (b"PING\r\n", b"+PONG"),
    "memcached": (b"version\r\n", b"VERSION"),
}


def measure(bench):
    times = {}
    starts = bench.size(10, 4)
    for turn in range(starts):
        for kind in bench.available(*ALL):
            with bench.guarded(f"start {kind.name}"):
                times.setdefault(kind.name, []).append(first_answer(bench, kind))
    middle = {name: statistics.median(values) for name, values in times.items()}
    for name, value in middle.items():
        bench.say(f"{name}: {value:.1f} ms")
    met = middle["nuthatch"] <= GOAL_MS if "nuthatch" in middle else None
    return [Line("start to first answer", f"ms, median of {starts}",
                 {name: f"{value:.1f}" for name, value in middle.items()}, f"≤ {GOAL_MS}", met,
                 {name: {"ms": [round(value, 2) for value in values]} for name, values in times.items()})]


def first_answer(bench, kind):
    """In milliseconds. The port is chosen beforehand, so that nothing but the answer is waited for."""
    server = kind(bench.directory, bench.cores.server)
    if kind is Nuthatch:
        server.wanted_port = server.port
    question, answer = QUESTIONS[kind.name]
    began = time.monotonic()
    try:
        server.spawn()
        while time.monotonic() - began < START_TIMEOUT:
            if answers(server.port, question, answer):
                return (time.monotonic() - began) * 1000
            server.check_alive()
            time.sleep(0.0002)
        raise ServerFailed(f"{kind.name} gave no answer within {START_TIMEOUT:.0f} s")
    finally:
        server.stop()


def answers(port, question, answer):
    try:
        with socket.create_connection(("127.0.0.1", port), 2) as connection:
            connection.sendall(question)
            return connection.recv(4096).startswith(answer)
    except OSError:
        return False
