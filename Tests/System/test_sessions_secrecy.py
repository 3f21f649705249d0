"""The secret ids of sessions: known to who holds them, and to nothing in the server once a request is answered.

A test sends requests whose ids it knows, and then looks for these ids in all memory that the server could have written.
Connections stay open meanwhile: what only their end clears away would be found.
"""

import base64
import contextlib
import json
import os
import threading
import time

import pytest

from http_client import Client
from nuthatch_process import NuthatchProcess
from process_memory import MemoryImage
from raw_http import Connection, chunked, message
from sessions import JSON, MERGE, begin, merge, operate, own

FORGETTING_DEADLINE = 60.0


@pytest.fixture
def process(start_server):
    """A server of its own: a small memory is searched faster."""
    return start_server("--loops", "2")


def traces(name: str) -> list[bytes]:
    """What must not be found of an id: the text as sent, and the bytes it stands for where it is one of the server's.

    In halves, for the allocator overwrites the beginning of what it is given back, and a search for the whole would
    then overlook the rest.
    """
    halves = [name[: len(name) // 2].encode(), name[len(name) // 2 :].encode()]
    if len(name) == 43:
        decoded = base64.urlsafe_b64decode(name + "=")
        halves += [decoded[:16], decoded[16:]]
    return halves


def assert_forgotten(process: NuthatchProcess, names: list[str]) -> None:
    """An answer may be read before the server has gone on behind it, so the end of that is waited for."""
    assert len(set(names)) == len(names) > 0
    deadline = time.monotonic() + FORGETTING_DEADLINE
    while True:
        memory = MemoryImage(process.pid)
        left = [found for name in names if (found := memory.found(traces(name)))]
        if not left or time.monotonic() > deadline:
            break
    shown = [memory.around(found[0]) for found in left[:3]]
    assert not left, f"{len(left)} of {len(names)} ids are still in memory: {shown}"


def made_up(count: int) -> list[str]:
    """Ids in the form of the server's, of sessions that there are not."""
    return [base64.urlsafe_b64encode(os.urandom(32)).decode().rstrip("=") for _ in range(count)]


def request(process, method: str, rest: str, name: str, *lines: str, body=b"") -> bytes:
    length = [f"Content-Length: {len(body)}"] if body else []
    head = f"{method} /v1/sessions/self{rest} HTTP/1.1", f"Host: {process.authority}", f"Nuthatch-Session: {name}"
    return message(*head, *lines, *length, body=body)


def creation(process, document: dict) -> bytes:
    body = json.dumps(document).encode()
    length = f"Content-Length: {len(body)}"
    return message(
        "POST /v1/sessions HTTP/1.1", f"Host: {process.authority}", f"Content-Type: {JSON}", length, body=body
    )


def test_what_the_server_does_remember_is_found(process):
    """The check on the other tests."""
    marks = [os.urandom(12).hex().encode() for _ in range(3)]
    with Client(process.address) as http:
        http.store(marks[0].decode(), marks[1])
        begin(http, data={"mark": marks[2].decode()})
        assert MemoryImage(process.pid).found(marks) == marks


def test_no_id_is_remembered_of_a_session_that_lives_changes_and_ends(process):
    with Client(process.address) as http:
        names = [name for number in range(12) for name in live_through(http, number)]
        assert_forgotten(process, names)


def live_through(http: Client, number: int) -> list[str]:
    """Every request that a session can be the subject of; the ids that took part."""
    first = begin(http, user=f"user-{number}", data={"cart": []}, idle="1h", index={"tenant": "acme"})
    other = begin(http, user=f"user-{number}")
    read = own(http, first)
    assert read.status == 200
    assert own(http, first, "HEAD").status == 200
    assert own(http, first, rest="?pointer=/data/cart").body == b"[]"
    assert own(http, first, if_none_match=read["ETag"]).status == 304
    assert merge(http, first, {"data": {"theme": "dark"}}).status == 204
    assert merge(http, first, {"data": {"theme": "light"}}, prefer="return=representation").status == 200
    assert operate(http, first, {"op": "add", "path": "/data/cart/-", "value": 1}).status == 204
    assert merge(http, first, {"data": {}}, if_match='"1.999999"').status == 412
    assert own(http, first, "PATCH", body=b"{", kind="text/plain").status == 415
    assert own(http, first, "PUT", "/data", {"cart": [2]}, JSON).status == 204
    assert own(http, first, "POST", "/touch").status == 204
    rotated = own(http, first, "POST", "/rotate?grace=1m")
    assert rotated.status == 201
    second = rotated.json()["id"]
    assert own(http, first)["Nuthatch-Session-Rotated"] == "?1"
    assert merge(http, first, {"data": {"late": 1}}).status == 409
    everywhere = f"/v1/users/user-{number}/sessions?except=self"
    assert http.request("DELETE", everywhere, nuthatch_session=second).json() == {"revoked": 1}
    assert own(http, other).status == 410
    assert own(http, second, "DELETE").status == 204
    assert own(http, second).status == 410
    unknown = made_up(1)[0]
    assert own(http, unknown).status == 404
    elsewhere = made_up(1)[0]
    assert http.request("GET", "/healthz", nuthatch_session=elsewhere).status == 200
    return [first["id"], other["id"], second, unknown, elsewhere]


def test_no_id_is_remembered_that_a_client_chose(start_server):
    process = start_server("--loops", "2", "--session-client-ids")
    with Client(process.address) as http:
        names = [f"chosen-{os.urandom(20).hex()}" for _ in range(20)]
        for name in names:
            assert own(http, name, "PUT", "/data", {"a": 1}, JSON).status == 201
            assert own(http, name).status == 200
        assert_forgotten(process, names)


def test_no_id_is_remembered_of_requests_sent_one_behind_the_other(process):
    """The answers outgrow the buffer they are written to, and the requests the one they are read to."""
    count = 600
    with Connection(process.address) as connection:
        connection.send(creation(process, {"data": {"filling": "x" * 300}}) * count)
        names = [connection.read_response().json()["id"] for _ in range(count)]
        connection.send(b"".join(request(process, "GET", "", name) for name in names))
        assert all(connection.read_response().status == 200 for _ in names)
        connection.send(b"".join(request(process, "POST", "/rotate", name) for name in names[:100]))
        rotated = [connection.read_response().json()["id"] for _ in range(100)]
        assert_forgotten(process, names[:100] + rotated)


def test_no_id_is_remembered_of_answers_that_were_taken_slowly(process):
    """Nothing is read until the server has more to say than the kernel takes, and so reads no further request."""
    count = 14_000
    begin_one = creation(process, {}).replace(b"Content-Length: 2", b"Content-Length: 900") + b" " * 898
    with Connection(process.address, receive_buffer=4096) as connection:
        sender = threading.Thread(target=connection.send, args=[begin_one * count], daemon=True)
        sender.start()
        sender.join(timeout=1.0)
        assert sender.is_alive(), "every request was taken, though no answer was"
        names = [connection.read_response().json()["id"] for _ in range(count)]
        sender.join()
        assert_forgotten(process, names[:: count // 100])


def test_no_id_is_remembered_of_requests_that_came_in_pieces(process):
    with Client(process.address) as http, Connection(process.address) as connection:
        names = [begin(http)["id"] for _ in range(40)]
        data = json.dumps({"filling": ["y" * 100] * 500}).encode()
        for number, name in enumerate(names):
            match number % 4:
                case 0: sent = request(process, "GET", "", name)
                case 1: sent = request(process, "GET", "", name, "X-Filling: " + "z" * 6000)
                case 2: sent = request(process, "PUT", "/data", name, f"Content-Type: {JSON}", body=data)
                case _: sent = request(
                    process, "PATCH", "", name, f"Content-Type: {MERGE}", "Transfer-Encoding: chunked"
                ) + chunked(b'{"data":', b'{"a":[', b"1," * 5000, b"1]}}")  # fmt: skip
            cuts = sorted({30, sent.index(name.encode()) + 1 + number, len(sent) - 3, *range(4100, len(sent), 9000)})
            pieces = [sent[start:end] for start, end in zip([0, *cuts], [*cuts, len(sent)])]
            connection.send_in_pieces(pieces, pause=0.002)
            assert connection.read_response().status in (200, 204)
        assert_forgotten(process, names)


def test_no_id_is_remembered_behind_a_body_in_chunks(process):
    """Decoding moves what stands behind the body."""
    names = made_up(30)
    with Connection(process.address) as connection:
        for name in names:
            put = message(
                "PUT /v1/keys/chunks HTTP/1.1", f"Host: {process.authority}", "Transfer-Encoding: chunked"
            ) + chunked(*[b"abc"] * 40)
            connection.send(put + request(process, "GET", "", name))
            assert connection.read_response().status in (201, 204)
            assert connection.read_response().status == 404
        assert_forgotten(process, names)


REFUSED = {
    "a bad field behind it": ("GET", ["Bad Name: x"], b"", 400),
    "a second id": ("GET", ["Nuthatch-Session: second"], b"", 400),
    "a head that is too long": ("GET", ["X-Filling: " + "z" * 40_000], b"", 431),
    "a body that is too long": ("PUT", ["Content-Length: 99999999999"], b"", 413),
    "a bad length": ("PUT", ["Content-Length: x"], b"", 400),
    "a body cut off": ("PATCH", [f"Content-Type: {MERGE}", "Content-Length: 99"], b"{", 400),
    "a bad chunk": ("PATCH", [f"Content-Type: {MERGE}", "Transfer-Encoding: chunked"], b"zz\r\n", 400),
}


@pytest.mark.parametrize("fault", REFUSED)
def test_no_id_is_remembered_of_a_request_refused_for(fault, process):
    method, lines, body, status = REFUSED[fault]
    names = made_up(20)
    with contextlib.ExitStack() as open_connections:
        for name in names:
            connection = open_connections.enter_context(Connection(process.address))
            connection.send(request(process, method, "/data" if method == "PUT" else "", name, *lines) + body)
            connection.half_close()
            assert connection.read_response().status == status
        assert_forgotten(process, names)


def test_no_id_is_remembered_of_requests_that_were_broken_off(process):
    names = made_up(60)
    for number, name in enumerate(names):
        with Connection(process.address) as connection:
            match number % 3:
                case 0: connection.send(request(process, "GET", "", name)[:-2])
                case 1: connection.send(request(process, "PUT", "/data", name, "Content-Length: 50") + b"{")
                case _:
                    poll = message("GET /v1/events?topic=never&poll=true&wait=20s HTTP/1.1", f"Host: {process.authority}")
                    connection.send(poll + request(process, "GET", "", name))
            if number % 2:
                connection.reset()
    with Client(process.address) as http:
        assert http.request("GET", "/healthz").status == 200
    assert_forgotten(process, names)


def when_ready(http: Client) -> None:
    deadline = time.monotonic() + 60
    while http.request("GET", "/readyz").status != 200 and time.monotonic() < deadline:
        time.sleep(0.01)


def test_no_id_is_remembered_where_answers_wait_for_the_disk(start_server, tmp_path):
    process = start_server("--loops", "2", "--data-dir", tmp_path / "data")
    with Client(process.address) as http:
        when_ready(http)
        names = []
        for number in range(40):
            fields = {"nuthatch_ack": "fsync"} if number % 2 else {}
            begun = http.request("POST", "/v1/sessions", b"{}", content_type=JSON, **fields)
            assert begun.status == 201
            rotated = own(http, begun.json(), "POST", "/rotate", **fields)
            assert rotated.status == 201
            names += [begun.json()["id"], rotated.json()["id"]]
        assert_forgotten(process, names)
