"""Who may read events, and what happens when they may no longer."""

import json
import signal
import socket
import time

import pytest

from event_stream import Stream, StreamEnded, events_target, stream, wait_for
from http_client import Client
from raw_http import Connection

FULL, READ, OTHER = "full-token", "read-token", "other-token"


@pytest.fixture
def tokens(tmp_path):
    path = tmp_path / "tokens"
    path.write_text(f"full {FULL}\nread {READ}\n")
    return path


@pytest.fixture
def guarded(start_server, tokens):
    return start_server("--token-file", tokens)


@pytest.fixture
def writer(guarded):
    with Client(guarded.address, token=FULL) as client:
        yield client


def ticket(client, **wish) -> str:
    answer = client.request("POST", "/v1/events:ticket", json.dumps(wish).encode(), content_type="application/json")
    assert answer.status == 201, answer
    return json.loads(answer.body)["ticket"]


def test_reading_and_publishing_need_tokens_that_allow_them(guarded, writer):
    with Client(guarded.address) as nobody, Client(guarded.address, token=READ) as reader:
        assert nobody.request("GET", events_target("t", poll="true")).status == 401
        assert nobody.request("POST", "/v1/topics/t", b"x").status == 401
        assert reader.request("POST", "/v1/topics/t", b"x").status == 403
        assert reader.request("GET", events_target("t", poll="true")).status == 204
        assert writer.request("POST", "/v1/topics/t", b"x").status == 200


def test_a_ticket_opens_one_stream_once(guarded, writer):
    text = ticket(writer, topics=["a"], patterns=["b/*"], ttl="30s")
    target = events_target(ticket=text)
    with Stream(guarded.address, target) as reader:
        assert reader.status == 200
        writer.request("POST", "/v1/topics/b%2Fc", b"here")
        assert reader.next().json["data"] == "here"
    with Client(guarded.address) as nobody:
        assert nobody.request("GET", target).status == 401


def test_a_ticket_is_for_its_topics_only(guarded, writer):
    text = ticket(writer, topics=["a", "b"])
    with Client(guarded.address) as nobody:
        assert nobody.request("GET", events_target("c", ticket=text)).status == 403
    text = ticket(writer, topics=["a", "b"])
    with stream(guarded.address, "b", ticket=text) as reader:
        writer.request("POST", "/v1/topics/a", b"no")
        writer.request("POST", "/v1/topics/b", b"yes")
        assert reader.next().json["data"] == "yes"


def test_a_ticket_ends_with_its_time(guarded, writer):
    text = ticket(writer, topics=["a"], ttl="100ms")
    time.sleep(0.15)
    with Client(guarded.address) as nobody:
        assert nobody.request("GET", events_target(ticket=text)).status == 401


def test_a_ticket_needs_a_token_that_may_read(guarded):
    with Client(guarded.address) as nobody:
        assert nobody.request("POST", "/v1/events:ticket?topic=a", b"").status == 401


def test_a_revoked_token_ends_its_streams_within_a_second(guarded, tokens, writer):
    with stream(guarded.address, "t", token=READ) as revoked, stream(guarded.address, "t", token=FULL) as kept:
        with Stream(guarded.address, events_target(ticket=read_ticket(guarded))) as ticketed:
            tokens.write_text(f"full {FULL}\nread {OTHER}\n")
            begun = time.monotonic()
            guarded.signal(signal.SIGHUP)
            for reader in (revoked, ticketed):
                event = reader.next()
                assert event.event == "auth-expired"
                assert reader.ends()
            assert time.monotonic() - begun < 10
        writer.request("POST", "/v1/topics/t", b"still here")
        assert kept.next().json["data"] == "still here"


def read_ticket(server) -> str:
    with Client(server.address, token=READ) as reader:
        return ticket(reader, topics=["t"])


def test_a_stop_ends_streams_in_order(start_server):
    server = start_server()
    with stream(server.address, "t") as reader:
        reader.block()
        poller = Client(server.address)
        poller.send("GET", events_target("t", poll="true", wait="20s"))
        with Client(server.address) as http:
            wait_for(lambda: json.loads(http.request("GET", "/v1/topics/t").body)["subscribers"] == 2)
        server.signal(signal.SIGTERM)
        with pytest.raises(StreamEnded, match="last chunk"):
            reader.next()
        assert poller.receive().status == 204
    assert server.wait() == 0


@pytest.mark.timed
def test_presence_is_a_lease(http, server, key):
    base = f"/v1/topics/{key}/presence"
    with stream(server.address, key, presence="true") as watcher, stream(server.address, key) as reader:
        assert http.request("PUT", f"{base}/ada?ttl=30s", b'{"at":\n"desk"}', content_type="application/json").status == 204
        assert http.request("PUT", f"{base}/bob?ttl=1s", b"").status == 204
        assert http.request("PUT", f"{base}/ada?ttl=30s", b'{"at":\n"desk"}', content_type="application/json").status == 204
        listed = json.loads(http.request("GET", base).body)
        assert listed["count"] == 2
        assert [member["member"] for member in listed["members"]] == ["ada", "bob"]
        assert listed["members"][0]["meta"] == {"at": "desk"} and listed["members"][1]["meta"] is None
        assert http.request("DELETE", f"{base}/ada").status == 204
        assert http.request("DELETE", f"{base}/ada").status == 404
        events = watcher.take(4)
        assert [(event.event, event.json["member"]) for event in events] == [
            ("join", "ada"), ("join", "bob"), ("leave", "ada"), ("timeout", "bob"),
        ]
        assert events[0].json["meta"] == {"at": "desk"}
        assert json.loads(http.request("GET", base).body) == {"count": 0, "members": []}
        http.request("POST", f"/v1/topics/{key}", b"message")
        assert reader.next().json["data"] == "message"


@pytest.mark.timed
def test_a_renewed_lease_goes_on(http, key):
    base = f"/v1/topics/{key}/presence"
    begun = time.monotonic()
    while time.monotonic() - begun < 1.6:
        assert http.request("PUT", f"{base}/m?ttl=1s", b"").status == 204
        time.sleep(0.3)
        assert json.loads(http.request("GET", base).body)["count"] == 1
