"""The threads of running processes: what they used, and where they may run."""

import contextlib
import os
import pathlib


def cpu_by_thread(pids):
    """Nanoseconds on a CPU of every thread of these processes, by thread id."""
    used = {}
    for pid in pids:
        for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
            with contextlib.suppress(OSError):
                used[int(task.name)] = int((task / "schedstat").read_text().split()[0])
    return used


def cpu(pids):
    return sum(cpu_by_thread(pids).values())


def pin_busiest(pids, cores):
    """Gives each core one of the threads that worked most: the event loops, after some load."""
    used = cpu_by_thread(pids)
    for core, thread in zip(sorted(cores), sorted(used, key=used.get, reverse=True)):
        os.sched_setaffinity(thread, {core})


def whole_cpu(pid):
    """Seconds that a process has used so far, its threads that have ended too, in ticks of 10 ms."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
