"""Resident memory of the server for each of 10,000 open connections at rest."""

from ..bench import ALL, Line

GOAL = 8192


def measure(bench):
    count = bench.size(10_000, 2_000)
    data = {}
    for kind in bench.available(*ALL):
        with bench.guarded(f"idle {kind.name}"), kind(bench.directory, bench.cores.server) as server:
            figures = bench.load.run(server, "--idle", count)
            data[server.name] = figures
            bench.say(f"{server.name}: {figures['bytes_per_used_connection']:.0f} bytes a connection")
    used = {name: figures["bytes_per_used_connection"] for name, figures in data.items()}
    opened = {name: figures["bytes_per_opened_connection"] for name, figures in data.items()}
    met = used["nuthatch"] <= GOAL if "nuthatch" in used else None
    return [Line("idle connection, after one request", f"bytes, {count:,} connections", as_cells(used),
                 f"≤ {GOAL}", met, data),
            Line("idle connection, never used", f"bytes, {count:,} connections", as_cells(opened))]


def as_cells(values):
    return {name: f"{value:,.0f}" for name, value in values.items()}
