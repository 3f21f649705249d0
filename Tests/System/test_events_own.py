"""The server's own topics: what counters, leaderboards and sessions are, told to those who listen."""

import json
import time

from event_stream import stream

JSON = "application/json"


def data(event):
    return json.loads(event.json["data"]) if isinstance(event.json["data"], str) else event.json["data"]


def submit(http, board, member, score):
    body = json.dumps({"score": score}).encode()
    assert http.request("POST", f"/v1/leaderboards/{board}/members/{member}", body, content_type=JSON).status == 200


def test_a_counter_tells_what_it_is_at_most_ten_times_a_second(server, http, key):
    with stream(server.address, f"$counters/{key}") as reader:
        began = time.monotonic()
        for _ in range(300):
            http.request("POST", f"/v1/counters/{key}?by=2")
        took = time.monotonic() - began
        events = [reader.next()]
        while data(events[-1])["value"] != 600:
            events.append(reader.next())
        assert events[0].event == "value" and data(events[0]) == {"counter": key, "value": 2}
        values = [data(event)["value"] for event in events]
        assert values == sorted(set(values)), "an old value behind a newer one"
        assert len(events) <= 3 + (took + 0.2) * 10, f"{len(events)} events in {took} s"
        assert reader.is_quiet(0.3)


def test_set_and_reset_and_batches_are_told_too(server, http, key):
    with stream(server.address, f"$counters/{key}") as reader:
        http.request("PUT", f"/v1/counters/{key}", b'{"value":41}', content_type=JSON)
        assert data(reader.next())["value"] == 41
        line = json.dumps({"name": key}).encode()
        http.request("POST", "/v1/counters:batch", line, content_type="application/x-ndjson")
        assert data(reader.next())["value"] == 42
        http.request("POST", f"/v1/counters/{key}/reset")
        assert data(reader.next())["value"] == 0


def test_a_leaderboard_tells_its_top_and_members_that_pass_and_are_passed(server, http, key):
    http.request("PUT", f"/v1/leaderboards/{key}", b"{}", content_type=JSON)
    for number in range(20):
        submit(http, key, f"m{number}", 1000 - number)
    with stream(server.address, f"$boards/{key}") as top, \
            stream(server.address, f"$boards/{key}/members/m15") as climber, \
            stream(server.address, f"$boards/{key}/members/m3") as passed, \
            stream(server.address, f"$boards/{key}/members/m18") as other:
        other.block()
        submit(http, key, "m15", 998)
        event = top.next()
        assert event.event == "top"
        assert data(event) == {"member": "m15", "score": 998, "rank": 3, "previous_rank": 16, "of": 20}
        event = climber.next()
        assert event.event == "passed" and data(event)["rank"] == 3
        event = passed.next()
        assert event.event == "was-passed"
        assert data(event) == {
            "member": "m3", "score": 997, "rank": 5, "previous_rank": 4, "of": 20, "by": "m15"}
        assert other.is_quiet(0.3), "who stays where it was is told nothing"
        submit(http, key, "m19", 985)
        assert top.is_quiet(0.3), "a change far below is no news of the top"


def test_nothing_of_it_is_told_or_remembered_where_nobody_listens(server, http, key):
    http.request("POST", f"/v1/counters/{key}")
    assert http.request("GET", f"/v1/topics/%24counters%2F{key}").status == 404
    assert http.request("POST", "/v1/topics/%24counters%2Fx", b"1").status == 403


def test_patterns_match_own_topics_only_by_their_first_level(server, http, key):
    with stream(server.address, match=["$counters/**"]) as own, stream(server.address, match=["**"]) as all_others:
        all_others.block()
        http.request("POST", f"/v1/counters/{key}")
        # The last value of another test's counter may still be on its way.
        while (topic := own.next().json["topic"]) != f"$counters/{key}":
            assert topic.startswith("$counters/")
        assert all_others.is_quiet(0.2)


def test_what_becomes_of_sessions_is_told_by_handle_and_never_by_id(server, http):
    def post(target, body, **fields):
        return http.request("POST", target, json.dumps(body).encode(), content_type=JSON, **fields).json()

    with stream(server.address, "$sessions") as reader:
        first = post("/v1/sessions", {"user": "own", "data": {"secret": "cart"}})
        second = post("/v1/sessions/self/rotate?grace=10s", {}, nuthatch_session=first["id"])
        http.request("DELETE", "/v1/sessions/self", nuthatch_session=second["id"])
        capped = [post("/v1/sessions", {"user": "own", "cap": {"max": 1}}) for _ in range(2)]
        short = post("/v1/sessions", {"user": "other", "idle": "100ms"})
        ours = {session["handle"] for session in [first, *capped, short]}
        told = []
        while not told or told[-1][0] != "expired":
            event = reader.next()
            assert first["id"] not in str(event.json) and "cart" not in str(event.json)
            assert event.json["key"] == data(event)["handle"]
            if data(event)["handle"] in ours:
                told.append((event.event, data(event)["handle"], data(event).get("reason")))
    handle = first["handle"]
    assert told == [
        ("created", handle, None), ("rotated", handle, None), ("revoked", handle, "destroyed"),
        ("created", capped[0]["handle"], None), ("created", capped[1]["handle"], None),
        ("revoked", capped[0]["handle"], "capped"), ("created", short["handle"], None),
        ("expired", short["handle"], "expired"),
    ]  # fmt: skip
