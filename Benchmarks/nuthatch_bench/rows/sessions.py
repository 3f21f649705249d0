"""Server CPU per request on 100,000 sessions of 200 bytes of data: one read, one member changed."""

import contextlib

from ..bench import Line
from ..load import cpu, median
from ..servers import Nuthatch, Redis
from .throughput import CONNECTIONS, compare, rotated, summary, tail

SESSIONS = 100_000


def read(bench):
    return row(bench, "get", "read a session (Redis: HGETALL), 50 connections")


def patch(bench):
    return row(bench, "put", "change one member (Redis: HSET), 50 connections")


def row(bench, operation, title):
    """All servers run at once on the same core and take turns, so that noise hits them alike."""
    requests = bench.size(200_000, 40_000)
    load = ["--session", "--keys", SESSIONS]
    runs = {}
    with contextlib.ExitStack() as stack:
        servers = []
        for kind in bench.available(Nuthatch, Redis):
            with bench.guarded(f"starting {kind.name}"):
                # The load knows its ids: it makes them.
                more = {"client_ids": True} if kind is Nuthatch else {}
                server = stack.enter_context(kind(bench.directory, bench.cores.server, **more))
                bench.load.run(server, "--load", "fill", *load, "--pipeline", 16)
                servers.append(server)
        for turn in range(bench.rounds):
            for server in rotated(servers, turn):
                with bench.guarded(f"{operation} {server.name}"):
                    figures = bench.load.run(
                        server, "--load", operation, *load, "--patch", "--connections", CONNECTIONS, "--requests",
                        requests, "--warm-up", requests // 20, "--seed", turn + 1)
                    runs.setdefault(server.name, []).append(figures)
                    bench.say(f"round {turn + 1} {server.name}: {cpu(figures):.2f} µs CPU a request")
    cells = {name: f"{median(figures, cpu):.2f}" for name, figures in runs.items()}
    return [Line(title, "µs CPU a request", cells, "beside Redis" + tail(compare(runs, "nuthatch", "redis", cpu)),
                 None, summary(runs))]
