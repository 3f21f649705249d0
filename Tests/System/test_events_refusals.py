"""Every bad request to topics and events has a decided answer."""

import json

import pytest

from raw_http import Response

REFUSED_STREAMS = [
    ("", 400, "bad-parameter"),
    ("last=3", 400, "bad-parameter"),
    ("topic=", 400, "bad-parameter"),
    ("topic=" + "x" * 4097, 400, "bad-parameter"),
    ("&".join(f"topic=t{number}" for number in range(257)), 400, "bad-parameter"),
    ("&".join(f"match=m{number}/*" for number in range(65)), 400, "bad-parameter"),
    ("match=", 400, "bad-parameter"),
    ("match=a*", 400, "bad-parameter"),
    ("match=**/a", 400, "bad-parameter"),
    ("match=a/***", 400, "bad-parameter"),
    ("match=" + "/".join(["a"] * 33), 400, "bad-parameter"),
    ("topic=a&topics=b", 400, "bad-parameter"),
    ("topic=a&since=b&since=c", 400, "bad-parameter"),
    ("topic=a&since=nonsense", 400, "bad-cursor"),
    ("topic=a&since=2026-01-02", 400, "bad-cursor"),
    ("topic=a&last=0", 400, "bad-parameter"),
    ("topic=a&last=1001", 400, "bad-parameter"),
    ("topic=a&last=x", 400, "bad-parameter"),
    ("topic=a&where=created", 400, "bad-parameter"),
    ("topic=a&where=event:", 400, "bad-parameter"),
    ("topic=a&where=type:x", 400, "bad-parameter"),
    ("topic=a&where=event:x&where=event:y", 400, "bad-parameter"),
    ("topic=a&slow=wait", 400, "bad-parameter"),
    ("topic=a&envelope=xml", 400, "bad-parameter"),
    ("topic=a&topic=b&envelope=none", 400, "bad-parameter"),
    ("match=a&envelope=none", 400, "bad-parameter"),
    ("topic=a&envelope=none&poll=true", 400, "bad-parameter"),
    ("topic=a&heartbeat=5s", 400, "bad-parameter"),
    ("topic=a&presence=yes", 400, "bad-parameter"),
    ("topic=a&poll=1", 400, "bad-parameter"),
    ("topic=a&wait=3s", 400, "bad-parameter"),
    ("topic=a&poll=true&wait=soon", 400, "bad-parameter"),
    ("topic=a&ticket=made-up", 401, "unauthorized"),
    ("topic=%zz", 400, "bad-parameter"),
]


def problem(response: Response, status: int, slug: str):
    assert response.status == status, response
    assert json.loads(response.body)["type"] == f"urn:nuthatch:problem:{slug}", response.body
    return json.loads(response.body)


@pytest.mark.parametrize("query, status, slug", REFUSED_STREAMS, ids=[row[0][:40] for row in REFUSED_STREAMS])
def test_a_stream_that_cannot_be_is_refused(http, query, status, slug):
    problem(http.request("GET", f"/v1/events?{query}", accept="*/*"), status, slug)


def test_many_topics_and_patterns_are_taken_up_to_the_limit(http):
    pairs = [f"topic=t{number}" for number in range(256)] + [f"match=m{number}/*" for number in range(64)]
    assert http.request("GET", "/v1/events?poll=true&" + "&".join(pairs)).status == 204


@pytest.mark.parametrize(
    "body, type, status, slug",
    [
        (b'{"topic":["a"]}', "text/plain", 415, "unsupported-media-type"),
        (b'{"topic":["a"]', "application/json", 400, "bad-request"),
        (b'{"topic":["a"],"tpoic":"b"}', "application/json", 400, "bad-parameter"),
        (b'{"topic":["a"],"topics":["b"]}', "application/json", 400, "bad-parameter"),
        (b'{"topic":[["a"]]}', "application/json", 400, "bad-request"),
        (b'{"topic":[]}', "application/json", 400, "bad-parameter"),
        (b"{}", "application/json", 400, "bad-parameter"),
        (b'{"topic":"a","last":1.5}', "application/json", 400, "bad-request"),
        (b'{"topic":"a","since":"b"}', "application/json", 400, "bad-cursor"),
    ],
)
@pytest.mark.parametrize("method, target", [("QUERY", "/v1/events"), ("POST", "/v1/events:query")])
def test_a_query_that_cannot_be_is_refused(http, method, target, body, type, status, slug):
    problem(http.request(method, target, body, content_type=type), status, slug)


def test_a_query_takes_its_parameters_in_the_body_alone(http):
    answer = http.request("QUERY", "/v1/events?last=3", b'{"topic":"a"}', content_type="application/json")
    problem(answer, 400, "bad-parameter")


def test_forms_that_do_not_exist_are_not_acceptable(http):
    problem(http.request("GET", "/v1/events?topic=a", accept="application/json"), 406, "not-acceptable")
    problem(http.request("GET", "/v1/events?topic=a&poll=true", accept="text/event-stream"), 406, "not-acceptable")
    problem(http.request("GET", "/v1/topics/a/history", accept="text/csv"), 406, "not-acceptable")


@pytest.mark.parametrize("name", ["gap", "binary", "heartbeat", "join", "leave", "timeout", "auth-expired"])
def test_the_servers_own_event_names_cannot_be_published(http, name):
    assert problem(http.request("POST", f"/v1/topics/t?event={name}", b"x"), 400, "bad-parameter")["parameter"] == "event"


@pytest.mark.parametrize("parameter", ["event", "key"])
@pytest.mark.parametrize("byte", ["%0A", "%0D", "%00"])
def test_what_could_end_a_line_cannot_be_published(http, parameter, byte):
    answer = http.request("POST", f"/v1/topics/t?{parameter}=a{byte}b", b"x")
    assert problem(answer, 400, "bad-parameter")["parameter"] == parameter


