"""How long one request waits while ten million keys are loaded and the table grows."""

from ..bench import CACHES, Line
from ..servers import Nginx

# Below what the slowest of the servers can do on one core: a saturated server shows its queue.
RATE = 100_000
PROBE_MS = 1
LIMIT_MS = 2


def measure(bench):
    keys = bench.size(10_000_000, 500_000)
    growing = {}
    steady = {}
    for kind in bench.available(*CACHES):
        with bench.guarded(f"growth {kind.name}"), kind(bench.directory, bench.cores.server) as server:
            growing[server.name] = loaded(bench, server, "fill", keys, keys)
            steady[server.name] = loaded(bench, server, "put", keys, keys // 4)
            bench.say(f"{server.name}, growing: {cell(growing[server.name])}")
            bench.say(f"{server.name}, steady: {cell(steady[server.name])}")
    for kind in bench.available(Nginx):
        with bench.guarded("growth nginx"), kind(bench.directory, bench.cores.server) as server:
            steady[server.name] = loaded(bench, server, "get", keys, keys // 16, rate=RATE // 4, depth=1)
            bench.say(f"nginx, steady: {cell(steady[server.name])}")
    unit = f"ms of a probe: p99, max, pauses over {LIMIT_MS} ms a minute"
    return [Line(f"while {keys:,} keys are loaded", unit, as_cells(growing),
                 f"no pause over {LIMIT_MS} ms by the engine", judged(growing, steady), growing),
            Line("the same rate, no growth", unit, as_cells(steady), "", None, steady)]


def loaded(bench, server, operation, keys, requests, rate=RATE, depth=16):
    """A paced load with a probe beside it."""
    figures = bench.load.run(
        server, "--load", operation, "--keys", keys, "--requests", requests, "--value-size", 64,
        "--connections", 12, "--pipeline", depth, "--rate", rate, "--probe", PROBE_MS, "--max-seconds", 200)
    if figures["requests"] < requests:
        bench.failures.append(f"growth {server.name}: only {figures['requests']:,} of {requests:,} in time")
    return figures


def pauses_a_minute(figures):
    return figures[f"probe_over_{LIMIT_MS}ms"] * 60 / figures["seconds"]


def judged(growing, steady):
    """No pause over the limit; or, on a machine that pauses by itself, no more of them than without
    growth, where neither Nuthatch nor nginx has a table to grow."""
    if "nuthatch" not in growing:
        return None
    own = growing["nuthatch"]
    background = max(pauses_a_minute(steady[name]) for name in ("nuthatch", "nginx") if name in steady)
    return own["probe_max_us"] <= LIMIT_MS * 1000 or pauses_a_minute(own) <= background


def cell(figures):
    return (f"{figures['probe_p99_us'] / 1000:.2f}, {figures['probe_max_us'] / 1000:.2f}, "
            f"{pauses_a_minute(figures):.0f}")


def as_cells(phase):
    return {name: cell(figures) for name, figures in phase.items()}
