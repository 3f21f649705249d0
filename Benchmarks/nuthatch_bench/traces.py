"""Request traces: 32-bit big-endian keys, one after the other, xz-compressed.

They are no part of the source tree. Where there are none a made-up trace stands in, which says
less: real requests have bursts and scans, made-up ones have not."""

import array
import dataclasses
import lzma
import pathlib
import subprocess
import sys

LIMITS_MB = {"web07": (2, 4), "orm-night": (4, 8), "zipf": (2, 4)}
QUICK_KEYS = 200_000


@dataclasses.dataclass
class Trace:
    name: str
    path: pathlib.Path
    limits_mb: tuple
    ceiling: float


def load_traces(bench):
    """The traces in the directory, unpacked into the temporary one; cut short for a quick run."""
    packed = sorted(bench.traces.glob("*.trace.xz"), key=lambda path: path.stat().st_size)
    found = [unpacked(bench, path) for path in packed]
    if not found:
        bench.say(f"no *.trace.xz in {bench.traces}: a made-up trace stands in")
        found = [made_up(bench)]
    return found


def unpacked(bench, source):
    name = source.name.removesuffix(".trace.xz")
    keys = lzma.decompress(source.read_bytes())
    if bench.quick:
        keys = keys[: 4 * QUICK_KEYS]
    path = bench.directory / f"{name}.trace"
    path.write_bytes(keys)
    return described(name, path, keys)


def made_up(bench):
    path = bench.directory / "zipf.trace"
    recipe = f"zipf:30000:{bench.size(1_000_000, QUICK_KEYS)}:0.9"
    subprocess.run([bench.load.binary, "--synthetic", recipe, "--output", str(path)], check=True, timeout=120)
    return described("zipf", path, path.read_bytes())


def described(name, path, packed):
    keys = array.array("I", packed)
    if sys.byteorder == "little":
        keys.byteswap()
    ceiling = 1 - len(set(keys)) / len(keys)
    return Trace(name, path, LIMITS_MB.get(name, (4, 8)), ceiling)
