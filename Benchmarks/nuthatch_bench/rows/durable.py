"""What keeping the data costs: server CPU per PUT of 64-byte values with a log, and the rate at which a
disk that must confirm every write serves 50 clients.

A disk that holds one sync for over two seconds makes Nuthatch refuse writes meanwhile. They are asked again, and told:
such answers are counted in the cells, and a round in which they were many does not count."""

import contextlib

from ..bench import Line
from ..load import LoadFailed, cpu, median
from ..servers import Nuthatch, Redis
from .throughput import CONNECTIONS, KEYS, VALUE, rotated, summary

GOAL = 1.25
LOAD = ["--value-size", VALUE, "--keys", KEYS, "--again", "--max-seconds", 120]
# Of all answers in a round; more of them would cheapen its requests.
REFUSED_AT_MOST = 0.01


def measure(bench):
    return [everysec(bench), always(bench)]


def everysec(bench):
    """Each server beside itself without a log."""
    runs = in_turns(bench, (None, "everysec"), bench.size(400_000, 60_000))
    cells, ratios = {}, {}
    for kind in bench.available(Nuthatch, Redis):
        plain, kept = runs.get((kind.name, None)), runs.get((kind.name, "everysec"))
        if plain and kept:
            ratios[kind.name] = median(kept, cpu) / median(plain, cpu)
            cells[kind.name] = f"{median(kept, cpu):.2f} ({ratios[kind.name]:.2f} ×){refusals(kept)}"
    ours = ratios.get("nuthatch")
    return Line("PUT 64 B, log synced each second", "µs CPU a request (× without a log)", cells,
                f"≤ {GOAL} × without", ours and ours <= GOAL, summary(named(runs)))


def always(bench):
    """The clock counts here: what is waited for is the disk."""
    runs = in_turns(bench, ("always",), bench.size(40_000, 5_000))
    rates = {name: median(figures, "requests_per_second") for (name, _), figures in runs.items()}
    latency = {name: median(figures, "p99_us") / 1000 for (name, _), figures in runs.items()}
    cells = {name: f"{rate:,.0f} (p99 {latency[name]:.1f} ms){refusals(runs[name, 'always'])}"
             for name, rate in rates.items()}
    ratio = rates["nuthatch"] / rates["redis"] if {"nuthatch", "redis"} <= rates.keys() else None
    goal = "≥ 1.00 × Redis" + (f" (is {ratio:.2f} ×)" if ratio else "")
    return Line("PUT 64 B, synced before each answer", "a second, 50 clients", cells, goal,
                ratio and ratio >= 1.0, summary(named(runs)))


def refusals(rounds):
    """What a cell says of answers that were errors and were asked again."""
    refused = sum(figures["refused"] for figures in rounds)
    return f", {refused:,} refused" if refused else ""


def named(runs):
    return {f"{name} {fsync or 'none'}": figures for (name, fsync), figures in runs.items()}


def in_turns(bench, policies, requests):
    """All variants run at once on the same core and take turns, so that noise hits them alike."""
    runs = {}
    with contextlib.ExitStack() as stack:
        servers = []
        for kind in bench.available(Nuthatch, Redis):
            for fsync in policies:
                with bench.guarded(f"starting {kind.name}"):
                    server = stack.enter_context(kind(bench.directory, bench.cores.server, fsync=fsync))
                    filled = bench.load.run(server, "--load", "fill", *LOAD, "--pipeline", 16)
                    if filled["refused"]:
                        bench.say(f"filling {kind.name} {fsync}: {filled['refused']:,} refused and asked again")
                    servers.append(server)
        for turn in range(bench.rounds):
            for server in rotated(servers, turn):
                with bench.guarded(f"put {server.name} {server.fsync}"):
                    figures = bench.load.run(
                        server, "--load", "put", *LOAD, "--connections", CONNECTIONS, "--requests", requests,
                        "--warm-up", requests // 20, "--seed", turn + 1)
                    if figures["refused"] > REFUSED_AT_MOST * figures["requests"]:
                        raise LoadFailed(f"{figures['refused']:,} of {figures['requests']:,} answers were errors: "
                                         f"{figures['first_refusal'][:60]!r}")
                    runs.setdefault((server.name, server.fsync), []).append(figures)
                    bench.say(f"round {turn + 1} {server.name} {server.fsync or 'without a log'}: "
                              f"{cpu(figures):.2f} µs CPU a request, {figures['requests_per_second']:,.0f}/s"
                              f"{refusals([figures])}")
    return runs
