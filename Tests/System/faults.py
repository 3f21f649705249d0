"""Faults of disks, memory and system calls: strace that fails chosen calls, a small disk, little memory.

Where the system does not let this be done, the tests that need it are skipped and say why.
"""

import contextlib
import errno
import functools
import os
import re
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import pytest


@functools.cache
def _tracing_refusal() -> str | None:
    if shutil.which("strace") is None:
        return "strace is not installed"
    tried = subprocess.run(["strace", "-D", "-f", "-o", "/dev/null", "true"], capture_output=True)
    return None if tried.returncode == 0 else f"strace may not trace here: {tried.stderr.decode()[:200]}"


def strace(trace: Path, calls: str, *injections: str, path: Path | None = None, named=False) -> list[str]:
    """A command prefix under which the calls are written to `trace` and the injections happen.

    The traced process is the child, so its id and its exit code are the server's. With `path` only
    calls on that file are traced and counted. Calls are counted for each thread. With `named` the
    trace has the paths of descriptors.
    """
    if refusal := _tracing_refusal():
        pytest.skip(refusal)
    prefix = ["strace", "-D", "-f", "-qq", "-o", str(trace)]
    if path is not None:
        prefix += ["-P", str(path)]
    if named:
        prefix.append("-y")
    prefix += ["-e", f"trace={calls}", "-e", "signal=none"]
    for injection in injections:
        prefix += ["-e", f"inject={injection}"]
    return prefix


def calls_by_thread(trace: Path) -> dict[tuple[str, str], int]:
    """How often each thread made each traced call: `{(thread, call): times}`."""
    counts = {}
    for thread, call in re.findall(r"^(\d+) +(\w+)\(", trace.read_text(errors="replace"), re.MULTILINE):
        counts[thread, call] = counts.get((thread, call), 0) + 1
    return counts


class SmallDisk:
    """A file system of a few megabytes, mounted where only processes started with `prefix` see it.

    `path` is the directory as the server names it, `outside` the same as the test sees it.
    """

    def __init__(self, size: str):
        self.path = tempfile.mkdtemp(prefix="nuthatch-disk-")
        script = f'mount -t tmpfs -o size={size} none "{self.path}" && echo mounted && exec cat'
        self._holder = subprocess.Popen(
            ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        if self._holder.stdout.readline() != b"mounted\n":
            reason = self._holder.stderr.read().decode().strip()
            self.close()
            pytest.skip(f"no file system can be mounted here: {reason}")
        self.outside = Path(f"/proc/{self._holder.pid}/root{self.path}")
        self.prefix = ["nsenter", "--user", "--mount", "--preserve-credentials", "-t", str(self._holder.pid), "--"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self) -> None:
        self._holder.kill()
        self._holder.communicate()
        os.rmdir(self.path)

    def free_bytes(self) -> int:
        status = os.statvfs(self.outside)
        return status.f_bavail * status.f_frsize

    @contextlib.contextmanager
    def filled(self, leaving: int):
        """Somebody else's file takes the room but for `leaving` bytes, for the length of a `with` block."""
        ballast = self.outside / "ballast"
        with open(ballast, "wb") as file:
            while (size := self.free_bytes() - leaving) > 0:
                try:
                    os.posix_fallocate(file.fileno(), 0, size)
                    break
                except OSError as error:
                    # The server wrote between the question and the answer: there is less room now.
                    if error.errno != errno.ENOSPC:
                        raise
        try:
            yield
        finally:
            ballast.unlink()


class MemoryGroup:
    """A control group whose processes share so many bytes of memory; those started with `prefix` belong to it.

    Made below the group of the tests themselves, of version 1 or 2 of control groups, whichever has the memory here.
    """

    def __init__(self, limit: int):
        parent, self._version = _memory_group()
        self.path = parent / f"nuthatch-{os.getpid()}"
        try:
            if self._version == 2:
                (parent / "cgroup.subtree_control").write_text("+memory")
            self.path.mkdir()
        except OSError as error:
            pytest.skip(f"no control group can be made in {parent}: {error}")
        try:
            self._set("memory.max" if self._version == 2 else "memory.limit_in_bytes", limit)
            swap = ("memory.swap.max", 0) if self._version == 2 else ("memory.memsw.limit_in_bytes", limit)
            # Where the system counts no swap there is none to be kept from.
            with contextlib.suppress(FileNotFoundError, PermissionError):
                self._set(*swap)
        except OSError as error:
            self.close()
            pytest.skip(f"no control group can be given a limit here: {error}")
        self.prefix = ["sh", "-c", f'echo $$ >"{self.path}/cgroup.procs" && exec "$@"', "sh"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self) -> None:
        """Takes the group away, as soon as its last process is gone."""
        for _ in range(600):
            try:
                return self.path.rmdir()
            except OSError as error:
                if error.errno != errno.EBUSY:
                    raise
            time.sleep(0.1)
        raise AssertionError(f"{self.path} still has processes")

    def kills(self) -> int:
        """How many processes were ended because the memory was short."""
        events = self.path / ("memory.events" if self._version == 2 else "memory.oom_control")
        return int(re.search(r"^oom_kill (\d+)$", events.read_text(), re.MULTILINE)[1])

    def _set(self, name: str, value: int) -> None:
        # Only written, never made.
        with open(self.path / name, "r+") as file:
            file.write(str(value))


def _memory_group() -> tuple[Path, int]:
    """The control group of this process that counts memory, and its version."""
    own = dict(line.split(":", 2)[1:] for line in Path("/proc/self/cgroup").read_text().splitlines())
    mounts = [line.split() for line in Path("/proc/mounts").read_text().splitlines()]
    for controllers, path in own.items():
        if "memory" in controllers.split(","):
            for _, place, kind, options, *_ in mounts:
                if kind == "cgroup" and "memory" in options.split(","):
                    return Path(place + path), 1
    for _, place, kind, *_ in mounts:
        if kind == "cgroup2" and "" in own:
            return Path(place + own[""]), 2
    pytest.skip("no control group counts memory here")
