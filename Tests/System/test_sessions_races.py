"""Sessions under many clients at once: no session comes back, no update is lost, no list lies."""

import threading
import time
from contextlib import ExitStack

import pytest

from http_client import Client
from repetitions import times
from sessions import begin, data_of, gone, handles_of, merge, operate, own, slug
from test_keys_races import together


def every(server, count, action):
    """Runs the action on threads with a client each; returns the results."""

    def run(number):
        with Client(server.address) as client:
            return action(client, number)

    return together(count, run)


class Chase:
    """The session that is patched at the moment, and those whose end was answered."""

    def __init__(self):
        self.current = ""
        self.ended = set()
        self.patched = 0
        self.late = 0
        self.is_over = False


@pytest.mark.deadline(120)
@pytest.mark.parametrize("way", ["own id", "handle", "user"])
def test_no_request_brings_a_session_back(server, http, key, way):
    """16 clients patch one session in a loop while it is ended, again and again."""
    rounds = times(150, 1000, 1000)
    chase = Chase()
    kinds = [{"data": {"n": 1}}, {"idle": "1h"}, {"meta": {"a": None}, "data": {"b": {}}}]

    def patch(client, number):
        refused = set()
        while not chase.is_over:
            target = chase.current
            was_ended = target in chase.ended or target in refused
            status = merge(client, target, kinds[number % len(kinds)]).status
            if status == 204:
                assert not was_ended, f"{target} came back"
                chase.patched += 1
            else:
                assert status == 410, status
                refused.add(target)
                chase.late += was_ended

    def end_all(client):
        for number in range(rounds):
            session = begin(client, user=key, data={"n": 0})
            before = chase.patched
            chase.current = session["id"]
            while chase.patched < before + 8:
                time.sleep(0)
            if way == "own id":
                assert own(client, session, "DELETE").status == 204
            elif way == "handle":
                assert client.request("DELETE", f"/v1/sessions/{session['handle']}").status == 204
            else:
                assert client.request("DELETE", f"/v1/users/{key}/sessions").json() == {"revoked": 1}
            chase.ended.add(session["id"])
            assert gone(own(client, session)) == ("destroyed" if way == "own id" else "revoked")

    def run(client, number):
        if number > 0:
            return patch(client, number)
        try:
            end_all(client)
        finally:
            chase.is_over = True

    chase.current = first = begin(http)["id"]
    every(server, 17, run)
    own(http, first, "DELETE")
    assert len(chase.ended) == rounds and chase.late > 0
    for session in chase.ended:
        assert own(http, session).status == 410 and merge(http, session, {"data": {}}).status == 410
    assert handles_of(http, key) == set()


@pytest.mark.deadline(120)
def test_merging_different_members_loses_nothing(server, http):
    rounds = times(2000, 10_000, 10_000)
    session = begin(http, data={"a": 0, "b": 0, "keep": [1, 2]})

    def write(client, number):
        mine, other = "ab"[number], "ba"[number]
        seen = 0
        for value in range(1, rounds + 1):
            answer = merge(client, session, {"data": {mine: value}}, prefer="return=representation")
            assert answer.status == 200, answer
            data = answer.json()["data"]
            assert data[mine] == value and data[other] >= seen and data["keep"] == [1, 2]
            seen = data[other]

    every(server, 2, write)
    assert data_of(http, session) == {"a": rounds, "b": rounds, "keep": [1, 2]}


