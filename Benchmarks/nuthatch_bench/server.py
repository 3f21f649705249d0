"""Starting and stopping the servers: each pinned, on a free loopback port, with its files in a
temporary directory, ended by process id."""

import contextlib
import os
import pathlib
import shutil
import socket
import subprocess
import time

from .machine import pinned

START_TIMEOUT = 20.0


class ServerFailed(Exception):
    """The server did not start, or ended by itself."""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """What all servers share. A subclass says which program it is and what its command line is."""

    name = ""
    program = ""

    def __init__(self, directory, cores):
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.cores = cores
        self.port = free_port()
        self.process = None

    @classmethod
    def path(cls):
        """Where the program is, or None; Debian keeps servers in sbin."""
        return shutil.which(cls.program, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")

    def command(self):
        raise NotImplementedError

    def target(self):
        """The options that point nuthatch-replay at this server."""
        raise NotImplementedError

    def spawn(self):
        self.log = self.directory / f"{self.name}-{self.port}.log"
        with open(self.log, "wb") as log, pinned(self.cores):
            self.process = subprocess.Popen(
                self.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, cwd=self.directory)

    def start(self):
        self.spawn()
        self.wait_until_listening()
        return self

    def wait_until_listening(self):
        deadline = time.monotonic() + START_TIMEOUT
        while time.monotonic() < deadline:
            self.check_alive()
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            time.sleep(0.01)
        raise ServerFailed(f"{self.name} did not listen within {START_TIMEOUT:.0f} s")

    def check_alive(self):
        if self.process.poll() is not None:
            raise ServerFailed(f"{self.name} ended with {self.process.returncode}: {self.last_words()}")

    def last_words(self):
        return self.log.read_text(errors="replace").strip()[-300:]

    def pids(self):
        """The process and its children, such as the workers of nginx."""
        pid = self.process.pid
        children = pathlib.Path(f"/proc/{pid}/task/{pid}/children")
        return [pid] + [int(child) for child in children.read_text().split()]

    def stop(self):
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.stop()
            raise

    def __exit__(self, *_):
        self.stop()
