"""Readers of `/v1/events` for the tests: one that reads step by step, checking what it reads."""

import json
import socket
import time
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlencode

READ_DEADLINE = 60.0


@dataclass
class SentEvent:
    """One block of a stream of server-sent events."""

    id: str | None
    event: str
    data: str

    @property
    def json(self):
        return json.loads(self.data)


class StreamEnded(AssertionError):
    """The stream ended where an event was due."""


class Stream:
    """A stream that is open; the head has been read and was a 200."""

    def __init__(self, address, target: str, *, last_event_id=None, token=None, accept=None, body=None, receive=None):
        self.socket = socket.socket()
        if receive:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive)
        self.socket.settimeout(READ_DEADLINE)
        self.socket.connect(address)
        lines = [f"{'GET' if body is None else 'QUERY'} {target} HTTP/1.1", f"Host: 127.0.0.1:{address[1]}"]
        if last_event_id:
            lines.append(f"Last-Event-ID: {last_event_id}")
        if token:
            lines.append(f"Authorization: Bearer {token}")
        if accept:
            lines.append(f"Accept: {accept}")
        if body is not None:
            lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
        self.socket.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + (body or b""))
        self._raw = b""
        self._text = b""
        self.ended = False
        self.id = last_event_id
        while b"\r\n\r\n" not in self._raw:
            self._receive()
        head, _, self._raw = self._raw.partition(b"\r\n\r\n")
        status, *fields = head.decode().split("\r\n")
        self.status = int(status.split()[1])
        self.fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in fields)}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def _receive(self):
        got = self.socket.recv(1 << 16)
        if not got:
            self.ended = True
            raise StreamEnded(f"the stream ended: {self._raw[-200:]!r}")
        self._raw += got

    def _fill(self):
        """Moves one more chunk from the raw bytes to the text."""
        while b"\r\n" not in self._raw:
            self._receive()
        size_text, _, rest = self._raw.partition(b"\r\n")
        size = int(size_text, 16)
        while len(rest) < size + 2:
            self._receive()
            rest = self._raw[len(size_text) + 2 :]
        assert rest[size : size + 2] == b"\r\n", "a chunk is not as long as it says"
        self._raw = rest[size + 2 :]
        if size == 0:
            self.ended = True
            raise StreamEnded("the last chunk came")
        self._text += rest[:size]

    def line(self) -> str:
        """The next line, without its end."""
        while b"\n" not in self._text:
            self._fill()
        line, _, self._text = self._text.partition(b"\n")
        assert not line.endswith(b"\r"), "lines end with LF alone"
        return line.decode()

    def block(self) -> list[str]:
        """The lines up to the next blank one, comments that stand alone left out."""
        lines = []
        while line := self.line():
            lines.append(line)
        return lines

    def next(self) -> SentEvent:
        """The next event that a browser would dispatch."""
        while True:
            found, data, name = None, [], "message"
            for line in self.block():
                field, _, value = line.partition(":")
                value = value.removeprefix(" ")
                if field == "id":
                    found = value
                elif field == "event":
                    name = value
                elif field == "data":
                    data.append(value)
                else:
                    assert field in ("", "retry"), line
            if found is not None:
                self.id = found
            if data:
                return SentEvent(found, name, "\n".join(data))

    def take(self, count: int) -> list[SentEvent]:
        return [self.next() for _ in range(count)]

    def is_quiet(self, seconds=0.15) -> bool:
        """Whether nothing more comes for a moment."""
        if self._raw or self._text:
            return False
        self.socket.settimeout(seconds)
        try:
            return not self.socket.recv(1, socket.MSG_PEEK) and False
        except TimeoutError:
            return True
        finally:
            self.socket.settimeout(READ_DEADLINE)

    def ends(self) -> bool:
        """Whether the stream ends without another event."""
        try:
            while True:
                self.next()
        except StreamEnded:
            return True


def events_target(topics=(), patterns=(), **parameters) -> str:
    pairs = [("topic", topic) for topic in ([topics] if isinstance(topics, str) else topics)]
    pairs += [("match", pattern) for pattern in ([patterns] if isinstance(patterns, str) else patterns)]
    pairs += parameters.items()
    return "/v1/events?" + urlencode(pairs)


def data_of(events) -> list[str]:
    return [event.json["data"] for event in events]


def wait_for(condition, within=90.0):
    """Waits until the condition holds and returns what it gave."""
    deadline = time.monotonic() + within
    while not (value := condition()):
        assert time.monotonic() < deadline, "it did not come true"
        time.sleep(0.01)
    return value


@contextmanager
def stream(address, *topics, **options):
    """A stream of some topics; what is no parameter of the server is one of the reader."""
    own = {name: options.pop(name) for name in ("last_event_id", "token", "accept", "receive") if name in options}
    patterns = options.pop("match", ())
    with Stream(address, events_target(topics, patterns, **options), **own) as opened:
        assert opened.status == 200, opened.status
        yield opened
