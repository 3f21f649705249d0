"""Clients that write, read and delete at once and enter everything in a ledger."""

import random
import threading
import time

from http_client import Client, key_target
from ledger import Ledger, Operation
from raw_http import Connection, Ended, message

CUT_OFF = ("the stream ended", "reset before", "the server had closed")


class Traffic:
    """Writers on threads of their own for the length of a `with` block, each with choices from one seed.

    Three keep keys for themselves, two share theirs, one appends, one sends bursts, one reads.
    """

    KEYS = 16

    def __init__(self, address, ledger: Ledger, seed: int, largest=20_000):
        self._address = address
        self._ledger = ledger
        self._largest = largest
        self._stopping = threading.Event()
        self._problems: list[str] = []
        tasks = [self._own_keys] * 3 + [self._shared_keys] * 2 + [self._append, self._bursts, self._read]
        self._threads = [
            threading.Thread(target=self._run, args=(task, number, random.Random(f"{seed}.{number}")), daemon=True)
            for number, task in enumerate(tasks)
        ]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stopping.set()
        for thread in self._threads:
            thread.join(timeout=90)
        assert not any(thread.is_alive() for thread in self._threads), "a client hangs"
        assert not self._problems, self._problems

    def _run(self, task, number: int, choices: random.Random) -> None:
        while not self._stopping.is_set():
            try:
                with Client(self._address) as client:
                    while not self._stopping.is_set():
                        task(client, number, choices)
            except (OSError, AssertionError) as broken:
                # A broken connection is no fault of the server's, a flaw in an answer or none at all is.
                if not isinstance(broken, (OSError, Ended)) and not str(broken).startswith(CUT_OFF):
                    self._problems.append(f"{task.__name__}: {broken}")
                    return
                time.sleep(0.005)

    def _write(self, client: Client, key: str, number: int, choices: random.Random) -> None:
        if choices.random() < 0.15:
            operation = self._ledger.delete(key)
            response = client.delete(key)
        else:
            size = choices.choice([0, 10, 100, 4000, choices.randrange(self._largest)])
            operation = self._ledger.put(key, number, size)
            response = client.put(key, operation.value)
        self._entered(operation, response)

    def _entered(self, operation: Operation, response) -> None:
        if self._ledger.answered(operation, response) != "ok":
            time.sleep(0.01)

    def _own_keys(self, client, number, choices):
        self._write(client, f"own-{number}-{choices.randrange(self.KEYS)}", number, choices)

    def _shared_keys(self, client, number, choices):
        self._write(client, f"shared-{choices.randrange(self.KEYS)}", number, choices)

    def _append(self, client, number, choices):
        operation = self._ledger.add(f"added-{choices.randrange(4)}", number)
        self._entered(operation, client.post(operation.key, "op=append", operation.value))

    def _bursts(self, client, number, choices):
        keys = [f"burst-{number}-{place}" for place in range(choices.randrange(2, 20))]
        burst = [self._ledger.put(key, number, choices.choice([0, 600])) for key in keys]
        self._ledger.bursts[:] = [burst]
        with Connection(self._address) as connection:
            connection.send(b"".join(self._put_request(one) for one in burst))
            for operation in burst:
                self._entered(operation, connection.read_response())

    def _put_request(self, operation: Operation) -> bytes:
        host = "Host: {}:{}".format(*self._address)
        length = f"Content-Length: {len(operation.value)}"
        return message(f"PUT {key_target(operation.key)} HTTP/1.1", host, length, body=operation.value)

    def _read(self, client, number, choices):
        keys = self._ledger.keys
        if not keys:
            return
        key = choices.choice(keys)
        response = client.get(key, accept_encoding="identity")
        if response.status == 200:
            self._ledger.saw(key, response.body, time.monotonic())
