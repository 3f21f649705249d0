"""What two event loops in one server cost more than two servers of one loop each.

Both variants use the same two cores, with one loop pinned to each, and the same four loads, so a
request costs the same but for what the loops of one server share."""

import contextlib
import statistics

from .. import threads
from ..bench import Line
from ..servers import Memcached, Nginx, Nuthatch
from .throughput import KEYS, VALUE, rotated

GOAL = 1.10
CONNECTIONS = 12
COUNT_OPTION = {Nuthatch: "loops", Nginx: "workers", Memcached: "threads"}


def measure(bench):
    seconds = bench.size(4, 1)
    runs = {}
    with contextlib.ExitStack() as stack:
        variants = []
        for kind in bench.available(*COUNT_OPTION):
            with bench.guarded(f"starting {kind.name}"):
                variants.append((kind.name, "one", one_loop_each(bench, stack, kind)))
                variants.append((kind.name, "two", [two_loops(bench, stack, kind)]))
        for turn in range(bench.rounds):
            for name, loops, servers in rotated(variants, turn):
                with bench.guarded(f"loops {name}"):
                    cost = under_load(bench, servers, seconds)
                    runs.setdefault(name, {}).setdefault(loops, []).append(cost)
                    bench.say(f"round {turn + 1} {name}, {loops}: {cost:.2f} µs CPU a request")
    return [line(runs)]


def one_loop_each(bench, stack, kind):
    return [started(bench, stack, kind, {core}, 1) for core in sorted(bench.cores.server_pair)]


def two_loops(bench, stack, kind):
    server = started(bench, stack, kind, bench.cores.server_pair, 2)
    under_load(bench, [server], 0.5)
    threads.pin_busiest(server.pids(), bench.cores.server_pair)
    return server


def started(bench, stack, kind, cores, count):
    server = stack.enter_context(kind(bench.directory, cores, **{COUNT_OPTION[kind]: count}))
    if kind is not Nginx:
        bench.load.run(server, "--load", "fill", "--keys", KEYS, "--value-size", VALUE, "--pipeline", 16)
    return server


def under_load(bench, servers, seconds):
    """Two loads from each core, spread over the servers; server CPU per request in µs."""
    options = ["--load", "get", "--keys", KEYS, "--value-size", VALUE, "--connections", CONNECTIONS,
               "--requests", 10**9, "--max-seconds", seconds]
    pids = [pid for server in servers for pid in server.pids()]
    before = threads.cpu(pids)
    running = [bench.load.begin(servers[number % len(servers)], options, {core})
               for core in sorted(bench.cores.load_pair) for number in range(2)]
    requests = sum(load.figures(timeout=60)["requests"] for load in running)
    return (threads.cpu(pids) - before) / 1000 / requests


def line(runs):
    cells = {}
    data = {}
    for name, costs in runs.items():
        if len(costs) == 2:
            one, two = statistics.median(costs["one"]), statistics.median(costs["two"])
            cells[name] = f"{two / one:.2f} ({one:.2f} → {two:.2f} µs)"
            data[name] = {"ratio": two / one, **{loops: [round(cost, 3) for cost in costs[loops]] for loops in costs}}
    met = data["nuthatch"]["ratio"] <= GOAL if "nuthatch" in data else None
    return Line("two loops against one", "× CPU a request", cells, f"≤ {GOAL:.2f}", met, data)
