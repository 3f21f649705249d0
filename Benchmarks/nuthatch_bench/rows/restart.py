"""How long a server takes to load what it kept: ten million small keys, from a snapshot and from the log.

Any core of the machine may be used, and what is read is in the page cache. Beside the time from the start of the
process to the first answer about data stands the rate of one core: keys by the processor time that all threads used
until then.

Then the log alone, of a million values of 1 KiB: seconds for each GiB of it."""

import contextlib
import time

from .. import threads
from ..bench import Line
from ..load import LoadFailed
from ..server import ServerFailed
from ..servers import Nuthatch, Redis
from ..snapshots import snapshots
from .snapshot import PATIENCE, fill

QUIET = ["--snapshot-every", "0", "--snapshot-growth", "0", "--no-snapshot-at-stop"]


def measure(bench):
    keys = bench.size(10_000_000, 300_000)
    found = {"snapshot": {}, "log": {}}
    for kind in bench.available(Nuthatch, Redis):
        with bench.guarded(f"restart {kind.name}"):
            for source, figures in both(bench, kind, keys):
                found[source][kind.name] = figures
                bench.say(f"{kind.name} from its {source}: {cell(figures)}")
    return [line(keys, source, found[source]) for source in found] + [log_of_values(bench)]


def line(keys, source, found):
    what = {"snapshot": "a snapshot (Redis: RDB)", "log": "the log (Redis: AOF)"}[source]
    met, goal = None, ""
    if source == "snapshot" and found.keys() >= {"nuthatch", "redis"}:
        ours, theirs = found["nuthatch"]["keys_a_core_second"], found["redis"]["keys_a_core_second"]
        met, goal = ours >= theirs, f"≥ 1.00 × Redis a core (is {ours / theirs:.2f} ×)"
    return Line(f"restart with {keys:,} keys from {what}", "seconds; million keys a second of one core",
                {name: cell(figures) for name, figures in found.items()}, goal, met, found)


def log_of_values(bench):
    """A log whose bytes are values: what a start takes for each GiB."""
    keys, length = bench.size(1_000_000, 50_000), 1024
    found = {}
    for kind in bench.available(Nuthatch, Redis):
        with bench.guarded(f"restart from a log {kind.name}"):
            server = made(bench, kind)
            try:
                server.start()
                fill(bench, server, keys, length)
                stop(server)
                found[kind.name] = restarted(bench, server, keys, length)
            finally:
                server.stop()
                server.forget()
            # The values alone: what a record has besides is some hundredth.
            found[kind.name]["seconds_a_gib"] = found[kind.name]["seconds"] / (keys * length / (1 << 30))
            bench.say(f"{kind.name} from a log of {length} byte values: {found[kind.name]['seconds_a_gib']:.2f} s a GiB")
    met, goal = None, ""
    if "nuthatch" in found:
        ours = found["nuthatch"]["seconds_a_gib"]
        met, goal = ours <= 2, f"≤ 2 s a GiB of log (is {ours:.2f})"
    cells = {name: f"{figures['seconds_a_gib']:.2f}" for name, figures in found.items()}
    return Line(f"restart with {keys:,} keys of 1 KiB from the log", "seconds a GiB of values", cells, goal, met, found)


def made(bench, kind):
    return kind(bench.directory, bench.cores.all, fsync="everysec", **({"more": QUIET} if kind is Nuthatch else {}))


def cell(figures):
    return f"{figures['seconds']:.1f} s; {figures['keys_a_core_second'] / 1e6:.2f}"


def both(bench, kind, keys):
    """From the log, then from a snapshot made of what was loaded."""
    server = made(bench, kind)
    try:
        server.start()
        fill(bench, server, keys)
        stop(server)
        yield "log", restarted(bench, server, keys)
        snapshot = snapshots(server)
        snapshot.begin()
        wait(server, snapshot.is_written)
        stop(server)
        if kind is Redis:
            server.fsync = None
        yield "snapshot", restarted(bench, server, keys)
    finally:
        server.stop()
        server.forget()


def stop(server):
    """In order, however long that takes."""
    server.process.terminate()
    with contextlib.suppress(Exception):
        server.process.wait(60)
    server.stop()


def restarted(bench, server, keys, length=64):
    began = time.monotonic()
    server.start()
    wait(server, snapshots(server).is_loaded)
    seconds = time.monotonic() - began
    used = threads.whole_cpu(server.process.pid)
    found = bench.load.run(
        server, "--load", "get", "--keys", keys, "--value-size", length, "--requests", 20_000, "--verify")
    if found["get_misses"]:
        raise LoadFailed(f"{server.name}: {found['get_misses']:,} of 20,000 keys were not there after its restart")
    return {"seconds": seconds, "core_seconds": used, "keys_a_core_second": keys / used, "cores": len(server.cores)}


def wait(server, is_so):
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        server.check_alive()
        if time.monotonic() > deadline:
            raise ServerFailed(f"{server.name}: not done within {PATIENCE} s")
        time.sleep(0.02)
