"""Coming back: what a cursor brings, and what is told of what it cannot bring."""

import json

import pytest

from event_stream import Stream, data_of, events_target, stream, wait_for
from http_client import Client
from test_events import publish, topic  # noqa: F401


def declare(http, topic, **history):
    body = json.dumps({"history": history}).encode()
    response = http.request("PUT", f"/v1/topics/{topic}", body, content_type="application/json")
    assert response.status in (201, 204), response


def test_a_reader_that_comes_back_misses_nothing_and_gets_nothing_twice(http, server, topic, publish):
    declare(http, topic, count=1000)
    with stream(server.address, topic) as reader:
        for number in range(5):
            publish(topic, str(number))
        seen = data_of(reader.take(3))
        place = reader.id
    for number in range(5, 10):
        publish(topic, str(number))
    with stream(server.address, topic, last_event_id=place) as reader:
        publish(topic, "10")
        seen += data_of(reader.take(8))
        assert reader.is_quiet()
    assert seen == [str(number) for number in range(11)]


def test_a_topic_that_nobody_declared_is_remembered_for_a_moment(server, topic, publish):
    with stream(server.address, topic) as reader:
        publish(topic, "a")
        reader.next()
        place = reader.id
    publish(topic, "b")
    with stream(server.address, topic, last_event_id=place) as reader:
        assert data_of([reader.next()]) == ["b"]


def test_a_reader_that_never_got_an_event_resumes_from_its_opening(server, topic, publish):
    with stream(server.address, topic) as reader:
        place = reader.block()[-1].removeprefix("id: ")
    publish(topic, "meanwhile")
    with stream(server.address, topic, last_event_id=place) as reader:
        assert data_of([reader.next()]) == ["meanwhile"]


def test_since_does_what_the_field_does_and_the_field_overrules_it(server, topic, publish):
    ids = [publish(topic, str(number))["id"] for number in range(4)]
    with stream(server.address, topic, since=ids[1]) as reader:
        assert data_of(reader.take(2)) == ["2", "3"]
    with stream(server.address, topic, since=ids[0], last=1, last_event_id=ids[2]) as reader:
        assert data_of(reader.take(1)) == ["3"]
    with stream(server.address, topic, since=ids[0], last=1) as reader:
        assert data_of(reader.take(3)) == ["1", "2", "3"]


def test_one_place_marks_every_topic(server, topic, publish):
    names = [f"{topic}/{letter}" for letter in "abc"]
    ids = [publish(name, f"{name[-1]}{number}")["id"] for number in range(3) for name in names]
    with stream(server.address, names[0], match=f"{topic}/*", last_event_id=ids[3]) as reader:
        assert data_of(reader.take(5)) == ["b1", "c1", "a2", "b2", "c2"]
    with stream(server.address, names[2], last_event_id=ids[3]) as reader:
        assert data_of(reader.take(2)) == ["c1", "c2"]


def test_last_gives_the_newest_of_each_topic(http, server, topic, publish):
    declare(http, f"{topic}%2Fa", count=10)
    for number in range(3):
        publish(f"{topic}/a", f"a{number}")
        publish(f"{topic}/b", f"b{number}")
    with stream(server.address, match=f"{topic}/*", last=2) as reader:
        assert data_of(reader.take(4)) == ["a1", "b1", "a2", "b2"]
        assert reader.is_quiet()
    with stream(server.address, f"{topic}/a", f"{topic}/b", last=1) as reader:
        assert data_of(reader.take(2)) == ["a2", "b2"]


def test_last_gives_the_last_value_where_the_history_has_forgotten_it(http, server, topic, publish):
    declare(http, topic, count=1)
    publish(topic, "kept", "retain=true")
    publish(topic, "newer")
    with stream(server.address, topic, last=5) as reader:
        assert data_of(reader.take(2)) == ["kept", "newer"]


def test_an_instant_is_a_place(http, server, topic, publish):
    declare(http, topic, count=10)
    publish(topic, "a")
    with stream(server.address, topic, since="2020-01-01T00:00:00+01:00") as reader:
        assert data_of([reader.next()]) == ["a"]
    with stream(server.address, topic, since="2099-01-01T00:00:00Z") as reader:
        publish(topic, "b")
        assert data_of([reader.next()]) == ["b"]


def gap_of(event):
    assert event.event == "gap", event
    return event.json


def test_what_the_history_gave_up_is_a_gap_with_its_size(http, server, topic, publish):
    declare(http, topic, count=3)
    ids = [publish(topic, str(number))["id"] for number in range(10)]
    with stream(server.address, topic, last_event_id=ids[1]) as reader:
        gap = gap_of(reader.next())
        assert gap["topics"] == [topic] and gap["reason"] == "history-trimmed" and gap["missed"] == 5
        assert gap["from"] == ids[1] and gap["to"] == ids[6]
        assert data_of(reader.take(3)) == ["7", "8", "9"]


def test_a_topic_that_keeps_nothing_tells_that_it_lost_something(http, server, topic, publish):
    declare(http, topic, count=0)
    first = publish(topic, "a")["id"]
    with stream(server.address, topic, last_event_id=first) as reader:
        assert reader.is_quiet() or reader.block()
    publish(topic, "b")
    with stream(server.address, topic, last_event_id=first) as reader:
        gap = gap_of(reader.next())
        assert gap["missed"] is None and gap["reason"] == "history-trimmed"
        publish(topic, "c")
        assert data_of([reader.next()]) == ["c"]


