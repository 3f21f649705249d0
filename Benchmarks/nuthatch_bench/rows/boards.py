"""Server CPU per request on one leaderboard of 100,000 members: a score submitted, a member's rank."""

import contextlib
import urllib.request

from ..bench import Line
from ..load import cpu, median
from ..servers import Nuthatch, Redis
from .throughput import CONNECTIONS, compare, rotated, summary, tail

MEMBERS = 100_000


def submit(bench):
    return row(bench, "put", "submit a score (Redis: ZADD), 50 connections")


def rank(bench):
    return row(bench, "get", "a member's rank (Redis: ZREVRANK), 50 connections")


def row(bench, operation, title):
    """All servers run at once on the same core and take turns, so that noise hits them alike."""
    requests = bench.size(200_000, 40_000)
    load = ["--board", "--keys", MEMBERS]
    runs = {}
    with contextlib.ExitStack() as stack:
        servers = []
        for kind in bench.available(Nuthatch, Redis):
            with bench.guarded(f"starting {kind.name}"):
                server = stack.enter_context(kind(bench.directory, bench.cores.server))
                if kind is Nuthatch:
                    make_board(server)
                bench.load.run(server, "--load", "fill", *load, "--pipeline", 16)
                servers.append(server)
        for turn in range(bench.rounds):
            for server in rotated(servers, turn):
                with bench.guarded(f"{operation} {server.name}"):
                    figures = bench.load.run(
                        server, "--load", operation, *load, "--connections", CONNECTIONS, "--requests", requests,
                        "--warm-up", requests // 20, "--seed", turn + 1)
                    runs.setdefault(server.name, []).append(figures)
                    bench.say(f"round {turn + 1} {server.name}: {cpu(figures):.2f} µs CPU a request")
    cells = {name: f"{median(figures, cpu):.2f}" for name, figures in runs.items()}
    return [Line(title, "µs CPU a request", cells, "beside Redis" + tail(compare(runs, "nuthatch", "redis", cpu)),
                 None, summary(runs))]


def make_board(server):
    """The newest score counts, as it does for ZADD."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{server.port}/v1/leaderboards/race", method="PUT", data=b'{"update":"last"}',
        headers={"Content-Type": "application/json"})
    urllib.request.urlopen(request, timeout=10).close()
