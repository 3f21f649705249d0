"""Publishing, and reading what was published as a stream."""

import base64
import json
import subprocess

import pytest

from event_stream import Stream, data_of, events_target, stream, wait_for
from http_client import Client
from nuthatch_process import clean_environment


@pytest.fixture
def topic(key):
    return key


@pytest.fixture
def publish(http):
    def publish(topic, body=b"x", query="", **fields):
        target = f"/v1/topics/{topic.replace('/', '%2F')}" + (f"?{query}" if query else "")
        response = http.request("POST", target, body if isinstance(body, bytes) else body.encode(), **fields)
        assert response.status == 200, response
        return json.loads(response.body)

    return publish


def test_curl_prints_what_curl_sends(server, topic):
    reader = subprocess.Popen(
        ["curl", "-sN", f"{server.url}/v1/events?topic={topic}"],
        stdout=subprocess.PIPE, env=clean_environment())
    try:
        for line in reader.stdout:
            if line == b"\n":
                break
        subprocess.run(
            ["curl", "-sf", "-X", "POST", "--data-binary", "hello", f"{server.url}/v1/topics/{topic}"],
            check=True, stdout=subprocess.DEVNULL, env=clean_environment())
        lines = [reader.stdout.readline() for _ in range(3)]
    finally:
        reader.kill()
        reader.wait()
    assert lines[0].startswith(b"id: ")
    assert json.loads(lines[1].removeprefix(b"data: "))["data"] == "hello"
    assert lines[2] == b"\n"


def test_a_stream_begins_as_proxies_and_browsers_need_it(server, topic):
    with stream(server.address, topic) as reader:
        assert reader.fields["content-type"] == "text/event-stream"
        assert reader.fields["cache-control"] == "no-store"
        assert reader.fields["x-accel-buffering"] == "no"
        assert reader.fields["incremental"] == "?1"
        assert reader.fields["transfer-encoding"] == "chunked"
        opening = reader.block()
        assert opening[0].startswith(":") and opening[1] == "retry: 2000" and opening[2].startswith("id: ")


def test_an_event_carries_all_that_was_said_of_it(server, topic, publish):
    with stream(server.address, topic) as reader:
        answer = publish(topic, "näh", "event=created&key=o-17", content_type="text/plain; charset=utf-8")
        event = reader.next()
    assert answer == {"id": event.id, "receivers": 1}
    assert event.event == "created"
    assert len(event.id) <= 128
    body = event.json
    assert body.pop("at").endswith("Z")
    assert body == {
        "topic": topic, "id": event.id, "event": "created", "key": "o-17", "type": "text/plain; charset=utf-8",
        "data": "näh",
    }


def test_a_payload_that_is_no_text_is_base64(server, topic, publish):
    with stream(server.address, topic) as reader:
        publish(topic, b"\xff\x00\xfe")
        event = reader.next()
    assert "data" not in event.json
    assert base64.b64decode(event.json["data64"]) == b"\xff\x00\xfe"


def test_events_arrive_in_the_order_of_publication_on_every_stream(server, topic, publish):
    with stream(server.address, topic) as one, stream(server.address, match=f"{topic}") as two:
        for number in range(50):
            publish(topic, str(number))
        assert data_of(one.take(50)) == [str(number) for number in range(50)] == data_of(two.take(50))


def test_a_stream_gets_an_event_once_however_many_names_and_patterns_match(server, topic, publish):
    name = f"{topic}/a"
    with stream(server.address, name, match=[f"{topic}/*", f"{topic}/**"]) as reader:
        assert publish(name, "one")["receivers"] == 1
        assert publish(name, "two")["receivers"] == 1
        assert data_of(reader.take(2)) == ["one", "two"]
        assert reader.is_quiet()


@pytest.mark.parametrize(
    "pattern, matched, unmatched",
    [
        ("{0}/*/state", "{0}/7/state", "{0}/7/8/state"),
        ("{0}/*", "{0}/7", "{0}/7/8"),
        ("{0}/**", "{0}/7/8", "{0}"),
        ("*/{0}", "x/{0}", "{0}"),
        ("{0}//b", "{0}//b", "{0}/b"),
    ],
)
def test_a_pattern_matches_by_levels(server, topic, publish, pattern, matched, unmatched):
    with stream(server.address, match=pattern.format(topic)) as reader:
        publish(unmatched.format(topic), "no")
        publish(matched.format(topic), "yes")
        assert data_of([reader.next()]) == ["yes"]


