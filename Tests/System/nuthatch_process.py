"""Starts, watches and stops the real server binary."""

import contextlib
import os
import random
import re
import resource
import signal
import socket
import subprocess
import tempfile
import threading
import time
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
LISTENING = re.compile(rb"nuthatch: listening on http://(\S+):(\d+)")
START_DEADLINE = 60.0
STOP_DEADLINE = 60.0

CRASH_SIGNS = (
    b"Fatal error",
    b"Program crashed",
    b"Illegal instruction",
    b"Segmentation fault",
    b"stack smashing",
    b"double free",
    b"AddressSanitizer",
    b"ThreadSanitizer",
)

# Every process that was started and not yet stopped; looked at after each test.
running_processes: list["NuthatchProcess"] = []


class StartFailure(AssertionError):
    """The server ended, or stayed silent, instead of listening."""


def binary() -> Path:
    named = os.environ.get("NUTHATCH_BIN", REPOSITORY / ".build/release/nuthatch")
    return Path(named).absolute()


def clean_environment(changes: dict[str, str] | None = None) -> dict[str, str]:
    """The caller's environment without anything that configures Nuthatch, plus the changes."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("NUTHATCH_") and name != "SWIFT_DETERMINISTIC_HASHING"
    }
    return kept | {"SWIFT_BACKTRACE": "interactive=no,color=no"} | (changes or {})


def run_nuthatch(*arguments, env=None, stdin=b"", within=60.0) -> subprocess.CompletedProcess:
    """Runs the binary to its end: for the client commands and for servers that must not start."""
    try:
        return subprocess.run(
            [str(binary()), *map(str, arguments)],
            env=clean_environment(env),
            input=stdin,
            capture_output=True,
            timeout=within,
        )
    except subprocess.TimeoutExpired as expired:
        raise AssertionError(f"nuthatch {' '.join(map(str, arguments))} did not end") from expired


def refused_start(*flags, env=None, within=60.0) -> str:
    """Asserts that `serve` with these flags ends by itself with an error, and returns the error."""
    ended = run_nuthatch("serve", *flags, env=env, within=within)
    errors = ended.stderr.decode(errors="replace")
    assert ended.returncode > 0, f"exit code {ended.returncode}, stderr: {errors}"
    assert not any(sign in ended.stderr for sign in CRASH_SIGNS), errors
    assert errors.strip(), "refused without saying why"
    return errors


class NuthatchProcess:
    """One running server.

    `host` and `port` become flags; None leaves the flag out, for tests of the environment and of
    the configuration file. `open_files` and `file_size` are limits the process gets, of descriptors
    and of bytes in a file; `prefix` is a command that runs the server, as strace does.
    """

    def __init__(
        self, *flags, env=None, host="127.0.0.1", port=0, open_files=None, file_size=None, prefix=()
    ):
        arguments = [*prefix, str(binary()), "serve"]
        if host is not None:
            arguments += ["--host", host]
        if port is not None:
            arguments += ["--port", str(port)]
        arguments += map(str, flags)
        self.arguments = arguments
        self.exit_code: int | None = None
        self.expected_exit_codes = {0}
        self._errors = tempfile.TemporaryFile()
        self._output = bytearray()
        self._listening = threading.Event()
        self._process = subprocess.Popen(
            arguments,
            env=clean_environment(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            preexec_fn=_limiter({resource.RLIMIT_NOFILE: open_files, resource.RLIMIT_FSIZE: file_size}),
        )
        running_processes.append(self)
        self._reader = threading.Thread(target=self._read_output, daemon=True)
        self._reader.start()
        self._wait_until_listening()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def authority(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.authority}"

    @property
    def output(self) -> bytes:
        return bytes(self._output)

    @property
    def errors(self) -> bytes:
        return os.pread(self._errors.fileno(), 1 << 24, 0)

    def is_alive(self) -> bool:
        return self._process.poll() is None

    def descriptors(self) -> int:
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def resident_bytes(self) -> int:
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) * 1024

    def cpu_seconds(self) -> float:
        after_name = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(after_name[11]) + int(after_name[12])) / os.sysconf("SC_CLK_TCK")

    def signal(self, number: int) -> None:
        self._process.send_signal(number)

    def wait(self, within=STOP_DEADLINE) -> int:
        """Waits for the end of the process; a process that does not end is killed and reported."""
        try:
            self.exit_code = self._process.wait(timeout=within)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self.exit_code = self._process.wait()
            raise AssertionError(f"the server did not end within {within} s") from None
        finally:
            self._reader.join(timeout=60)
            with contextlib.suppress(ValueError):
                running_processes.remove(self)
        return self.exit_code

    def stop(self) -> None:
        """Asks the server to stop and asserts that it does so in order and has not crashed."""
        if self.exit_code is None:
            self.signal(signal.SIGTERM)
            self.wait()
        self.assert_no_crash()
        assert self.exit_code in self.expected_exit_codes, f"exit code {self.exit_code}: {self.errors_text()}"

    def kill(self) -> None:
        """Ends the process at once, as a crash would."""
        self.signal(signal.SIGKILL)
        self.wait_for_kill()

    def wait_for_kill(self, within=STOP_DEADLINE) -> None:
        """Waits until somebody has killed the process."""
        self.expected_exit_codes = {-signal.SIGKILL, 128 + signal.SIGKILL}
        self.wait(within)

    def assert_no_crash(self) -> None:
        found = [sign for sign in CRASH_SIGNS if sign in self.errors]
        assert not found, self.errors_text()

    def _wait_until_listening(self) -> None:
        deadline = time.monotonic() + START_DEADLINE
        while not self._listening.wait(timeout=0.01):
            if not self.is_alive() or time.monotonic() > deadline:
                break
        if not self.is_alive():
            # All that it still said is read.
            self._reader.join(timeout=10)
        match = LISTENING.search(self.output)
        if match is None:
            self._process.kill()
            self.wait()
            raise StartFailure(f"{' '.join(self.arguments)}\n{self.errors_text()}")
        self.port = int(match[2])
        self.address = ("127.0.0.1", self.port)

    def _read_output(self) -> None:
        for line in self._process.stdout:
            self._output += line
            if LISTENING.search(line):
                self._listening.set()
        self._process.stdout.close()

    def errors_text(self) -> str:
        return self.errors.decode(errors="replace")[-4000:]


@contextlib.contextmanager
def running(*flags, **options):
    """A server for the length of a `with` block, stopped and examined at its end."""
    process = NuthatchProcess(*flags, **options)
    try:
        yield process
    finally:
        process.stop()


def settled(measure, expected, within=30.0):
    """The measure once it has come back to what is expected, or its last value."""
    deadline = time.monotonic() + within
    while (value := measure()) > expected and time.monotonic() < deadline:
        time.sleep(0.05)
    return value


def free_port() -> int:
    """A port that nobody listens on, and that no connection or server of another is given by chance."""
    lowest = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    choices = random.SystemRandom()
    while True:
        port = choices.randrange(10_000, lowest) if lowest > 11_000 else 0
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return probe.getsockname()[1]


def _limiter(limits: dict):
    """What a new process does first; None for nothing: Python code between fork and exec is not safe beside threads."""
    wanted = {limit: value for limit, value in limits.items() if value is not None}
    if not wanted:
        return None

    def set_limits():
        for limit, value in wanted.items():
            resource.setrlimit(limit, (value, value))

    return set_limits
