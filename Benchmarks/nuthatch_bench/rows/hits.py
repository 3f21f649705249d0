"""Hit ratio of a cache-aside replay of real traces, at equal memory limits."""

import re
import socket

from ..bench import Line
from ..servers import Nuthatch, Redis
from ..traces import load_traces

POLICIES = {
    Nuthatch: ("s3-fifo", "lru", "lfu"),
    Redis: ("allkeys-lru", "allkeys-lfu"),
}
CONNECTIONS = 8
MB = 1024 * 1024


def measure(bench):
    lines = []
    for trace in load_traces(bench):
        for limit in trace.limits_mb[: bench.size(None, 1)]:
            lines += compared(bench, trace, limit)
    return lines


def compared(bench, trace, limit):
    """A line at equal limits, and one that makes Redis a present of what it uses when empty."""
    equal = {}
    favoured = {}
    for kind in bench.available(*POLICIES):
        for policy in POLICIES[kind]:
            with bench.guarded(f"hits {kind.name} {policy}"):
                equal[f"{kind.name} {policy}"] = replayed(bench, kind, policy, trace, limit)
                if kind is Redis:
                    favoured[f"{kind.name} {policy} +base"] = replayed(bench, kind, policy, trace, limit, favour=True)
    ours = {name: figures for name, figures in equal.items() if name.startswith("nuthatch")}
    return [line(f"hit ratio, {trace.name} at {limit} MB", trace, equal),
            line(f"hit ratio, {trace.name} at {limit} MB beside an empty Redis", trace, ours | favoured)]


def line(what, trace, data):
    cells = {}
    for name, figures in data.items():
        server, policy = name.split()[:2]
        text = f"{figures['hit_ratio'] * 100:.2f} {policy.removeprefix('allkeys-')}"
        cells[server] = f"{cells[server]}, {text}" if server in cells else text
    ours = data.get("nuthatch s3-fifo")
    theirs = [figures["hit_ratio"] for name, figures in data.items() if name.startswith("redis")]
    met = ours["hit_ratio"] > max(theirs) if ours and theirs else None
    return Line(what, f"%, at most {trace.ceiling * 100:.2f}", cells, "above Redis's LRU and LFU", met, data)


def replayed(bench, kind, policy, trace, limit, favour=False):
    with kind(bench.directory, bench.cores.server, max_memory=limit * MB, policy=policy) as server:
        if favour:
            allow_more(server.port, limit * MB)
        figures = bench.load.run(
            server, "--trace", trace.path, "--connections", CONNECTIONS, "--verify", timeout=600)
        bench.say(f"{trace.name} at {limit} MB, {kind.name} {policy}{' and its base' if favour else ''}: "
                  f"{figures['hit_ratio']:.2%}")
        return figures


def allow_more(port, limit):
    """Raises the limit of Redis by the memory it uses now, empty."""
    with socket.create_connection(("127.0.0.1", port), 5) as connection:
        connection.sendall(b"INFO memory\r\n")
        used = re.search(rb"used_memory:(\d+)", connection.recv(65536))
        connection.sendall(b"CONFIG SET maxmemory %d\r\n" % (limit + int(used.group(1))))
        connection.recv(100)