def test_where_filters_at_the_server(server, topic, publish):
    with stream(server.address, topic, where="event:created") as named, stream(
        server.address, topic, where="key:a"
    ) as keyed:
        assert publish(topic, "1", "event=created&key=b")["receivers"] == 1
        assert publish(topic, "2", "event=deleted&key=a")["receivers"] == 1
        assert publish(topic, "3", "event=created&key=a")["receivers"] == 2
        assert data_of(named.take(2)) == ["1", "3"]
        assert data_of(keyed.take(2)) == ["2", "3"]


def test_without_envelope_the_payload_stands_alone(server, topic, publish):
    with stream(server.address, topic, envelope="none") as reader:
        publish(topic, b"one\r\ntwo\rthree\nfour\n", "event=lines")
        event = reader.next()
        assert event.event == "lines" and event.data == "one\ntwo\nthree\nfour\n"
        publish(topic, b"\xff")
        assert (event := reader.next()).event == "binary" and base64.b64decode(event.data) == b"\xff"


def test_a_stream_of_lines_carries_the_same_objects(server, topic, publish):
    with stream(server.address, topic, accept="application/x-ndjson") as reader:
        assert reader.fields["content-type"] == "application/x-ndjson"
        assert json.loads(reader.line())["event"] == "heartbeat"
        publish(topic, "a", "event=made")
        event = json.loads(reader.line())
        assert event["event"] == "made" and event["data"] == "a" and event["topic"] == topic


def test_a_query_names_many_topics(server, topic, publish):
    names = [f"{topic}-{number}" for number in range(200)]
    body = json.dumps({"topic": names, "where": "event:go", "match": [f"{topic}/x/**"]}).encode()
    with Stream(server.address, "/v1/events", body=body) as reader:
        publish(names[0], "no")
        publish(names[199], "yes", "event=go")
        publish(f"{topic}/x/y", "too", "event=go")
        assert data_of(reader.take(2)) == ["yes", "too"]


def test_a_repeated_dedup_gives_the_first_answer_and_publishes_nothing(server, topic, publish):
    with stream(server.address, topic) as reader:
        first = publish(topic, "1", "dedup=abc")
        assert publish(topic, "2", "dedup=abc") == first
        assert publish(f"{topic}-other", "3", "dedup=abc") != first
        publish(topic, "4", "dedup=abd")
        assert data_of(reader.take(2)) == ["1", "4"]


def test_the_last_value_is_returned_as_it_was_sent(http, topic, publish):
    assert http.request("GET", f"/v1/topics/{topic}/last").status == 404
    first = publish(topic, b"\x00\xff", "retain=true", content_type="image/png")
    publish(topic, "another")
    response = http.request("GET", f"/v1/topics/{topic}/last")
    assert response.status == 200 and response.body == b"\x00\xff"
    assert response["Content-Type"] == "image/png" and response["Nuthatch-Cursor"] == first["id"]
    assert response["X-Content-Type-Options"] == "nosniff" and response["Content-Security-Policy"] == "sandbox"
    assert http.request("DELETE", f"/v1/topics/{topic}").status == 204
    assert http.request("GET", f"/v1/topics/{topic}/last").status == 404


@pytest.mark.timed
def test_a_last_value_ends_with_its_time(http, topic, publish):
    publish(topic, "brief", "retain=true&ttl=500ms")
    assert http.request("GET", f"/v1/topics/{topic}/last").status == 200
    wait_for(lambda: http.request("GET", f"/v1/topics/{topic}/last").status == 404)


