"""What readers of topics find behind a restart: their place where nothing can be missing, and the truth where it can."""

import json

from event_stream import data_of, stream
from http_client import Client
from test_events_resume import declare


def publish(http, topic, data, query="") -> dict:
    answer = http.request("POST", f"/v1/topics/{topic}{query}", data.encode())
    assert answer.status == 200, answer
    return json.loads(answer.body)


def published_before(data, *flags):
    """A server with three events in `orders`, and a reader that has got the first; its place."""
    data.start(*flags)
    with data.client() as http:
        declare(http, "orders", count=100)
        with stream(data.process.address, "orders") as reader:
            publish(http, "orders", "1")
            assert data_of([reader.next()]) == ["1"]
            place = reader.id
        publish(http, "orders", "2")
        publish(http, "orders", "3", "?dedup=third")
        publish(http, "live", "x")
    return place


def test_a_reader_goes_on_behind_a_restart(data):
    place = published_before(data)
    data.process.stop()
    data.start()
    with data.client() as http, stream(data.process.address, "orders", last_event_id=place) as reader:
        publish(http, "orders", "4")
        assert data_of(reader.take(3)) == ["2", "3", "4"]
        assert reader.is_quiet()


def test_behind_a_kill_a_reader_is_told_that_places_are_lost_and_gets_all_there_is(data):
    place = published_before(data)
    data.process.kill()
    data.start()
    with data.client() as http, stream(data.process.address, "orders", last_event_id=place) as reader:
        gap = reader.next()
        assert gap.event == "gap" and gap.json["reason"] == "epoch-lost" and gap.json["missed"] is None
        publish(http, "orders", "4")
        assert data_of(reader.take(4)) == ["1", "2", "3", "4"]


def test_of_a_topic_that_nobody_keeps_a_reader_is_told_that_it_may_have_lost_something(data):
    published_before(data)
    with stream(data.process.address, "live", since="2020-01-01T00:00:00Z") as reader:
        place = reader.next().id
    data.process.stop()
    data.start()
    with data.client() as http, stream(data.process.address, "live", last_event_id=place) as reader:
        publish(http, "live", "y")
        first = reader.next()
        assert first.event == "gap" and first.json["reason"] == "history-trimmed", first
        assert data_of([reader.next()]) == ["y"]


def test_a_publication_that_is_sent_again_behind_a_kill_is_the_first_one(data):
    published_before(data)
    data.process.kill()
    data.start()
    with data.client() as http:
        publish(http, "orders", "3", "?dedup=third")
        history = json.loads(http.request("GET", "/v1/topics/orders/history").body)
        assert [event["data"] for event in history["items"]] == ["1", "2", "3"]


def test_numbers_of_events_that_nobody_keeps_never_come_again(data):
    data.start()
    with data.client() as http:
        last = publish(http, "live", "x")["id"]
    for _ in range(3):
        data.process.stop()
        data.start()
        with data.client() as http:
            following = publish(http, "live", "x")["id"]
        assert following > last and following[:8] == last[:8], (last, following)
        last = following


def test_a_topic_that_is_removed_stays_so(data):
    published_before(data)
    with data.client() as http:
        assert http.request("DELETE", "/v1/topics/orders").status == 204
    data.process.kill()
    data.start()
    with data.client() as http:
        assert http.request("GET", "/v1/topics/orders/history").status == 404


def test_names_of_the_greatest_length_are_kept_for_every_kind(data):
    name = "n" * 4096
    calls = [
        ("PUT", f"/v1/keys/{name}", {}), ("POST", f"/v1/counters/{name}?unique=a&windows=1h*3", None),
        ("POST", f"/v1/limits/{name}/{name}?quota=5&window=24h&algorithm=fixed", None),
        ("PUT", f"/v1/leaderboards/{name}", {}),
        ("POST", f"/v1/leaderboards/{name}/members/{'m' * 256}", {"score": 1}),
        ("PUT", f"/v1/topics/{name}", {}), ("POST", f"/v1/topics/{name}?retain=true", {}),
    ]  # fmt: skip
    data.start()
    with Client(data.process.address) as http:
        for method, target, body in calls:
            text = None if body is None else json.dumps(body).encode()
            answer = http.request(method, target, text, content_type="application/json")
            assert answer.status < 300, (method, target[:30], answer)
    data.process.kill()
    data.start()
    with Client(data.process.address) as http:
        for target in [f"/v1/keys/{name}", f"/v1/counters/{name}", f"/v1/leaderboards/{name}", f"/v1/topics/{name}"]:
            assert http.request("GET", target).status == 200, target[:30]
    data.process.stop()
    data.start()
