#!/usr/bin/env python3
"""Measures Nuthatch beside nginx, nchan, Redis and memcached and prints one table.

    python3 Benchmarks/bench.py                      all rows
    python3 Benchmarks/bench.py --rows get,put       some of them
    python3 Benchmarks/bench.py --quick              a minute or two, rough figures
"""

import argparse
import pathlib
import shlex
import signal
import subprocess
import sys
import tempfile

from nuthatch_bench import machine, report
from nuthatch_bench.bench import ALL, Bench
from nuthatch_bench.load import Load
from nuthatch_bench.rows import ROWS
from nuthatch_bench.servers import Nuthatch

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent


def main():
    options = arguments()
    prepare(options)
    this_machine = machine.description()
    machine.allow_descriptors()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    lines = []
    with tempfile.TemporaryDirectory(prefix="nuthatch-bench-") as directory:
        bench = make_bench(options, pathlib.Path(directory))
        with machine.priority(), machine.pinned(bench.cores.load):
            for row in options.rows:
                print(row, file=sys.stderr)
                for line in ROWS[row](bench):
                    line.row = row
                    lines.append(line)
    print(report.markdown(this_machine, lines))
    report.save(options.output, this_machine, {"quick": options.quick, "rounds": options.rounds}, lines, bench.failures)
    for failure in bench.failures:
        print(f"failed: {failure}", file=sys.stderr)
    return 1 if bench.failures else 0


def arguments():
    parser = argparse.ArgumentParser(description="Measure Nuthatch beside its peers on this machine.")
    parser.add_argument("--rows", default=",".join(ROWS), help=f"comma-separated, of: {', '.join(ROWS)}")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of the CPU rows; their median counts")
    parser.add_argument("--quick", action="store_true", help="small sizes and two rounds")
    parser.add_argument("--nuthatch", type=pathlib.Path, default=ROOT / ".build/release/nuthatch")
    parser.add_argument("--nuthatch-args", default="", help="further options for nuthatch serve")
    parser.add_argument("--replay", type=pathlib.Path, default=ROOT / ".build/release/nuthatch-replay")
    parser.add_argument("--traces", type=pathlib.Path, help="a directory of *.trace.xz")
    parser.add_argument("--server-core", type=int)
    parser.add_argument("--load-core", type=int)
    parser.add_argument("--output", type=pathlib.Path, default=HERE / "results/latest.json")
    options = parser.parse_args()
    options.rows = [row for row in options.rows.split(",") if row]
    unknown = [row for row in options.rows if row not in ROWS]
    if unknown:
        parser.error(f"no row {', '.join(unknown)}; there are: {', '.join(ROWS)}")
    if options.quick:
        options.rounds = min(options.rounds, 2)
    if options.rounds < 1:
        parser.error("--rounds must be at least 1")
    return options


def prepare(options):
    """Says clearly what is missing before anything is measured."""
    options.replay = options.replay.resolve()
    if not options.replay.exists():
        sys.exit(f"bench: {options.replay} is missing; build it with: swift build -c release")
    options.output = options.output.resolve()
    Nuthatch.binary = options.nuthatch.resolve()
    Nuthatch.extra = shlex.split(options.nuthatch_args)
    for kind in ALL:
        if kind.path() is None:
            why = f"{Nuthatch.binary} is missing" if kind is Nuthatch else f"{kind.program} is not installed"
            print(f"skipping {kind.name}: {why}", file=sys.stderr)


def make_bench(options, directory):
    cores = machine.Cores(options.server_core, options.load_core)
    traces = options.traces or next(
        (path for path in (HERE / "traces", ROOT.parent / "shared/data") if path.is_dir()), HERE / "traces")
    return Bench(directory, cores, Load(options.replay, cores.load), options.rounds, options.quick, traces)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
    except subprocess.SubprocessError as failure:
        sys.exit(f"bench: {failure}")
