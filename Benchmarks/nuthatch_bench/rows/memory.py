"""Resident memory beyond key and value, a key: one million keys in a fresh server."""

import time

from ..bench import CACHES, Line

KEY_BYTES = 14
SIZES = (8, 64, 512)
GOAL = 48


def measure(bench):
    keys = bench.size(1_000_000, 200_000)
    return [line(bench, keys, size) for size in SIZES]


def line(bench, keys, size):
    beyond = {}
    data = {}
    for kind in bench.available(*CACHES):
        with bench.guarded(f"memory {kind.name}"), kind(bench.directory, bench.cores.server) as server:
            figures = fill(bench, server, keys, size)
            growth = figures["server_rss_settled"] - figures["server_rss_empty"]
            beyond[server.name] = growth / keys - KEY_BYTES - size
            data[server.name] = {"bytes_beyond": round(beyond[server.name], 2), "rss": figures["server_rss_settled"]}
            bench.say(f"{size} B {server.name}: {beyond[server.name]:.1f} bytes a key beyond key and value")
    met = beyond["nuthatch"] <= GOAL if "nuthatch" in beyond else None
    cells = {name: f"{value:.1f}" for name, value in beyond.items()}
    return Line(f"memory beyond key and value, {size} B", f"bytes a key, {keys:,} keys", cells, f"≤ {GOAL}", met, data)


def fill(bench, server, keys, size):
    """The server has answered over as many connections before, so that their buffers are there."""
    load = ["--value-size", size, "--keys", keys, "--connections", 8, "--pipeline", 16]
    empty = bench.load.run(server, "--load", "get", *load, "--requests", 2000)
    bench.load.run(server, "--load", "fill", *load)
    time.sleep(1)
    settled = bench.load.run(server, "--load", "get", *load, "--requests", 2000, "--verify")
    if settled["get_misses"]:
        bench.failures.append(f"memory {server.name}: {settled['get_misses']} of 2000 keys were lost")
    return {"server_rss_empty": empty["server_rss"], "server_rss_settled": settled["server_rss"]}