def test_operations_of_many_clients_are_all_there(server, http):
    session = begin(http, data={"list": []})

    def append(client, number):
        for value in range(60):
            done = operate(client, session, {"op": "add", "path": "/data/list/-", "value": number * 1000 + value})
            assert done.status == 204

    every(server, 8, append)
    found = data_of(http, session)["list"]
    assert sorted(found) == [number * 1000 + value for number in range(8) for value in range(60)]
    for number in range(8):
        assert [n for n in found if n // 1000 == number] == [number * 1000 + value for value in range(60)]


def test_of_many_rotations_one_wins(server, http, key):
    for _ in range(20):
        session = begin(http, user=key, data={"n": 1})
        answers = every(server, 8, lambda client, _: own(client, session, "POST", "/rotate?grace=60s"))
        assert sorted(answer.status for answer in answers) == [201] + [409] * 7
        assert {slug(answer) for answer in answers if answer.status == 409} == {"session-rotated"}
        fresh = next(answer.json() for answer in answers if answer.status == 201)
        assert own(http, fresh).json()["data"] == {"n": 1}
        assert handles_of(http, key) == {session["handle"]}
        assert own(http, fresh, "DELETE").status == 204


def test_a_reader_never_misses_a_session_that_rotates(server, http, key):
    session = begin(http, user=key, data={"n": 0})
    state = {"id": session["id"], "over": False}

    def run(client, number):
        if number > 0:
            while not state["over"]:
                assert own(client, state["id"]).status == 200
                assert handles_of(client, key) == {session["handle"]}
                assert client.request("GET", f"/v1/sessions/{session['handle']}").status == 200
            return
        try:
            for _ in range(100):
                answer = own(client, state["id"], "POST", "/rotate?grace=60s")
                assert answer.status == 201, answer
                state["id"] = answer.json()["id"]
        finally:
            state["over"] = True

    every(server, 6, run)


@pytest.mark.deadline(60)
def test_the_list_of_a_user_is_never_wrong(server, key):
    """What was begun before a list and ended after it is listed; what was ended before it is not."""
    live, dead, lock = {}, set(), threading.Lock()
    lists = times(60, 400, 2000)
    state = {"over": False}

    def write(client, number):
        while not state["over"]:
            session = begin(client, user=key, idle="1h")
            with lock:
                live[session["handle"]] = session["id"]
            if number % 2:
                fresh = own(client, session, "POST", "/rotate").json()
                assert fresh["handle"] == session["handle"]
                session = fresh
            with lock:
                del live[session["handle"]]
            assert own(client, session, "DELETE").status == 204
            with lock:
                dead.add(session["handle"])

    def run(client, number):
        if number > 0:
            return write(client, number)
        try:
            done = 0
            # As long as it takes the writers, who are not given their turns as evenly everywhere.
            while done < lists or len(dead) <= lists:
                done += 1
                with lock:
                    before, ended = set(live), set(dead)
                found = handles_of(client, key)
                with lock:
                    after = set(live)
                assert before & after <= found, "a live session was missed"
                assert not ended & found, "a session that had ended was listed"
        finally:
            state["over"] = True

    every(server, 9, run)
    assert len(dead) > lists


def test_a_cap_holds_whoever_begins(server, http, key):
    def start(client, _):
        return [begin(client, user=key, cap={"max": 5}) for _ in range(15)]

    begun = [session for sessions in every(server, 8, start) for session in sessions]
    live = handles_of(http, key)
    assert len(live) == 5
    for session in begun:
        answer = own(http, session)
        assert answer.status == (200 if session["handle"] in live else 410)


def test_no_session_is_begun_past_a_cap_that_rejects(server, http, key):
    def start(client, _):
        body = b'{"user":"%s","cap":{"max":3,"policy":"reject"}}' % key.encode()
        return [client.request("POST", "/v1/sessions", body, content_type="application/json").status for _ in range(10)]

    statuses = sum(every(server, 8, start), [])
    assert statuses.count(201) == 3 and statuses.count(409) == 77
    assert len(handles_of(http, key)) == 3


def test_log_out_everywhere_leaves_only_what_came_later(server, http, key):
    """Every session is either revoked or begun behind the revocation; none is half of it."""
    with ExitStack() as stack:
        clients = [stack.enter_context(Client(server.address)) for _ in range(4)]
        state = {"over": False}
        begun = [[] for _ in clients]

        def run(number):
            if number < 4:
                while not state["over"]:
                    begun[number].append(begin(clients[number], user=key))
                return 0
            revoked = 0
            try:
                for _ in range(30):
                    revoked += http.request("DELETE", f"/v1/users/{key}/sessions").json()["revoked"]
            finally:
                state["over"] = True
            return revoked

        revoked = together(5, run)[4]
    sessions = sum(begun, [])
    live = handles_of(http, key)
    assert revoked == len(sessions) - len(live)
    for session in sessions:
        assert own(http, session, "HEAD").status == (200 if session["handle"] in live else 410)
