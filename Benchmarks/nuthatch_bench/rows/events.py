"""Events to many readers at once, beside nginx with the nchan module.

A delivery is one event that reached one reader. Both servers send the payload alone (`envelope=none`)."""

from ..bench import Line
from ..load import cpu, median, spread
from ..servers import Nchan, Nuthatch
from .throughput import compare, rotated

PAYLOAD = 64
DELIVERIES = 400_000
# What is aimed at: deliveries a second and CPU a delivery, as shares of nchan's.
RATE_GOALS = {1000: (1.5, 0.67), 100: (1.2, 0.9)}
IDLE = 10_000
IDLE_GOAL = 6144


def measure(bench):
    lines = []
    for readers, (rate_goal, cpu_goal) in RATE_GOALS.items():
        runs = turns(bench, readers)
        rates = {name: f"{median(figures, 'deliveries_per_second'):,.0f}" for name, figures in runs.items()}
        costs = {name: f"{median(figures, cpu):.2f}" for name, figures in runs.items()}
        rate = compare(runs, "nuthatch", "nchan", "deliveries_per_second")
        cost = compare(runs, "nuthatch", "nchan", cpu)
        data = {name: {"rounds": figures, "spread": round(spread(figures, cpu), 4)} for name, figures in runs.items()}
        lines += [
            Line(f"events to {readers:,} readers", "deliveries a second", rates,
                 f"≥ {rate_goal} × nchan" + tail(rate), rate and rate >= rate_goal, data),
            Line(f"events to {readers:,} readers", "µs CPU a delivery", costs,
                 f"≤ {cpu_goal} × nchan" + tail(cost), cost and cost <= cpu_goal),
        ]
    return lines + idle(bench)


def turns(bench, readers):
    """The servers take turns; each round has fresh readers."""
    runs = {}
    events = bench.size(DELIVERIES, DELIVERIES // 4) // readers
    for turn in range(bench.rounds):
        for kind in rotated(bench.available(Nuthatch, Nchan), turn):
            with bench.guarded(f"events {kind.name}"), kind(bench.directory, bench.cores.server) as server:
                figures = bench.load.run(
                    server, "--subscribers", readers, "--events", events, "--window", 4, "--value-size", PAYLOAD,
                    *server.paths())
                runs.setdefault(server.name, []).append(figures)
                bench.say(f"round {turn + 1} {server.name}: {cpu(figures):.2f} µs CPU a delivery, "
                          f"{figures['deliveries_per_second']:,.0f}/s")
    return runs


def idle(bench):
    """Readers at rest, and how long one event takes to the last of them."""
    readers = bench.size(IDLE, 2_000)
    data = {}
    for kind in bench.available(Nuthatch, Nchan):
        with bench.guarded(f"idle readers {kind.name}"), kind(bench.directory, bench.cores.server) as server:
            data[server.name] = bench.load.run(
                server, "--subscribers", readers, "--events", 20, "--window", 1, "--value-size", PAYLOAD,
                *server.paths())
    memory = {name: figures["bytes_per_subscriber"] for name, figures in data.items()}
    met = memory["nuthatch"] <= IDLE_GOAL if "nuthatch" in memory else None
    return [
        Line("idle reader", f"bytes, {readers:,} readers", {name: f"{value:,.0f}" for name, value in memory.items()},
             f"≤ {IDLE_GOAL:,}", met, data),
        Line(f"one event to all of {readers:,} idle readers", "ms to the last, p99",
             {name: f"{figures['last_p99_us'] / 1000:.0f}" for name, figures in data.items()}),
    ]


def tail(ratio):
    return f" (is {ratio:.2f} ×)" if ratio else ""
