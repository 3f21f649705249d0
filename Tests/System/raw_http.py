"""A client that sends any bytes and accepts only flawless answers.

Every answer it reads is checked against the rules that hold for all of them (framing, `Date`, the
fields that a status demands, nothing internal in an error), so each test checks them by the way.
"""

import contextlib
import json
import re
import socket
import struct
import time
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime

STATUS_LINE = re.compile(rb"HTTP/1\.1 ([1-5][0-9]{2}) ([\t\x20-\x7e\x80-\xff]*)")
FIELD_LINE = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*([\t\x20-\x7e\x80-\xff]*?)[ \t]*")
CHUNK_SIZE = re.compile(rb"[0-9a-fA-F]{1,16}")
ENTITY_TAG = re.compile(r'(W/)?"[\x21\x23-\x7e\x80-\xff]*"')
IMF_FIXDATE = re.compile(
    r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d "
    r"(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d\d:\d\d:\d\d GMT"
)
PROBLEM_PREFIX = "urn:nuthatch:problem:"
DEMANDED_FIELDS = {
    401: "WWW-Authenticate",
    405: "Allow",
    429: "Retry-After",
    503: "Retry-After",
}
ANSWER_DEADLINE = 60.0
# How far an answer's Date may lie behind its arrival: as long as a busy machine may hold it up.
OLDEST_DATE = 30.0
YOUNGEST_DATE = -3.0
# Shorter than what the server grants an idle connection, so one that it keeps is told from one that it ends.
END_DEADLINE = 30.0


class Violation(AssertionError):
    """The server broke a rule of HTTP."""


class Ended(AssertionError):
    """The connection ended where an answer was due."""


@dataclass
class Response:
    status: int
    fields: list[tuple[str, str]]
    body: bytes = b""
    interim: list[int] = field(default_factory=list)

    def __getitem__(self, name: str) -> str | None:
        """The value of a field, the lines of a repeated one joined; None where it is absent."""
        lines = self.all(name)
        return ", ".join(lines) if lines else None

    def all(self, name: str) -> list[str]:
        return [value for known, value in self.fields if known.lower() == name.lower()]

    @property
    def closes(self) -> bool:
        options = (self["Connection"] or "").lower().split(",")
        return "close" in [option.strip() for option in options]

    @property
    def media_type(self) -> str:
        return (self["Content-Type"] or "").split(";")[0].strip().lower()

    def json(self):
        return json.loads(self.body)

    def json_lines(self) -> list[dict]:
        assert self.media_type == "application/x-ndjson", self
        return [json.loads(line) for line in self.body.decode().split("\n") if line]

    @property
    def problem(self) -> dict:
        """The members of a problem body, after checking its form."""
        assert self.media_type == "application/problem+json", self
        members = self.json()
        assert members["status"] == self.status, self
        assert members["type"].startswith(PROBLEM_PREFIX), self
        return members

    @property
    def slug(self) -> str:
        return self.problem["type"].removeprefix(PROBLEM_PREFIX)