REFUSED_PUBLICATIONS = [
    ("/v1/topics/t?event=" + "x" * 257, 400, "bad-parameter"),
    ("/v1/topics/t?event=%FF", 400, "bad-parameter"),
    ("/v1/topics/t?key=" + "x" * 1025, 400, "bad-parameter"),
    ("/v1/topics/t?dedup=", 400, "bad-parameter"),
    ("/v1/topics/t?dedup=" + "x" * 257, 400, "bad-parameter"),
    ("/v1/topics/t?ttl=0", 400, "bad-parameter"),
    ("/v1/topics/t?retain=yes", 400, "bad-parameter"),
    ("/v1/topics/t?evnt=x", 400, "bad-parameter"),
    ("/v1/topics/", 400, "bad-name"),
    ("/v1/topics/%zz", 400, "bad-name"),
    ("/v1/topics/" + "x" * 4097, 400, "bad-name"),
    ("/v1/topics/a/b", 404, "no-such-resource"),
    ("/v1/topics/$events", 403, "forbidden"),
    ("/v1/topics/%24events", 403, "forbidden"),
]


@pytest.mark.parametrize("target, status, slug", REFUSED_PUBLICATIONS, ids=[row[0][:40] for row in REFUSED_PUBLICATIONS])
def test_a_publication_that_cannot_be_is_refused(http, target, status, slug):
    problem(http.request("POST", target, b"x"), status, slug)


def test_an_event_is_at_most_64_kib(http):
    assert http.request("POST", "/v1/topics/large", b"x" * 65536).status == 200
    assert problem(http.request("POST", "/v1/topics/large", b"x" * 65537), 413, "too-large")["limit"] == 65536


def test_a_coded_event_is_refused(http):
    answer = http.request("POST", "/v1/topics/t", b"x", content_encoding="gzip")
    problem(answer, 415, "unsupported-media-type")
    assert answer["Accept-Encoding"] == "identity"


@pytest.mark.parametrize(
    "body",
    [
        b"[]", b"{", b'{"history":3}', b'{"histroy":{}}', b'{"history":{"cuont":3}}', b'{"history":{"count":-1}}',
        b'{"history":{"count":1000001}}', b'{"history":{"age":"soon"}}', b'{"history":{"age":"0s"}}',
        b'{"history":{"bytes":-1}}', b'{"history":{"bytes":1.5}}',
    ],
)
def test_a_declaration_that_cannot_be_is_refused(http, body):
    problem(http.request("PUT", "/v1/topics/refused", body, content_type="application/json"), 400, "bad-request")
    assert http.request("GET", "/v1/topics/refused").status == 404


def test_the_servers_topics_can_be_listened_to_and_nothing_else(http):
    assert http.request("GET", "/v1/events?topic=$events&poll=true").status == 204
    for method, target in [
        ("PUT", "/v1/topics/$a"), ("DELETE", "/v1/topics/$a"), ("PUT", "/v1/topics/$a/presence/m"),
        ("DELETE", "/v1/topics/$a/presence/m"),
    ]:
        problem(http.request(method, target, b"" if method == "PUT" else None), 403, "forbidden")


def test_methods_that_a_path_does_not_serve_are_named(http):
    for target, allowed in [
        ("/v1/events", "GET, HEAD, OPTIONS, QUERY"), ("/v1/topics/t/last", "GET, HEAD, OPTIONS"),
        ("/v1/topics/t/presence/m", "PUT, DELETE, OPTIONS"), ("/v1/events:ticket", "POST, OPTIONS"),
    ]:
        answer = http.request("PATCH", target, b"")
        problem(answer, 405, "method-not-allowed")
        assert set(answer["Allow"].split(", ")) == set(allowed.split(", "))


@pytest.mark.parametrize(
    "query, body, type, status, slug",
    [
        ("ttl=999ms", b"", "application/json", 400, "bad-parameter"),
        ("ttl=61m", b"", "application/json", 400, "bad-parameter"),
        ("", b"{", "application/json", 400, "bad-request"),
        ("", b"{}", "text/plain", 415, "unsupported-media-type"),
        ("", b'"' + b"x" * 4096 + b'"', "application/json", 413, "too-large"),
    ],
)
def test_a_member_that_cannot_be_is_refused(http, query, body, type, status, slug):
    answer = http.request("PUT", f"/v1/topics/t/presence/m?{query}", body, content_type=type)
    problem(answer, status, slug)


def test_a_members_name_is_one_short_segment(http):
    problem(http.request("PUT", "/v1/topics/t/presence/" + "x" * 257, b""), 400, "bad-name")
    problem(http.request("PUT", "/v1/topics/t/presence/", b""), 400, "bad-name")
    problem(http.request("PUT", "/v1/topics/t/presence/a/b", b""), 404, "no-such-resource")


@pytest.mark.parametrize(
    "query, body, status, slug",
    [
        ("", b"", 400, "bad-parameter"),
        ("topic=a&ttl=31s", b"", 400, "bad-parameter"),
        ("", b'{"topics":[]}', 400, "bad-parameter"),
        ("", b'{"topics":["a"],"patterns":["a*"]}', 400, "bad-parameter"),
        ("", b'{"topics":["a"],"last":3}', 400, "bad-parameter"),
        ("topic=a", b'{"topics":["a"]}', 400, "bad-parameter"),
    ],
)
def test_a_ticket_that_cannot_be_is_refused(http, query, body, status, slug):
    target = "/v1/events:ticket" + (f"?{query}" if query else "")
    problem(http.request("POST", target, body, content_type="application/json"), status, slug)
