"""Running nuthatch-replay, and the figures it prints."""

import json
import statistics
import subprocess

from .machine import pinned


class LoadFailed(Exception):
    """The load could not be run, or a server answered with errors."""


class Load:
    def __init__(self, binary, cores):
        self.binary = str(binary)
        self.cores = cores

    def run(self, server, *options, timeout=300):
        """Points the load at a server and returns its figures."""
        return self.begin(server, options, self.cores).figures(timeout)

    def begin(self, server, options, cores):
        """The same without waiting, for several loads at once."""
        pids = ",".join(str(pid) for pid in server.pids())
        command = [self.binary, *server.target(), "--pid", pids, "--json", *map(str, options)]
        with pinned(cores):
            return Running(server, subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE))


class Running:
    """A load under way."""

    def __init__(self, server, process):
        self.server = server
        self.process = process

    def figures(self, timeout):
        try:
            output, errors = self.process.communicate(timeout=timeout)
        except BaseException as reason:
            self.process.kill()
            self.process.communicate()
            if isinstance(reason, subprocess.TimeoutExpired):
                raise LoadFailed(f"{self.server.name}: no end of the load within {timeout} s") from reason
            raise
        self.server.check_alive()
        if self.process.returncode != 0:
            raise LoadFailed(f"{self.server.name}: {errors.decode(errors='replace').strip() or complaint(output)}")
        return json.loads(output)


def complaint(output):
    """Why the load was not content, from its figures."""
    try:
        figures = json.loads(output)
    except ValueError:
        return "the load failed without a word"
    if figures.get("mismatches"):
        return f"{figures['mismatches']} values were not those that were stored"
    return f"{figures.get('refused')} answers were errors, the first: {figures.get('first_refusal', '')[:120]!r}"


def cpu(figures):
    """Server CPU per request in µs: utime + stime of all threads, from the scheduler's count in
    nanoseconds where there is one, else in ticks of 10 ms."""
    return figures.get("server_task_cpu_us_per_request", figures["server_cpu_us_per_request"])


def median(runs, key):
    pick = key if callable(key) else (lambda figures: figures[key])
    return statistics.median(pick(figures) for figures in runs)


def spread(runs, key):
    """How far the rounds lie apart: (max - min) / median."""
    pick = key if callable(key) else (lambda figures: figures[key])
    values = [pick(figures) for figures in runs]
    return (max(values) - min(values)) / (statistics.median(values) or 1)
