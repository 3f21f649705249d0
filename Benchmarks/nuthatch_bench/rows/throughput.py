"""Server CPU per request: GET, PUT and pipelined GET of 64-byte values among 100,000 keys."""

import contextlib

from ..bench import ALL, CACHES, Line
from ..load import cpu, median, spread
from ..servers import Nginx

KEYS = 100_000
VALUE = 64
CONNECTIONS = 50
USER_GOAL = 0.7


def get(bench):
    runs = interleaved(bench, ALL, "get", bench.size(400_000, 60_000))
    cells = {name: f"{median(figures, cpu):.2f}" for name, figures in runs.items()}
    ratio = compare(runs, "nuthatch", "nginx", cpu)
    return [Line("GET 64 B, 50 connections", "µs CPU a request", cells, "≤ 1.10 × nginx" + tail(ratio),
                 ratio and ratio <= 1.10, summary(runs))]


def put(bench):
    runs = interleaved(bench, CACHES, "put", bench.size(400_000, 60_000))
    cells = {name: f"{median(figures, cpu):.2f}" for name, figures in runs.items()}
    ratio = compare(runs, "nuthatch", "redis", cpu)
    return [Line("PUT 64 B, 50 connections", "µs CPU a request", cells, "≤ 1.00 × Redis" + tail(ratio),
                 ratio and ratio <= 1.00, summary(runs))]


def pipelined(bench):
    runs = interleaved(bench, ALL, "get", bench.size(1_000_000, 300_000), "--pipeline", 16)
    rate = {name: median(figures, per_core) for name, figures in runs.items()}
    user = {name: median(figures, "server_user_us_per_request") for name, figures in runs.items()}
    ratio = compare(runs, "nuthatch", "redis", per_core)
    rates = Line("GET 64 B, 16 pipelined", "million a second of one core",
                 {name: f"{value / 1e6:.3f}" for name, value in rate.items()},
                 "≥ 1.00 × Redis" + tail(ratio), ratio and ratio >= 1.00, summary(runs))
    users = Line("GET 64 B, 16 pipelined", "µs user time a request",
                 {name: f"{value:.2f}" for name, value in user.items()},
                 f"≤ {USER_GOAL} µs", user["nuthatch"] <= USER_GOAL if "nuthatch" in user else None)
    return [rates, users]


def per_core(figures):
    """Requests a second that one fully used core serves: steadier than the rate of the clock."""
    return 1e6 / cpu(figures)


def interleaved(bench, kinds, operation, requests, *options):
    """All servers run at once on the same core and take turns, so that noise hits them alike."""
    load = ["--value-size", VALUE, "--keys", KEYS]
    runs = {}
    with contextlib.ExitStack() as stack:
        servers = []
        for kind in bench.available(*kinds):
            with bench.guarded(f"starting {kind.name}"):
                server = stack.enter_context(kind(bench.directory, bench.cores.server))
                if kind is not Nginx:
                    bench.load.run(server, "--load", "fill", *load, "--pipeline", 16)
                servers.append(server)
        for turn in range(bench.rounds):
            for server in rotated(servers, turn):
                with bench.guarded(f"{operation} {server.name}"):
                    figures = bench.load.run(
                        server, "--load", operation, *load, "--connections", CONNECTIONS, "--requests", requests,
                        "--warm-up", requests // 20, "--seed", turn + 1, *options)
                    runs.setdefault(server.name, []).append(figures)
                    bench.say(f"round {turn + 1} {server.name}: {cpu(figures):.2f} µs CPU a request, "
                              f"{figures['requests_per_second']:,.0f}/s")
    return runs


def rotated(items, by):
    by %= max(len(items), 1)
    return items[by:] + items[:by]


def compare(runs, ours, theirs, key):
    if ours not in runs or theirs not in runs:
        return None
    return median(runs[ours], key) / median(runs[theirs], key)


def tail(ratio):
    return f" (is {ratio:.2f} ×)" if ratio else ""


def summary(runs):
    keys = ["server_user_us_per_request", "server_system_us_per_request", "server_cpu_us_per_request",
            "requests_per_second", "p50_us", "p99_us", "p999_us", "max_us"]
    return {name: {"cpu_us_per_request": median(figures, cpu), "spread": round(spread(figures, cpu), 4),
                   "rounds": [round(cpu(one), 4) for one in figures],
                   **{key: median(figures, key) for key in keys}}
            for name, figures in runs.items()}
