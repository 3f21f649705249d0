"""Where the kernel cuts the stream never changes an answer."""

import pytest

from raw_http import Connection

VOLATILE = {"date", "etag", "last-modified", "age", "nuthatch-ttl", "expires", "cache-status"}

HOST = b"Host: localhost\r\n"
PLAIN_GET = b"GET /v1/keys/split HTTP/1.1\r\n" + HOST + b"X-A: \tb c \r\nAccept: */*\r\n\r\n"
PUT = b"PUT /v1/keys/split?ttl=1h HTTP/1.1\r\n" + HOST + b"Content-Length: 7\r\n\r\nvalue\r\n"
CHUNKED = (
    b"PUT /v1/keys/split HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n"
    b'3;a="b"\r\nval\r\n0004\r\nue\r\n\r\n0\r\nX-Trailer: t\r\n\r\n'
)
CHUNKED_REFUSED = (
    b"PUT /v1/keys/split HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n"
    b"3\r\nval\r\n4\r\nue\r\n\r\nX\r\n0\r\n\r\n"
)

EXAMPLES = {
    "a GET": (PLAIN_GET, 1),
    "an escaped name behind empty lines": (
        b"\r\n\r\nGET /v1/keys/spl%69t?touch=false HTTP/1.1\r\n" + HOST + b"\r\n",
        1,
    ),
    "the absolute form": (
        b"GET http://localhost/v1/keys/split HTTP/1.1\r\n" + HOST + b"\r\n",
        1,
    ),
    "a PUT with a length": (PUT, 1),
    "a chunked PUT with extension and trailer": (CHUNKED, 1),
    "a pipeline": (PLAIN_GET + CHUNKED + PUT + PLAIN_GET, 4),
    "a range": (
        b"GET /v1/keys/split HTTP/1.1\r\n" + HOST + b"Range: bytes=1-2\r\n\r\n",
        1,
    ),
    "a bulk read": (
        b"QUERY /v1/keys HTTP/1.1\r\n" + HOST + b"Content-Type: application/x-ndjson\r\n"
        b"Content-Length: 31\r\n\r\n" + b'{"key":"split"}\n{"key":"nil"}\n\n',
        1,
    ),
    "a missing key": (b"GET /v1/keys/split-missing HTTP/1.1\r\n" + HOST + b"\r\n", 1),
    "an unknown method": (b"FOO / HTTP/1.1\r\n" + HOST + b"\r\n", 1),
    "a refused chunk": (CHUNKED_REFUSED, 1),
    "a refused length": (
        b"PUT /v1/keys/split HTTP/1.1\r\n" + HOST + b"Content-Length: +5\r\n\r\nhello",
        1,
    ),
    "a bare line feed": (b"GET /healthz HTTP/1.1\r\n" + HOST + b"X: a\n\r\n", 1),
    "a good request before a bad one": (PUT + b"GET bad HTTP/1.1\r\n\r\n", 2),
}


@pytest.fixture(params=EXAMPLES.values(), ids=EXAMPLES.keys())
def example(request, http):
    http.store("split", b"value\r\n")
    return request.param


class Splitter:
    """Repeats one example, on the same connection for as long as the server keeps it."""

    def __init__(self, server, expected_answers: int):
        self._server = server
        self._expected = expected_answers
        self._connection = None

    def answers(self, pieces, pause: float) -> list[tuple]:
        if self._connection is None:
            self._connection = Connection(self._server.address)
        self._connection.send_in_pieces(pieces, pause)
        responses = [self._connection.read_response() for _ in range(self._expected)]
        if responses[-1].closes:
            self._connection.expect_end()
            self.close()
        return [comparable(response) for response in responses]

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None


def comparable(response) -> tuple:
    """An answer without what depends on the moment or on the position in the log."""
    fields = [
        (name.lower(), value) for name, value in response.fields if name.lower() not in VOLATILE
    ]
    if response.media_type == "application/x-ndjson":
        lines = [line["status"] for line in response.json_lines()]
        return response.status, lines
    if response.status == 404:
        return response.status, response.slug
    return response.status, sorted(fields), response.body


# What follows a refused part has to be sent while the server still drains it.
@pytest.mark.timed
def test_a_request_split_in_two_at_any_byte_gets_the_same_answer(server, example):
    data, count = example
    splitter = Splitter(server, count)
    expected = splitter.answers([data], 0)
    for position in range(1, len(data)):
        pieces = [data[:position], data[position:]]
        assert splitter.answers(pieces, 0.0005) == expected, f"split at {position}"
    splitter.close()


@pytest.mark.timed
def test_a_request_sent_byte_by_byte_gets_the_same_answer(server, example):
    data, count = example
    splitter = Splitter(server, count)
    expected = splitter.answers([data], 0)
    pieces = [data[i : i + 1] for i in range(len(data))]
    assert splitter.answers(pieces, 0.0003) == expected
    splitter.close()
