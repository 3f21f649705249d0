"""One data directory, the servers that run on it one after the other, and the ledger of its clients."""

import contextlib
import http.client
import json
import time
import urllib.error
import urllib.request
from pathlib import Path

from http_client import Client
from ledger import Ledger
from nuthatch_process import CRASH_SIGNS, NuthatchProcess, StartFailure, run_nuthatch

READY_DEADLINE = 120.0
FLAGS = ("--loops", "2")


class Node:
    """`directory` is the data directory as the server names it, `outside` as the test sees it."""

    def __init__(self, directory, outside=None, prefix=()):
        self.directory = Path(directory)
        self.outside = Path(outside or directory)
        self.prefix = list(prefix)
        self.ledger = Ledger()
        self.process: NuthatchProcess | None = None
        # From the start of the newest process until it was ready, in seconds.
        self.start_seconds = 0.0

    def close(self) -> None:
        if self.process is not None:
            self.process.stop()

    def flags(self, *flags) -> list[str]:
        return ["--data-dir", str(self.directory), *FLAGS, *map(str, flags)]

    def start(self, *flags, prefix=(), ready=True, **options) -> NuthatchProcess:
        """Starts a server on the directory and waits until it takes requests for data."""
        assert self.process is None or self.process.exit_code is not None, "the last one still runs"
        if self.process is not None:
            self.process.stop()
        began = time.monotonic()
        self.process = NuthatchProcess(*self.flags(*flags), prefix=[*self.prefix, *prefix], **options)
        if ready:
            self.wait_until_ready()
            self.start_seconds = time.monotonic() - began
        return self.process

    def try_start(self, *flags, **options) -> str | None:
        """Starts as `start` does; None, or what the server said when it ended with an error instead."""
        try:
            self.start(*flags, **options)
        except StartFailure as failure:
            return str(failure)
        except AssertionError:
            self.ended_by_itself()
            return self.process.errors_text()
        return None

    def ended_by_itself(self, within=60.0) -> str:
        """Asserts that the server ends with an error of its own, and returns what it said."""
        self.process.wait(within)
        self.process.expected_exit_codes = {self.process.exit_code}
        self.process.assert_no_crash()
        assert 0 < self.process.exit_code < 128, self.process.errors_text()
        return self.process.errors_text()

    def refused_start(self, *flags, within=60.0) -> str:
        """Asserts that no server starts on the directory, and returns what it says."""
        ended = run_nuthatch("serve", "--port", "0", *self.flags(*flags), within=within)
        errors = ended.stderr.decode(errors="replace")
        assert ended.returncode > 0, f"exit code {ended.returncode}, stderr: {errors}"
        assert not any(sign in ended.stderr for sign in CRASH_SIGNS), errors
        assert errors.strip(), "refused without saying why"
        return errors

    def readiness(self) -> tuple[int, dict]:
        try:
            with urllib.request.urlopen(f"{self.process.url}/readyz", timeout=60) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as answer:
            return answer.code, json.load(answer)

    def wait_until_ready(self, within=READY_DEADLINE) -> None:
        deadline = time.monotonic() + within
        while True:
            with contextlib.suppress(OSError, http.client.HTTPException, ValueError):
                if self.readiness()[0] == 200:
                    return
            assert self.process.is_alive(), self.process.errors_text()
            assert time.monotonic() < deadline, f"not ready: {self.process.errors_text()}"
            time.sleep(0.005)

    # The files

    def files(self, pattern: str) -> list[Path]:
        return sorted(self.outside.glob(pattern))

    def log_bytes(self) -> int:
        return sum(file.stat().st_size for file in self.files("log-*"))

    # What the server shows

    def client(self) -> Client:
        return Client(self.process.address)

    def values(self) -> dict[str, bytes | None]:
        """All keys of the ledger as the server shows them."""
        with self.client() as client:
            return {key: client.value(key) for key in self.ledger.keys}

    def verify(self) -> None:
        """Asserts that nothing was lost or made up, and goes on from the state that was found."""
        values = self.values()
        violations = self.ledger.violations(values)
        assert not violations, f"{len(violations)} violations: {violations[:8]}"
        self.ledger.settle(values)
