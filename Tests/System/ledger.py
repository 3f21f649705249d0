"""What every client knows of its writes, and what a restarted server may therefore show.

Each write carries a value of its own and is entered before it is sent and after its answer. After a
fault the state must be one that these entries allow: every acknowledged write is there, or replaced
by one that began later or was under way beside it; nothing appears that was never sent, and nothing
that was refused. The ledger lives in the testing process, which outlives the server in every fault.
"""

import itertools
import math
import re
import threading
import time
from dataclasses import dataclass, field

from raw_http import Response

POSITION = re.compile(r'"(\d+)\.(\d+)"')
ITEM = re.compile(rb"<(\d+)\.(\d+)>")


@dataclass
class Operation:
    """One write. `value` is None for a deletion; `outcome` is open, ok, fail or unknown."""

    key: str
    value: bytes | None
    began: float
    ended: float = math.inf
    outcome: str = "open"
    position: tuple[int, int] | None = None

    @property
    def may_be_visible(self) -> bool:
        return self.outcome != "fail"


@dataclass
class Ledger:
    """The entries of all clients of one data directory; safe to use from several threads."""

    plain: dict[str, list[Operation]] = field(default_factory=dict)
    added: dict[str, dict[bytes, Operation]] = field(default_factory=dict)
    bursts: list[list[Operation]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _numbers: itertools.count = field(default_factory=lambda: itertools.count(1))

    # Before and after a request

    def put(self, key: str, writer: int, size: int = 0) -> Operation:
        """A write of a value that no other write has, at least `size` bytes long."""
        mark = self._item(writer)
        return self._enter(key, mark + b"." * (size - len(mark)))

    def delete(self, key: str) -> Operation:
        return self._enter(key, None)

    def add(self, key: str, writer: int) -> Operation:
        """A piece to be appended to a value that consists of such pieces."""
        operation = Operation(key, self._item(writer), time.monotonic())
        with self._lock:
            self.added.setdefault(key, {})[operation.value] = operation
        return operation

    def answered(self, operation: Operation, response: Response) -> str:
        """Enters what an answer says of its write, and returns that."""
        operation.ended = time.monotonic()
        operation.outcome = outcome_of(response)
        tag = POSITION.fullmatch(response["ETag"] or "")
        if operation.outcome == "ok" and tag:
            operation.position = (int(tag[1]), int(tag[2]))
        return operation.outcome

    def saw(self, key: str, value: bytes | None, ended: float) -> None:
        """A client was shown this value by an answer that came at `ended`: it may not vanish any more."""
        for operation in list(self.plain.get(key, ())):
            if operation.value == value and value is not None and operation.may_be_visible:
                operation.outcome = "ok"
                operation.ended = min(operation.ended, ended)

    def fault(self) -> None:
        """The server is gone: what has no answer can no longer happen, and may have happened."""
        now = time.monotonic()
        for operation in self._operations():
            if operation.outcome == "open":
                operation.outcome = "unknown"
            operation.ended = min(operation.ended, now)

    # After a restart

    @property
    def keys(self) -> list[str]:
        return [*self.plain, *self.added]

    def violations(self, values: dict[str, bytes | None]) -> list[str]:
        """What these values of all keys break; empty when nothing was lost or made up."""
        plain = (self._plain_violation(key, values[key]) for key in self.plain)
        added = (self._added_violation(key, values[key] or b"") for key in self.added)
        bursts = (self._burst_violation(burst, values) for burst in self.bursts)
        return [found for found in itertools.chain(plain, added, bursts) if found]

    def settle(self, values: dict[str, bytes | None]) -> None:
        """From now on the state is what was seen: an unknown write is in it or not, for good."""
        now = time.monotonic()
        for key in self.plain:
            self.plain[key] = [Operation(key, values[key], now, now, "ok")]
        for pieces in self.added.values():
            for operation in pieces.values():
                if operation.outcome == "unknown":
                    seen = operation.value in (values[operation.key] or b"")
                    operation.outcome = "ok" if seen else "fail"
        self.bursts.clear()

    def prefix_violation(self, values: dict[str, bytes | None]) -> str | None:
        """Why the state is not the fold of a prefix of the log, for keys that were only written and acknowledged."""
        shown_up_to, first_missing = (0, 0), (math.inf, 0)
        for key, operations in self.plain.items():
            if any(operation.position is None for operation in operations):
                continue
            seen = [one for one in operations if one.value == values[key]]
            if values[key] is not None and not seen:
                return f"{key} shows {values[key][:40]!r}, which nobody wrote"
            position = seen[-1].position if seen else (0, 0)
            shown_up_to = max(shown_up_to, position)
            later = [one.position for one in operations if one.position > position]
            first_missing = min([first_missing, *later])
        if first_missing < shown_up_to:
            return f"position {first_missing} is missing although {shown_up_to} is there"
        return None

    def count(self, outcome: str) -> int:
        return sum(operation.outcome == outcome for operation in self._operations())

    # Inside

    def _item(self, writer: int) -> bytes:
        return b"<%d.%d>" % (writer, next(self._numbers))

    def _enter(self, key: str, value: bytes | None) -> Operation:
        operation = Operation(key, value, time.monotonic())
        with self._lock:
            self.plain.setdefault(key, [Operation(key, None, 0, 0, "ok", (0, 0))]).append(operation)
        return operation

    def _operations(self):
        with self._lock:
            plain = [one for operations in self.plain.values() for one in operations]
            return plain + [one for pieces in self.added.values() for one in pieces.values()]

    def _plain_violation(self, key: str, value: bytes | None) -> str | None:
        operations = self.plain[key]
        visible = [one for one in operations if one.may_be_visible]
        newest_start = max((one.began for one in operations if one.outcome == "ok"), default=0)
        allowed = [one for one in visible if one.ended >= newest_start]
        if any(one.value == value for one in allowed):
            return None
        wanted = [(one.value or b"(absent)")[:24] for one in allowed]
        return f"{key} shows {(value or b'(absent)')[:24]!r} where one of {wanted[-6:]} is due"

    def _added_violation(self, key: str, value: bytes) -> str | None:
        pieces = [match[0] for match in ITEM.finditer(value)]
        known = self.added[key]
        if b"".join(pieces) != value:
            return f"{key} holds bytes that are no piece: {value[-60:]!r}"
        if len(set(pieces)) != len(pieces):
            return f"{key} holds a piece twice"
        wrong = [piece for piece in pieces if piece not in known or not known[piece].may_be_visible]
        if wrong:
            return f"{key} holds {wrong[:3]}, never sent or refused"
        there = set(pieces)
        lost = [piece for piece, one in known.items() if one.outcome == "ok" and piece not in there]
        if lost:
            return f"{key} lacks {lost[:3]} and {len(lost) - 1} more"
        began = [known[piece].began for piece in pieces]
        ended = [known[piece].ended for piece in pieces]
        if any(later > end for later, end in zip(itertools.accumulate(began, max), ended)):
            return f"{key} holds its pieces in another order than they were sent"
        return None

    @staticmethod
    def _burst_violation(burst: list[Operation], values: dict[str, bytes | None]) -> str | None:
        """Writes sent in one go on one connection are a prefix of the log's end: no hole among them."""
        there = [values[one.key] == one.value for one in burst if one.may_be_visible]
        if there != sorted(there, reverse=True):
            return f"a burst has a hole: {there}"
        return None


def outcome_of(response: Response) -> str:
    """What an answer to a write says: ok, fail, or unknown for 202 and `applied: unknown`."""
    if response.status == 202:
        return "unknown"
    if response.status == 503:
        return "fail" if response.problem.get("applied") is False else "unknown"
    if response.status < 400 or response.status == 404:
        return "ok"
    if response.status >= 500:
        assert response.status == 507, response
    return "fail"