def test_a_topic_tells_what_it_holds(http, server, topic, publish):
    assert http.request("GET", f"/v1/topics/{topic}").status == 404
    assert http.request("PUT", f"/v1/topics/{topic}", b"").status == 201
    settings = b'{"history":{"count":3,"age":"2h"}}'
    assert http.request("PUT", f"/v1/topics/{topic}", settings, content_type="application/json").status == 204
    ids = [publish(topic, str(number))["id"] for number in range(5)]
    with stream(server.address, topic):
        info = json.loads(http.request("GET", f"/v1/topics/{topic}").body)
    assert info["history"] == {"count": 3, "age_ms": 7_200_000, "bytes": 8_388_608}
    assert (info["first"], info["last"], info["events"]) == (ids[2], ids[4], 3)
    assert info["subscribers"] == 1 and not info["retained"]
    assert http.request("DELETE", f"/v1/topics/{topic}").status == 204
    # A topic is known for as long as it has readers, and the one above leaves when the server sees its end.
    wait_for(lambda: http.request("GET", f"/v1/topics/{topic}").status == 404)


def test_a_history_is_listed_since_a_place_an_instant_or_from_its_end(http, topic, publish):
    http.request("PUT", f"/v1/topics/{topic}", b"")
    ids = [publish(topic, str(number))["id"] for number in range(10)]

    def items(query, accept="application/json"):
        response = http.request("GET", f"/v1/topics/{topic}/history?{query}", accept=accept)
        assert response.status == 200, response
        if accept != "application/json":
            return [json.loads(line)["data"] for line in response.body.splitlines()]
        return [item["data"] for item in json.loads(response.body)["items"]]

    assert items("last=3") == ["7", "8", "9"] == items("last=3", "application/x-ndjson")
    assert items(f"since={ids[6]}") == ["7", "8", "9"]
    assert items("since=2020-01-01T00:00:00Z") == [str(number) for number in range(10)] == items("")
    assert items("since=2099-01-01T00:00:00Z") == []


def test_a_history_tells_what_it_lost(http, topic, publish):
    http.request("PUT", f"/v1/topics/{topic}", b'{"history":{"count":2}}', content_type="application/json")
    ids = [publish(topic, str(number))["id"] for number in range(6)]
    listed = json.loads(http.request("GET", f"/v1/topics/{topic}/history?since={ids[0]}").body)["items"]
    assert listed[0]["event"] == "gap" and listed[0]["missed"] == 3 and listed[0]["reason"] == "history-trimmed"
    assert [item["data"] for item in listed[1:]] == ["4", "5"]


def test_a_name_may_be_any_bytes(http, server, publish):
    name = base64.urlsafe_b64encode(b"\xff\x00/x").decode().rstrip("=")
    with Stream(server.address, "/v1/events?topic=%FF%00%2Fx") as reader:
        response = http.request("POST", f"/v1/topics/-?key64={name}", b"hi")
        assert response.status == 200
        event = reader.next().json
        assert base64.b64decode(event["topic64"]) == b"\xff\x00/x" and event["data"] == "hi"


def test_a_stream_leaves_nothing_behind(start_server):
    server = start_server()
    with Client(server.address) as http:
        before = server.descriptors()
        for number in range(50):
            with stream(server.address, f"t{number}", match="**"):
                pass
        wait_for(lambda: server.descriptors() <= before + 1)
        wait_for(lambda: b"\nnuthatch_subscribers 0\n" in http.request("GET", "/metrics").body)


def test_http_10_readers_are_served_to_the_end_of_the_connection(server, topic, publish):
    import socket

    with socket.create_connection(server.address) as reader:
        reader.settimeout(60)
        reader.sendall(f"GET {events_target(topic)} HTTP/1.0\r\nHost: localhost\r\n\r\n".encode())
        got = b""
        while b"retry: 2000" not in got:
            got += reader.recv(4096)
        assert b"Transfer-Encoding" not in got and b"Connection: close" in got
        publish(topic, "old")
        while b"\n\n" not in got.partition(b"data: ")[2]:
            got += reader.recv(4096)
    assert b'"data":"old"}\n\n' in got


def test_head_of_a_stream_ends(http, topic):
    response = http.request("HEAD", events_target(topic))
    assert response.status == 200 and response["Content-Type"] == "text/event-stream"


def test_a_long_stream_of_large_events_is_whole(server, topic, publish):
    body = bytes(range(32, 127)) * 600
    with stream(server.address, topic) as reader:
        for number in range(30):
            publish(topic, b"%d " % number + body)
            assert reader.next().json["data"] == f"{number} " + body.decode()
