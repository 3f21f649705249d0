"""What machine this is, and which of its cores do what."""

import contextlib
import datetime
import os
import pathlib
import platform
import resource


class Cores:
    """One core for the server and one for the load; a machine with a single core shares it."""

    def __init__(self, server=None, load=None):
        allowed = sorted(os.sched_getaffinity(0))
        self.server = {allowed[0] if server is None else server}
        self.load = {allowed[min(1, len(allowed) - 1)] if load is None else load}
        self.all = set(allowed)
        # For rows with two loops: a second pair for the load where there are four cores.
        self.server_pair = set(allowed[:2])
        self.load_pair = set(allowed[2:4]) if len(allowed) >= 4 else self.server_pair


@contextlib.contextmanager
def pinned(cores):
    """Runs the block, and every process started in it, on these cores."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def allow_descriptors():
    """Servers and load inherit the limit; ten thousand connections need it raised."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


@contextlib.contextmanager
def priority(nice=-10):
    """Runs the block, and every process started in it, before other programs. Only root may.

    Where the kernel groups processes by session, a nice value counts within the session only; the
    session has one of its own, which is put back."""
    group = pathlib.Path("/proc/self/autogroup")
    before = None
    with contextlib.suppress(OSError, ValueError):
        os.setpriority(os.PRIO_PROCESS, 0, nice)
        before = int(group.read_text().split()[-1])
        group.write_text(str(nice))
    try:
        yield
    finally:
        if before is not None:
            with contextlib.suppress(OSError):
                group.write_text(str(before))


def description():
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d"),
        "cpu": cpu_model(),
        "cores": os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30, 1),
        "kernel": platform.release(),
        "load_average_at_start": round(os.getloadavg()[0], 2),
    }


def cpu_model():
    with open("/proc/cpuinfo", encoding="utf-8") as lines:
        for line in lines:
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.machine()
