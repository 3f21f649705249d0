"""Sessions over HTTP: documents, patches, ends, rotation, lists, refusals."""

import json
import re
import time
from datetime import datetime

import pytest

from http_client import Client
from nuthatch_process import running
from sessions import JSON, MERGE, begin, data_of, gone, handles_of, merge, operate, own, slug

UNKNOWN = "A" * 43


def at(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


# Beginning and reading


def test_a_session_begins_and_is_read_by_its_id(http):
    begun = begin(
        http, user="42", data={"cart": [1, 2.5]}, idle="30m", max="12h",
        meta={"ip": "::1", "label": "Küche"}, index={"tenant": "acme"},
    )  # fmt: skip
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", begun["id"])
    assert re.fullmatch(r"[A-Za-z0-9_-]{22}", begun["handle"])
    read = own(http, begun)
    assert read.status == 200 and read["Cache-Control"] == "no-store"
    document = read.json()
    assert b'"data":{"cart":[1,2.5]}' in read.body
    assert "id" not in document
    assert document["handle"] == begun["handle"] and document["user"] == "42"
    assert document["meta"] == {"ip": "::1", "label": "Küche"}
    assert document["index"] == {"tenant": "acme"}
    assert document["idle_ms"] == 1_800_000 and document["last_seen_resolution_ms"] == 180_000
    assert read["ETag"] == f'"{document["etag"]}"'
    now = time.time()
    assert abs(at(document["created_at"]) - now) < 60
    assert abs(at(document["expires_at"]) - now - 1800) < 60
    assert abs(at(document["max_at"]) - now - 12 * 3600) < 60
    assert 1_740_000 < document["ttl_ms"] <= 1_800_000


def test_everything_about_a_session_may_be_left_out(http):
    answer = http.request("POST", "/v1/sessions")
    assert answer.status == 201
    document = own(http, answer.json()).json()
    assert document["user"] is None and document["data"] == {} and document["meta"] == {}
    assert document["idle_ms"] is None and document["index"] == {}
    assert abs(at(document["max_at"]) - time.time() - 30 * 86400) < 60


def test_two_sessions_never_share_an_id_or_handle(http):
    begun = [begin(http) for _ in range(50)]
    assert len({session["id"] for session in begun}) == len({session["handle"] for session in begun}) == 50


def test_a_pointer_reads_one_value(http):
    session = begin(http, data={"cart": [{"sku": "é", "n": 2}], "a/b": None})
    part = own(http, session, rest="?pointer=/data/cart/0")
    assert part.status == 200 and part.body == '{"sku":"é","n":2}'.encode()
    assert part["ETag"] == own(http, session)["ETag"]
    assert own(http, session, rest="?pointer=/data/a~1b").body == b"null"
    missing = own(http, session, rest="?pointer=/data/cart/1")
    assert missing.status == 404 and missing["Cache-Control"] == "no-store"
    bad = own(http, session, rest="?pointer=data")
    assert bad.status == 400 and bad.json()["parameter"] == "pointer"


def test_head_tells_of_a_session_without_prolonging_it(http):
    session = begin(http, data={"a": 1}, idle="1h")
    read = own(http, session)
    seen = read.json()["last_seen_at"]
    head = own(http, session, "HEAD")
    assert head.status == 200 and head["ETag"] == read["ETag"]
    assert own(http, session, rest="?touch=false").json()["last_seen_at"] == seen
    assert own(http, UNKNOWN, "HEAD").status == 404


def test_a_read_under_conditions(http):
    session = begin(http, idle="1h")
    tag = own(http, session)["ETag"]
    same = own(http, session, if_none_match=tag)
    assert same.status == 304 and same["Cache-Control"] == "no-store" and same["ETag"] == tag
    assert own(http, session, if_match='"9.9"').status == 412
    merge(http, session, {"data": {"a": 1}})
    assert own(http, session, if_none_match=tag).status == 200


@pytest.mark.timed
def test_reading_slides_the_idle_time_until_max(http):
    session = begin(http, idle="2s", max="1h")
    for _ in range(5):
        time.sleep(0.6)
        assert own(http, session).status == 200
    short = begin(http, idle="1h", max="600ms")
    time.sleep(0.3)
    assert own(http, short).status == 200
    deadline = time.monotonic() + 60
    while own(http, short).status == 200:
        assert time.monotonic() < deadline
    assert gone(own(http, short)) == "expired"


def test_an_idle_session_expires_and_stays_gone(http):
    session = begin(http, user="sleeper", idle="300ms", data={"a": 1})
    deadline = time.monotonic() + 60
    while own(http, session, rest="?touch=false").status == 200:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert gone(own(http, session)) == "expired"
    assert gone(merge(http, session, {"data": {"b": 1}})) == "expired"
    assert gone(own(http, session, "PUT", "/data", {"b": 1}, JSON)) == "expired"
    assert gone(own(http, session, "POST", "/touch")) == "expired"
    assert gone(own(http, session, "POST", "/rotate")) == "expired"
    assert gone(own(http, session, "DELETE")) == "expired"
    assert gone(http.request("GET", f"/v1/sessions/{session['handle']}")) == "expired"
    assert handles_of(http, "sleeper") == set()


def test_touch_slides_and_changes_nothing(http):
    session = begin(http, idle="1h")
    before = own(http, session, rest="?touch=false").json()
    time.sleep(0.01)
    assert own(http, session, "POST", "/touch").status == 204
    after = own(http, session, rest="?touch=false").json()
    assert after["last_seen_at"] > before["last_seen_at"] and after["etag"] == before["etag"]


# Patches


def test_a_merge_patch_changes_members(http):
    session = begin(http, data={"a": 1, "b": {"c": 2}}, meta={"label": "x"}, idle="1h", index={"tenant": "a"})
    changed = merge(http, session, {"data": {"b": {"d": 1.50}, "a": None}})
    assert changed.status == 204 and changed["Cache-Control"] == "no-store"
    assert changed["ETag"] == own(http, session)["ETag"]
    assert data_of(http, session) == {"b": {"c": 2, "d": 1.5}}
    merge(http, session, {"meta": {"label": None, "ip": "::2"}, "idle": "2h", "index": {"tenant": "b"}})
    document = own(http, session).json()
    assert document["meta"] == {"ip": "::2"} and document["idle_ms"] == 7_200_000
    assert document["index"] == {"tenant": "b"} and document["data"] == {"b": {"c": 2, "d": 1.5}}
    assert merge(http, session, {"idle": None}).status == 204
    assert own(http, session).json()["idle_ms"] is None


def test_a_patch_may_answer_with_the_document(http):
    session = begin(http)
    changed = merge(http, session, {"data": {"theme": "dark"}}, prefer="return=representation")
    assert changed.status == 200 and changed["Preference-Applied"] == "return=representation"
    document = changed.json()
    assert document["data"] == {"theme": "dark"} and changed["ETag"] == f'"{document["etag"]}"'
    assert own(http, session, rest="?touch=false").json()["etag"] == document["etag"]


def test_a_json_patch_is_applied_whole_or_not_at_all(http):
    session = begin(http, data={"cart": ["a"]})
    done = operate(
        http, session,
        {"op": "test", "path": "/data/cart/0", "value": "a"},
        {"op": "add", "path": "/data/cart/-", "value": {"n": 1}},
        {"op": "copy", "from": "/data/cart/1", "path": "/data/last"},
    )  # fmt: skip
    assert done.status == 204
    assert data_of(http, session) == {"cart": ["a", {"n": 1}], "last": {"n": 1}}
    failed = operate(
        http, session,
        {"op": "remove", "path": "/data/last"},
        {"op": "test", "path": "/data/cart/0", "value": "b"},
    )  # fmt: skip
    assert failed.status == 409 and slug(failed) == "patch-conflict"
    assert failed.json()["index"] == 1 and failed.json()["pointer"] == "/data/cart/0"
    missing = operate(http, session, {"op": "remove", "path": '/data/"x"'})
    assert missing.status == 409 and missing.json()["pointer"] == '/data/"x"'
    assert data_of(http, session) == {"cart": ["a", {"n": 1}], "last": {"n": 1}}


@pytest.mark.parametrize(
    "patch, status, problem, pointer",
    [
        (b"{", 400, "bad-request", ""),
        (b"[]", 422, "unprocessable", ""),
        (b'{"data":[]}', 400, "bad-request", "/data"),
        (b'{"data":null}', 400, "bad-request", "/data"),
        (b'{"meta":1}', 400, "bad-request", "/meta"),
        pytest.param(b'{"meta":{"a":"' + b"x" * 5000 + b'"}}', 400, "bad-request", "/meta", id="long meta"),
        (b'{"idle":"soon"}', 400, "bad-request", "/idle"),
        (b'{"index":{"a":1}}', 400, "bad-request", "/index"),
        (b'{"index":{"a:b":"1"}}', 400, "bad-request", "/index"),
        (b'{"index":{"a":"1","b":"2","c":"3","d":"4"}}', 400, "bad-request", "/index"),
        (b'{"user":"43"}', 422, "unprocessable", "/user"),
        (b'{"max":"1h"}', 422, "unprocessable", "/max"),
        (b'{"id":"x"}', 422, "unprocessable", "/id"),
        pytest.param(b'{"data":{"a":"' + b"x" * 70_000 + b'"}}', 413, "too-large", None, id="long data"),
    ],
)
def test_a_merge_patch_is_refused_for_what_it_would_make(http, patch, status, problem, pointer):
    session = begin(http, user="42", data={"a": 1})
    refused = merge(http, session, patch)
    assert refused.status == status and slug(refused) == problem, refused.body
    assert refused["Cache-Control"] == "no-store"
    if pointer is not None:
        assert refused.json()["pointer"] == pointer
    assert data_of(http, session) == {"a": 1}


@pytest.mark.parametrize(
    "patch, pointer",
    [
        (b"{}", ""), (b"[{}]", "/0"), (b'[{"op":"test","path":"","value":1},{"op":"grow","path":""}]', "/1"),
        (b'[{"op":"add","path":"/data"}]', "/0"), (b'[{"op":"add","path":"data","value":1}]', "/0"),
        (b'[{"op":"move","from":"/data","path":"/data/x"}]', "/0"), (b'[{"op":1', "/0"),
    ],
)  # fmt: skip
def test_a_malformed_json_patch_is_refused(http, patch, pointer):
    session = begin(http)
    refused = own(http, session, "PATCH", body=patch, kind="application/json-patch+json")
    assert refused.status == 400 and slug(refused) == "bad-request", refused.body
    assert refused.json()["pointer"].startswith(pointer)


def test_a_patch_of_another_type_is_415_and_says_which(http):
    session = begin(http)
    for kind in (JSON, "text/plain", None):
        refused = own(http, session, "PATCH", body={}, kind=kind)
        assert refused.status == 415 and "application/merge-patch+json" in refused["Accept-Patch"]
    options = http.request("OPTIONS", "/v1/sessions/self")
    assert options.status == 204 and "PATCH" in options["Allow"] and "json-patch+json" in options["Accept-Patch"]


def test_data_grows_to_its_limit_and_no_further(http):
    session = begin(http)
    body = {"a": "x" * (65_536 - len('{"a":""}'))}
    assert own(http, session, "PUT", "/data", body, JSON).status == 204
    assert data_of(http, session) == body
    over = merge(http, session, {"data": {"a": body["a"] + "x"}})
    assert over.status == 413 and over.json()["limit"] == 65_536
    longer = own(http, session, "PUT", "/data", {"a": body["a"] + "x"}, JSON)
    assert longer.status == 413 and longer.json()["limit"] == 65_536
    assert http.request("POST", "/v1/sessions", json.dumps({"data": {"a": "x" * 66_000}}).encode(),
                        content_type=JSON).status == 413  # fmt: skip
    assert data_of(http, session) == body


def test_data_is_put_whole_under_conditions(http):
    session = begin(http, data={"a": 1})
    tag = own(http, session)["ETag"]
    put = own(http, session, "PUT", "/data", b' { "b" : [ 1.0 , "x y" ] } ', JSON, if_match=tag)
    assert put.status == 204 and put["ETag"] != tag
    assert b'"data":{"b":[1.0,"x y"]}' in own(http, session).body
    late = own(http, session, "PUT", "/data", {}, JSON, if_match=tag)
    assert late.status == 412 and late.json()["etag"] == put["ETag"].strip('"')
    assert merge(http, session, {"data": {}}, if_match=tag).status == 412
    assert own(http, session, "DELETE", if_match=tag).status == 412
    assert own(http, session, "POST", "/rotate", if_match=tag).status == 412


@pytest.mark.parametrize("body", [b"[]", b"1", b"", b"{", b'{"a":1,"a":2}', b"[" * 70 + b"]" * 70])
def test_data_that_is_no_object_is_refused(http, body):
    session = begin(http, data={"a": 1})
    assert own(http, session, "PUT", "/data", body, JSON).status == 400
    assert data_of(http, session) == {"a": 1}


def test_data_as_deep_as_can_be_put_can_be_patched(http):
    session = begin(http)
    deep = b'{"a":' * 63 + b"1" + b"}" * 63
    assert own(http, session, "PUT", "/data", deep, JSON).status == 204
    assert merge(http, session, {"data": {"b": 1}}).status == 204
    assert own(http, session, "PUT", "/data", b'{"a":' + deep + b"}", JSON).status == 400


# Ends


def test_a_destroyed_session_is_gone_for_good(http):
    session = begin(http, user="leaver", data={"a": 1})
    assert own(http, session, "DELETE").status == 204
    assert gone(own(http, session)) == "destroyed"
    assert own(http, session, "HEAD").status == 410
    assert gone(merge(http, session, {"data": {}})) == "destroyed"
    assert gone(own(http, session, "PUT", "/data", {}, JSON)) == "destroyed"
    assert gone(own(http, session, "DELETE")) == "destroyed"
    assert handles_of(http, "leaver") == set()


def test_a_session_is_revoked_by_its_handle(http):
    session = begin(http, user="watched", data={"secret": 1}, meta={"ua": "curl"})
    target = f"/v1/sessions/{session['handle']}"
    seen = http.request("GET", target)
    assert seen.status == 200 and "data" not in seen.json() and seen.json()["meta"] == {"ua": "curl"}
    assert http.request("GET", target + "?data=true").json()["data"] == {"secret": 1}
    assert http.request("DELETE", target).status == 204
    assert gone(own(http, session)) == "revoked"
    assert gone(http.request("DELETE", target)) == "revoked"


def test_an_unknown_id_is_never_written_into_being(http):
    for answer in (
        own(http, UNKNOWN),
        merge(http, UNKNOWN, {"data": {}}),
        own(http, UNKNOWN, "PUT", "/data", {}, JSON),
        own(http, UNKNOWN, "POST", "/touch"),
        own(http, UNKNOWN, "POST", "/rotate"),
        own(http, UNKNOWN, "DELETE"),
        http.request("GET", f"/v1/sessions/{'A' * 22}"),
        http.request("DELETE", "/v1/sessions/not-a-handle"),
    ):
        assert answer.status == 404 and slug(answer) == "not-found", answer
        assert answer["Cache-Control"] == "no-store"


def test_requests_about_self_name_the_session(http):
    for method, rest in (("GET", ""), ("PATCH", ""), ("DELETE", ""), ("PUT", "/data"), ("POST", "/touch"),
                         ("POST", "/rotate")):  # fmt: skip
        missing = http.request(method, f"/v1/sessions/self{rest}")
        assert missing.status == 400 and slug(missing) == "session-missing"
    long = own(http, "x" * 513)
    assert long.status == 400 and slug(long) == "session-missing"


# Rotation


def test_rotation_moves_everything_to_a_new_id(http):
    session = begin(http, user="guest", data={"cart": [1]}, idle="1h", meta={"ip": "::1"}, index={"t": "a"})
    before = own(http, session).json()
    rotated = own(http, session, "POST", "/rotate?grace=60s", {"user": "alice", "data": {"since": 1}}, JSON)
    assert rotated.status == 201
    fresh = rotated.json()
    assert fresh["id"] != session["id"] and fresh["handle"] == session["handle"]
    after = own(http, fresh).json()
    assert after["user"] == "alice" and after["data"] == {"cart": [1], "since": 1}
    for member in ("meta", "index", "idle_ms", "max_at", "created_at", "handle"):
        assert after[member] == before[member]
    assert handles_of(http, "guest") == set() and handles_of(http, "alice") == {session["handle"]}
    old = own(http, session)
    assert old.status == 200 and old["Nuthatch-Session-Rotated"] == "?1" and old.json()["user"] == "alice"
    for write in (
        merge(http, session, {"data": {}}), own(http, session, "PUT", "/data", {}, JSON),
        own(http, session, "POST", "/rotate"), own(http, session, "DELETE"),
    ):  # fmt: skip
        assert write.status == 409 and slug(write) == "session-rotated"
    assert http.request("DELETE", f"/v1/sessions/{session['handle']}").status == 204
    assert gone(own(http, fresh)) == "revoked"


def test_after_its_grace_a_replaced_id_is_gone(http):
    session = begin(http)
    fresh = own(http, session, "POST", "/rotate", {"grace": "200ms"}, JSON).json()
    deadline = time.monotonic() + 60
    while own(http, session).status == 200:
        assert time.monotonic() < deadline
    assert gone(own(http, session)) == "rotated"
    assert gone(merge(http, session, {"data": {}})) == "rotated"
    assert own(http, fresh).status == 200
    again = own(http, fresh, "POST", "/rotate?grace=1ms").json()
    assert own(http, again).status == 200


def test_rotation_is_refused_what_it_does_not_take(http):
    session = begin(http)
    for rest, body in (
        ("?grace=6m", None), ("?grace=x", None), ("?grace=1s", {"grace": "1s"}), ("", {"meta": {}}),
        ("", {"data": 1}), ("", {"user": ""}), ("?ttl=1", None),
    ):  # fmt: skip
        refused = own(http, session, "POST", "/rotate" + rest, body, JSON if body else None)
        assert refused.status == 400, (rest, body, refused)


# Users, attributes, caps


def test_the_list_of_a_user_names_the_live_sessions(http):
    begun = [begin(http, user="lister", data={"n": n}) for n in range(7)]
    begin(http, user="other lister")
    expected = {session["handle"] for session in begun}
    assert handles_of(http, "lister") == expected
    own(http, begun[0], "DELETE")
    assert handles_of(http, "lister") == expected - {begun[0]["handle"]}
    page = http.request("GET", "/v1/users/lister/sessions").json()
    assert all(item["user"] == "lister" and "data" not in item for item in page["items"])
    assert len(handles_of(http, "other%20lister")) == 1


def test_lists_come_in_pages(http):
    expected = {begin(http, user="pager", index={"team": "pages"})["handle"] for _ in range(25)}
    for target in ("/v1/users/pager/sessions?limit=4", "/v1/sessions?where=team:pages&limit=4"):
        found, cursor = [], ""
        while True:
            answer = http.request("GET", target + cursor)
            page = answer.json()
            assert len(page["items"]) <= 4 and answer["Cache-Control"] == "no-store"
            found += [item["handle"] for item in page["items"]]
            if page["next"] is None:
                break
            assert page["next"] in answer["Link"]
            cursor = f"&cursor={page['next']}"
        assert len(found) == len(set(found)) == 25 and set(found) == expected
        foreign = http.request("GET", "/v1/users/other/sessions" + cursor.replace("&", "?"))
        assert foreign.status == 400 and slug(foreign) == "bad-cursor"


def test_a_walk_over_all_sessions_finds_each(start_server):
    process = start_server()
    with Client(process.address) as client:
        expected = {begin(client)["handle"] for _ in range(300)}
        found, cursor = [], ""
        while True:
            page = client.request("GET", "/v1/sessions?limit=50" + cursor).json()
            found += [item["handle"] for item in page["items"]]
            if page["next"] is None:
                break
            cursor = f"&cursor={page['next']}"
        assert set(found) == expected


def test_attributes_find_sessions_and_follow_patches(http):
    one = begin(http, index={"tenant": "acme:eu", "shop": "1"})
    begin(http, index={"tenant": "acme"})

    def found(where):
        items = http.request("GET", f"/v1/sessions?where={where}").json()["items"]
        return {item["handle"] for item in items}

    assert found("tenant:acme:eu") == {one["handle"]} == found("shop:1")
    merge(http, one, {"index": {"tenant": "moved", "shop": None}})
    assert found("tenant:acme:eu") == set() == found("shop:1")
    assert found("tenant:moved") == {one["handle"]}
    for bad in ("where=tenant", "where=:x", "limit=0", "tenant=x"):
        assert http.request("GET", f"/v1/sessions?{bad}").status == 400


def test_log_out_everywhere_else(http):
    mine, *others = [begin(http, user="roamer") for _ in range(5)]
    refused = http.request("DELETE", "/v1/users/roamer/sessions?except=self")
    assert refused.status == 400 and slug(refused) == "session-missing"
    unknown = http.request("DELETE", "/v1/users/roamer/sessions?except=self", nuthatch_session=UNKNOWN)
    assert unknown.status == 404 and len(handles_of(http, "roamer")) == 5
    done = http.request("DELETE", "/v1/users/roamer/sessions?except=self", nuthatch_session=mine["id"])
    assert done.status == 200 and done.json() == {"revoked": 4} and done["Cache-Control"] == "no-store"
    assert handles_of(http, "roamer") == {mine["handle"]}
    assert {gone(own(http, other)) for other in others} == {"revoked"}
    more = begin(http, user="roamer")
    kept = http.request("DELETE", f"/v1/users/roamer/sessions?except={more['handle']}")
    assert kept.json() == {"revoked": 1} and gone(own(http, mine)) == "revoked"
    assert http.request("DELETE", "/v1/users/roamer/sessions").json() == {"revoked": 1}
    assert http.request("DELETE", "/v1/users/roamer/sessions").json() == {"revoked": 0}


def test_a_cap_ends_the_oldest_or_refuses_the_newest(http):
    cap = {"max": 3}
    begun = []
    for _ in range(5):
        begun.append(begin(http, user="capped", cap=cap))
        time.sleep(0.002)
    assert handles_of(http, "capped") == {session["handle"] for session in begun[2:]}
    assert gone(own(http, begun[0])) == "capped"
    refused = http.request(
        "POST", "/v1/sessions", b'{"user":"capped","cap":{"max":3,"policy":"reject"}}', content_type=JSON
    )
    assert refused.status == 409 and slug(refused) == "session-cap" and refused.json()["live"] == 3


@pytest.mark.parametrize(
    "body, pointer",
    [
        ({"user": 1}, "/user"), ({"user": ""}, "/user"), ({"data": []}, "/data"), ({"data": None}, "/data"),
        ({"idle": "never"}, "/idle"), ({"idle": 0}, "/idle"), ({"max": True}, "/max"), ({"max": "11000d"}, "/max"),
        ({"meta": 1}, "/meta"), ({"index": {"a": 1}}, "/index/a"), ({"index": {"a:b": "1"}}, "/index/a:b"),
        ({"index": {"a": "x" * 256}}, "/index/a"), ({"user": "u", "cap": {"max": 0}}, "/cap"),
        ({"cap": {"max": 3}}, "/cap"),
        ({"cap": {"max": 1, "policy": "newest"}}, "/cap/policy"), ({"cap": {}}, "/cap"), ({"ttl": "1h"}, "/ttl"),
        ({"id": "x"}, "/id"),
    ],
)  # fmt: skip
def test_a_beginning_is_refused_what_it_does_not_take(http, body, pointer):
    refused = http.request("POST", "/v1/sessions", json.dumps(body).encode(), content_type=JSON)
    assert refused.status == 400 and slug(refused) == "bad-request", refused.body
    assert refused.json()["pointer"].startswith(pointer)


def test_a_beginning_takes_json_only(http):
    assert http.request("POST", "/v1/sessions", b"{}", content_type="text/plain").status == 415
    assert http.request("POST", "/v1/sessions", b"{", content_type=JSON).status == 400
    assert http.request("POST", "/v1/sessions?user=1").status == 400
    assert http.request("POST", "/v1/sessions", accept="text/html").status == 406
    assert http.request("PUT", "/v1/sessions").status == 405
    session = begin(http)
    assert own(http, session, accept="text/html").status == 406
    assert merge(http, session, {"data": {}}, accept="text/html").status == 204
    assert own(http, session, "DELETE", accept="text/html").status == 204


# Settings and permissions


def test_client_chosen_ids_where_they_are_allowed():
    with running("--session-client-ids") as process, Client(process.address) as client:
        chosen = "my-own-session-id"
        assert own(client, chosen).status == 404
        begun = own(client, chosen, "PUT", "/data", {"a": 1}, JSON)
        assert begun.status == 201 and "id" not in begun.json() and len(begun.json()["handle"]) == 22
        assert own(client, chosen, "PUT", "/data", {"a": 2}, JSON).status == 204
        assert data_of(client, chosen) == {"a": 2}
        short = own(client, "x" * 15, "PUT", "/data", {}, JSON)
        assert short.status == 400 and slug(short) == "session-missing"
        assert own(client, "another-id-of-mine", "PUT", "/data", {}, JSON, if_match="*").status in (404, 412)
        assert own(client, chosen, "DELETE").status == 204
        assert gone(own(client, chosen, "PUT", "/data", {}, JSON)) == "destroyed"


def test_who_may_do_what(tmp_path):
    tokens = tmp_path / "tokens"
    tokens.write_text("full everything-000000\nwrite writing-0000000\nread reading-00000000\n")
    with running("--token-file", tokens) as process:
        with Client(process.address, "writing-0000000") as writer, Client(process.address, "reading-00000000") as reader, \
                Client(process.address, "everything-000000") as admin:  # fmt: skip
            session = begin(writer, user="u", data={"a": 1})
            target = f"/v1/sessions/{session['handle']}"
            assert own(reader, session).json()["data"] == {"a": 1}
            assert merge(reader, session, {}).status == 403
            assert reader.request("POST", "/v1/sessions").status == 403
            assert reader.request("GET", target).status == 200
            hidden = reader.request("GET", target + "?data=true")
            assert hidden.status == 403 and hidden.json()["needs"] == "manage"
            assert reader.request("GET", "/v1/users/u/sessions?data=true").status == 403
            assert admin.request("GET", "/v1/users/u/sessions?data=true").json()["items"][0]["data"] == {"a": 1}
            assert reader.request("DELETE", "/v1/users/u/sessions").status == 403