class Connection:
    """One TCP connection; every wait has a deadline."""

    def __init__(self, address, receive_buffer: int | None = None):
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        if receive_buffer is not None:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self._socket.settimeout(ANSWER_DEADLINE)
        self._socket.connect(address)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self) -> None:
        self._socket.close()

    def reset(self) -> None:
        """Ends the connection with RST."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._socket.close()

    def half_close(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)

    # Sending

    def send(self, data: bytes) -> bool:
        """Sends all bytes; False when the peer has already gone."""
        try:
            self._socket.sendall(data)
            return True
        except (BrokenPipeError, ConnectionResetError):
            return False

    def send_in_pieces(self, pieces, pause=0.001) -> bool:
        """Sends each piece as a segment of its own."""
        for piece in pieces:
            if not self.send(piece):
                return False
            time.sleep(pause)
        return True

    def send_byte_by_byte(self, data: bytes, pause=0.0002) -> bool:
        return self.send_in_pieces((data[i : i + 1] for i in range(len(data))), pause)

    # Receiving

    def read_response(self, method="GET", within=ANSWER_DEADLINE) -> Response:
        """Reads one final answer; the status codes of interim ones stand in `interim`."""
        deadline = time.monotonic() + within
        interim = []
        while True:
            response = self._read_one(method, deadline)
            if response.status >= 200:
                response.interim = interim
                return response
            interim.append(response.status)

    def read_interim(self, within=ANSWER_DEADLINE) -> Response:
        return self._read_one("GET", time.monotonic() + within)

    def read_some(self, within: float) -> bytes:
        """What arrives next, b"" at the end of the stream; the deadline raises TimeoutError."""
        if self._buffer:
            data, self._buffer = self._buffer, b""
            return data
        self._socket.settimeout(max(within, 0.001))
        return self._socket.recv(1 << 16)

    def expect_end(self, within=END_DEADLINE) -> None:
        """Asserts that the server ends the stream in order, without another byte and no RST."""
        try:
            data = self.read_some(within)
        except TimeoutError:
            raise Violation("the connection stayed open") from None
        except ConnectionResetError:
            raise Violation("the connection was reset instead of closed") from None
        if data:
            raise Violation(f"bytes where the end was due: {data[:200]!r}")

    def read_until_gone(self, within=END_DEADLINE) -> bytes:
        """All bytes until the connection ends, by whichever way; staying open is a failure."""
        deadline = time.monotonic() + within
        received = bytearray()
        while True:
            try:
                data = self.read_some(deadline - time.monotonic())
            except ConnectionResetError:
                return bytes(received)
            except TimeoutError:
                raise Violation(f"stayed open after {bytes(received[:200])!r}") from None
            if not data:
                return bytes(received)
            received += data

    def wait_for_bytes(self, within=ANSWER_DEADLINE) -> None:
        """Waits until the beginning of an answer is here, and leaves it to be read."""
        assert self._buffer or self._fill(time.monotonic() + within), "the stream ended"

    def expect_silence(self, seconds: float) -> None:
        """Asserts that neither bytes nor the end of the stream come for a while."""
        try:
            data = self.read_some(seconds)
        except TimeoutError:
            return
        raise Violation(f"not silent: {data[:200]!r}")

    def _read_one(self, method: str, deadline: float) -> Response:
        line = self._read_line(deadline, at_start=True)
        match = STATUS_LINE.fullmatch(line)
        if match is None:
            raise Violation(f"no status line: {line[:200]!r}")
        response = Response(int(match[1]), self._read_fields(deadline))
        arrived = time.time()
        _check_framing_fields(response)
        if response.status >= 200:
            self._read_body(response, method, deadline)
            _check_final(response, arrived)
        return response

    def _read_fields(self, deadline: float) -> list[tuple[str, str]]:
        fields = []
        while line := self._read_line(deadline):
            match = FIELD_LINE.fullmatch(line)
            if match is None:
                raise Violation(f"no field line: {line[:200]!r}")
            fields.append((match[1].decode("ascii"), match[2].decode("latin-1")))
        return fields

    def _read_body(self, response: Response, method: str, deadline: float) -> None:
        if method == "HEAD" or response.status in (204, 304):
            return
        if response["Transfer-Encoding"] is not None:
            response.body = self._read_chunks(deadline)
        elif response["Content-Length"] is not None:
            response.body = self._read_exactly(int(response["Content-Length"]), deadline)
        elif response.closes:
            response.body = self._read_to_end(deadline)
        else:
            raise Violation(f"an answer of unknown length on a kept connection: {response}")

    def _read_chunks(self, deadline: float) -> bytes:
        body = b""
        while True:
            size_line = self._read_line(deadline)
            if not CHUNK_SIZE.fullmatch(size_line):
                raise Violation(f"no chunk size: {size_line[:200]!r}")
            size = int(size_line, 16)
            if size == 0:
                self._read_fields(deadline)
                return body
            body += self._read_exactly(size, deadline)
            if self._read_exactly(2, deadline) != b"\r\n":
                raise Violation("chunk data without its CRLF")

    def _read_line(self, deadline: float, at_start=False) -> bytes:
        while b"\n" not in self._buffer:
            if not self._fill(deadline):
                kind = Ended if at_start and not self._buffer else Violation
                raise kind(f"the stream ended in a head, after {self._buffer[:200]!r}")
        line, _, self._buffer = self._buffer.partition(b"\n")
        if not line.endswith(b"\r") or b"\r" in line[:-1]:
            raise Violation(f"a line not ended by exactly CR LF: {line[:200]!r}")
        return line[:-1]

    def _read_exactly(self, count: int, deadline: float) -> bytes:
        pieces, have = [self._buffer], len(self._buffer)
        while have < count:
            self._buffer = b""
            if not self._fill(deadline):
                raise Violation(f"the stream ended after {have} of {count} bytes of a body")
            pieces.append(self._buffer)
            have += len(self._buffer)
        data = b"".join(pieces)
        self._buffer = data[count:]
        return data[:count]

    def _read_to_end(self, deadline: float) -> bytes:
        while self._fill(deadline):
            pass
        data, self._buffer = self._buffer, b""
        return data

    def _fill(self, deadline: float) -> bool:
        self._socket.settimeout(max(deadline - time.monotonic(), 0.001))
        try:
            data = self._socket.recv(1 << 18)
        except TimeoutError:
            raise Violation(f"no answer in time; so far {self._buffer[:200]!r}") from None
        except ConnectionResetError:
            raise Violation(f"reset before the answer; so far {self._buffer[:200]!r}") from None
        self._buffer += data
        return bool(data)


def message(*lines: str | bytes, body: bytes = b"") -> bytes:
    """A request: the lines, each ended by CR LF, an empty line and the body."""
    encoded = (line.encode("latin-1") if isinstance(line, str) else line for line in lines)
    return b"".join(line + b"\r\n" for line in encoded) + b"\r\n" + body


def chunked(*chunks: bytes, end: bytes = b"0\r\n\r\n") -> bytes:
    return b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks) + end


def ask(server, *lines: str | bytes, body: bytes = b"", host=True) -> Response:
    """Sends one request on a connection of its own and reads the answer."""
    with Connection(server.address) as connection:
        named = (f"Host: {server.authority}",) if host else ()
        connection.send(message(lines[0], *named, *lines[1:], body=body))
        method = lines[0].split()[0] if lines[0].split() else "GET"
        return connection.read_response("HEAD" if method in ("HEAD", b"HEAD") else "GET")


def assert_refused(server, data: bytes, status: int, slug: str | None = None) -> Response:
    """Asserts the answer and that nothing behind the refused request is parsed."""
    follow_up = message("GET /healthz HTTP/1.1", f"Host: {server.authority}")
    with Connection(server.address) as connection:
        connection.send(data + follow_up)
        response = connection.read_response()
        assert response.status == status, response
        assert response.closes, response
        assert slug is None or response.slug == slug, response
        assert response.problem
        connection.expect_end()
        return response


def assert_kept(connection: Connection, server) -> None:
    """Asserts that the connection still serves: its next request gets its own answer."""
    assert connection.send(message("GET /healthz HTTP/1.1", f"Host: {server.authority}"))
    response = connection.read_response()
    assert response.status == 200 and not response.closes, response


def _check_framing_fields(response: Response) -> None:
    lengths, codings = response.all("Content-Length"), response.all("Transfer-Encoding")
    if lengths and codings:
        raise Violation(f"a length beside a coding: {response}")
    if lengths and (len(lengths) > 1 or not re.fullmatch(r"0|[1-9]\d*", lengths[0])):
        raise Violation(f"a bad length: {response}")
    if codings and codings != ["chunked"]:
        raise Violation(f"a bad coding: {response}")
    if (response.status < 200 or response.status == 204) and (lengths or codings):
        raise Violation(f"{response.status} with a framing field: {response}")
    if response.status == 304 and codings:
        raise Violation(f"304 with a coding: {response}")


def _check_final(response: Response, arrived: float) -> None:
    for name in ("Date", "Last-Modified", "Expires"):
        value = response[name]
        if value is not None and not IMF_FIXDATE.fullmatch(value):
            raise Violation(f"{name} is no date: {response}")
    if response["Date"] is None:
        raise Violation(f"no Date: {response}")
    if not YOUNGEST_DATE < arrived - parsedate_to_datetime(response["Date"]).timestamp() < OLDEST_DATE:
        raise Violation(f"Date is not now: {response}")
    if response["ETag"] is not None and not ENTITY_TAG.fullmatch(response["ETag"]):
        raise Violation(f"no entity tag: {response}")
    demanded = DEMANDED_FIELDS.get(response.status)
    if demanded and response[demanded] is None:
        raise Violation(f"{response.status} without {demanded}: {response}")
    if response.status >= 400:
        for leak in (b".swift", b"/Sources/", b"0x0000"):
            if leak in response.body:
                raise Violation(f"an error tells internals: {response}")