def test_only_topics_that_lost_something_are_in_the_gap(http, server, topic, publish):
    declare(http, f"{topic}%2Fa", count=1)
    place = publish(f"{topic}/b", "b0")["id"]
    for number in range(3):
        publish(f"{topic}/a", f"a{number}")
    publish(f"{topic}/b", "b1")
    for options in ({"match": f"{topic}/*"},):
        with stream(server.address, last_event_id=place, **options) as reader:
            gap = gap_of(reader.next())
            assert gap["topics"] == [f"{topic}/a"] and gap["missed"] == 2
            assert data_of(reader.take(2)) == ["a2", "b1"]


def test_a_place_of_an_earlier_run_is_a_lost_epoch(start_server):
    first = start_server()
    with Client(first.address) as http:
        old = json.loads(http.request("POST", "/v1/topics/t", b"old").body)["id"]
    first.stop()
    second = start_server()
    with Client(second.address) as http:
        http.request("POST", "/v1/topics/t", b"new")
        with stream(second.address, "t", last_event_id=old) as reader:
            gap = gap_of(reader.next())
            assert gap["reason"] == "epoch-lost" and gap["from"] == old and gap["missed"] is None
            assert data_of([reader.next()]) == ["new"]
            place = reader.id
        with stream(second.address, "t", last_event_id=place) as reader:
            http.request("POST", "/v1/topics/t", b"newer")
            assert data_of([reader.next()]) == ["newer"]


@pytest.mark.parametrize("text", ["17", "not a cursor", "A" * 500, "AQAAAAAA"])
def test_what_is_no_place_is_told_and_the_stream_goes_on(server, topic, publish, text):
    publish(topic, "before")
    with stream(server.address, topic, last_event_id=text) as reader:
        gap = gap_of(reader.next())
        assert gap["reason"] == "unknown-cursor" and gap["from"] is None
        publish(topic, "after")
        assert data_of([reader.next()]) == ["after"]


def test_a_place_ahead_of_everything_is_told(server, topic, publish):
    newest = publish(topic, "now")["id"]
    import base64

    raw = bytearray(base64.urlsafe_b64decode(newest + "=" * (-len(newest) % 4)))
    raw[8:15] = (1 << 50).to_bytes(7, "big")
    ahead = base64.urlsafe_b64encode(raw).decode().rstrip("=")
    with stream(server.address, topic, last_event_id=ahead) as reader:
        assert gap_of(reader.next())["reason"] == "ahead"
        publish(topic, "next")
        assert data_of([reader.next()]) == ["next"]


def test_a_replay_larger_than_every_buffer_arrives_whole(http, server, topic, publish):
    declare(http, topic, count=2000, bytes=64 << 20)
    body = "x" * 20_000
    for number in range(400):
        publish(topic, f"{number} {body}")
    with stream(server.address, topic, since="2020-01-01T00:00:00Z", receive=8192) as reader:
        publish(topic, "live")
        got = data_of(reader.take(401))
    assert [text.split()[0] for text in got] == [str(number) for number in range(400)] + ["live"]


def test_a_poll_answers_at_once_what_is_there(http, topic, publish):
    ids = [publish(topic, str(number))["id"] for number in range(3)]
    answer = http.request("GET", events_target(topic, poll="true", since=ids[0]))
    body = json.loads(answer.body)
    assert [event["data"] for event in body["events"]] == ["1", "2"] and body["cursor"] == ids[2]
    assert answer["Content-Type"] == "application/json" and answer["Nuthatch-Cursor"] == ids[2]


def test_a_poll_waits_for_an_event(http, server, topic, publish):
    with Client(server.address) as poller:
        poller.send("GET", events_target(topic, poll="true", wait="25s"))
        wait_for(lambda: publish(topic, "here")["receivers"])
        body = json.loads(poller.receive().body)
        assert body["events"][0]["data"] in ("here",)
        publish(topic, "next")
        more = json.loads(poller.request("GET", events_target(topic, poll="true", since=body["cursor"])).body)
        assert [event["data"] for event in more["events"]][-1] == "next"


def test_a_poll_that_waits_for_nothing_gives_the_place_to_go_on_from(http, topic, publish):
    answer = http.request("GET", events_target(topic, poll="true", wait="50ms"))
    assert answer.status == 204 and answer.body == b""
    publish(topic, "later")
    more = http.request("GET", events_target(topic, poll="true", since=answer["Nuthatch-Cursor"]))
    assert [event["data"] for event in json.loads(more.body)["events"]] == ["later"]


def test_a_poll_tells_gaps(http, topic, publish):
    declare(http, topic, count=1)
    ids = [publish(topic, str(number))["id"] for number in range(3)]
    events = json.loads(http.request("GET", events_target(topic, poll="true", since=ids[0])).body)["events"]
    assert events[0]["event"] == "gap" and events[0]["missed"] == 1 and events[1]["data"] == "2"


def test_requests_behind_a_poll_are_answered_in_turn(server, topic):
    from raw_http import Connection

    connection = Connection(server.address)
    host = f"Host: 127.0.0.1:{server.port}\r\n\r\n"
    connection.send(f"GET {events_target(topic, poll='true', wait='100ms')} HTTP/1.1\r\n{host}GET /healthz HTTP/1.1\r\n{host}".encode())
    assert connection.read_response("GET").status == 204
    assert connection.read_response("GET").status == 200
    connection.close()
