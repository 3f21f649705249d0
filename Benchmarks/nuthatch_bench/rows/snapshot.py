"""What a snapshot of ten million keys does to those who write meanwhile, and how much memory it takes.

The load is the same before and during: random keys are overwritten at a steady rate, and a probe reads one key every
millisecond. The snapshot's threads, or Redis's child, run on the server's core. Memory is the resident set, plus what
Redis says that its child made it copy."""

import contextlib
import pathlib
import resource
import time

from ..bench import Line
from ..server import ServerFailed
from ..servers import Nuthatch, Redis
from ..snapshots import snapshots

RATE = 50_000
LATENCY_GOAL = 2.0
MEMORY_GOAL = 1.3
PATIENCE = 240
FIGURES = ("p50_us", "p99_us", "p999_us", "max_us", "probe_p99_us", "probe_max_us", "requests", "seconds",
           "requests_per_second", "refused")


def measure(bench):
    keys = bench.size(10_000_000, 300_000)
    found = {}
    for kind in bench.available(Nuthatch, Redis):
        with bench.guarded(f"snapshot {kind.name}"):
            found[kind.name] = one(bench, kind, keys)
            bench.say(f"{kind.name}: {latency(found[kind.name])}; {memory(found[kind.name])}")
    ours = found.get("nuthatch")
    what = f"snapshot of {keys:,} keys under {RATE:,} writes a second"
    return [Line(what, "ms p99 of writes before → during", {name: latency(one) for name, one in found.items()},
                 f"≤ {LATENCY_GOAL:.0f} × before", ours and ratio(ours, "p99_us") <= LATENCY_GOAL, found),
            Line(what, "GiB resident before → during; seconds", {name: memory(one) for name, one in found.items()},
                 f"≤ {MEMORY_GOAL} × before", ours and ratio(ours, "resident") <= MEMORY_GOAL)]


def one(bench, kind, keys):
    """A fresh server with a log, as one has that keeps snapshots."""
    more = {"more": ["--snapshot-every", "0", "--snapshot-growth", "0", "--no-snapshot-at-stop"]}
    with contextlib.ExitStack() as stack:
        server = kind(bench.directory, bench.cores.server, fsync="everysec", **(more if kind is Nuthatch else {}))
        stack.callback(server.forget)
        stack.enter_context(server)
        fill(bench, server, keys)
        before, _ = loaded(bench, server, keys, bench.size(12, 3))
        during, took = loaded(bench, server, keys, None)
        if during["refused"]:
            bench.say(f"{kind.name}: {during['refused']:,} of {during['requests']:,} writes refused and asked again")
        return {"before": before, "during": during, "seconds": took}


def fill(bench, server, keys, length=64):
    filled = bench.load.run(server, "--load", "fill", "--keys", keys, "--value-size", length, "--connections", 12,
                            "--pipeline", 16, "--again", "--max-seconds", PATIENCE)
    if filled["requests"] - filled["refused"] < keys:
        raise ServerFailed(f"{server.name} took {filled['requests']:,} of {keys:,} keys in {PATIENCE} s")


def loaded(bench, server, keys, seconds):
    """Loads for so many seconds, or for as long as a snapshot takes: what was measured, and how long that was."""
    load = bench.load.begin(
        server, ["--load", "put", "--keys", keys, "--value-size", 64, "--connections", 50, "--requests", 10**9,
                 "--rate", RATE, "--probe", 1, "--again", "--max-seconds", PATIENCE], bench.cores.load)
    try:
        peak, took = watched(server, load, seconds)
    finally:
        load.process.terminate()
        figures = load.figures(30)
    return {key: figures[key] for key in FIGURES} | {"resident": peak}, took


def watched(server, load, seconds):
    """The most memory that was resident, and how long the snapshot took; it begins half a second into the load."""
    asked = snapshots(server)
    began = time.monotonic() + 0.5
    time.sleep(0.5)
    peak = 0
    if seconds is None:
        asked.begin()
    while time.monotonic() - began < (seconds or PATIENCE) and load.process.poll() is None:
        peak = max(peak, resident(server))
        time.sleep(0.1)
        if seconds is None:
            peak = max(peak, resident(server) + asked.copied_bytes())
            if asked.is_done():
                return peak, time.monotonic() - began
    if seconds is None:
        raise ServerFailed(f"{server.name}: no snapshot within {PATIENCE} s")
    return peak, seconds


def resident(server):
    """Of the server's own process; a child's pages are the same ones, but for those that were copied."""
    with contextlib.suppress(OSError):
        pages = pathlib.Path(f"/proc/{server.process.pid}/statm").read_text().split()[1]
        return int(pages) * resource.getpagesize()
    return 0


def ratio(found, key):
    return found["during"][key] / found["before"][key]


def latency(found):
    before, during = found["before"], found["during"]
    return (f"{before['p99_us'] / 1000:.2f} → {during['p99_us'] / 1000:.2f} ({ratio(found, 'p99_us'):.1f} ×), "
            f"probe {before['probe_p99_us'] / 1000:.2f} → {during['probe_p99_us'] / 1000:.2f}, "
            f"max {during['probe_max_us'] / 1000:.0f}")


def memory(found):
    before, during = found["before"]["resident"], found["during"]["resident"]
    return (f"{before / 2**30:.2f} → {during / 2**30:.2f} ({ratio(found, 'resident'):.2f} ×); "
            f"{found['seconds']:.1f} s")
