"""The server's own answers: form, fields and errors."""

import re

import pytest

from http_client import json_lines, key_target
from raw_http import Connection, ask, message


@pytest.mark.parametrize(
    "target", ["/", "/healthz", "/readyz", "/openapi.json", "/v1/keys?limit=1"]
)
def test_head_has_the_fields_of_get_and_no_body(http, target):
    get, head = http.request("GET", target), http.request("HEAD", target)
    assert head.status == get.status == 200
    assert head.body == b"" and head["Content-Type"] == get["Content-Type"]
    assert head["Content-Length"] == get["Content-Length"]
    assert http.request("GET", "/healthz").status == 200


def test_head_of_a_key_has_the_fields_of_get(http, key):
    http.store(key, b"value", "ttl=1h", content_type="text/plain", content_language="en")
    get, head = http.get(key), http.head(key)
    changing = {"date", "age", "nuthatch-ttl", "cache-status"}
    for response in (get, head):
        response.fields = sorted(
            (name, value) for name, value in response.fields if name.lower() not in changing
        )
    assert head.fields == get.fields
    assert head["Content-Length"] == "5" and head.body == b""


def test_head_of_a_missing_key_has_no_body(http, key):
    response = http.head(key)
    assert response.status == 404
    assert http.get(key).status == 404


def test_not_modified_repeats_the_fields_of_the_full_answer(http, key):
    etag = http.store(key, b"x" * 4000, cache_control="max-age=60", content_type="text/plain")
    full, short = http.get(key), http.get(key, if_none_match=etag)
    assert short.status == 304 and short.body == b""
    assert short["Content-Length"] in (None, full["Content-Length"])
    for name in ("ETag", "Cache-Control", "Vary"):
        assert short[name] == full[name]
    assert http.get(key).body == full.body


@pytest.mark.parametrize("target", ["/v1/keys?limit=1000", "/metrics", "/openapi.json"])
def test_a_version_1_0_client_never_gets_chunks(server, target):
    response = ask(server, f"GET {target} HTTP/1.0", host=False)
    assert response.status == 200 and response["Transfer-Encoding"] is None


def test_a_bulk_read_over_version_1_0_is_not_chunked(server):
    body = json_lines([{"key": "absent"}] * 1000)
    fields = ["Content-Type: application/x-ndjson", f"Content-Length: {len(body)}"]
    response = ask(server, "POST /v1/keys:query HTTP/1.0", *fields, body=body, host=False)
    assert response["Transfer-Encoding"] is None
    assert len(response.json_lines()) == 1000


def test_options_tells_the_methods(http, key):
    response = http.request("OPTIONS", key_target(key))
    assert response.status == 204
    allowed = {name.strip() for name in response["Allow"].split(",")}
    assert {"GET", "HEAD", "PUT", "DELETE", "POST"} <= allowed


def test_options_of_the_collection_tells_the_query_formats(http):
    response = http.request("OPTIONS", "/v1/keys")
    assert response.status == 204
    assert {"GET", "QUERY"} <= {name.strip() for name in response["Allow"].split(",")}
    assert "application/x-ndjson" in response["Accept-Query"]
    assert "application/json" in response["Accept-Query"]


ERRORS = {
    "a missing key": ("GET", "/v1/keys/errors-missing", {}, 404),
    "an unknown resource": ("GET", "/v1/nothing", {}, 404),
    "a method that lacks": ("DELETE", "/healthz", {}, 405),
    "a bad parameter": ("PUT", "/v1/keys/errors?tll=5s", {}, 400),
    "a bad name": ("GET", "/v1/keys/%zz", {}, 400),
    "a failed precondition": ("GET", "/v1/keys/errors", {"if_match": '"0.0"'}, 412),
    "an index that is lacking": ("GET", "/v1/keys?start=a", {}, 409),
    "a range past the end": ("GET", "/v1/keys/errors", {"range": "bytes=99-"}, 416),
}


@pytest.fixture(params=ERRORS.values(), ids=ERRORS.keys())
def error(request, http):
    http.store("errors", b"value")
    return request.param


def test_an_error_is_a_problem_document(http, error):
    method, target, fields, status = error
    response = http.request(method, target, **fields)
    assert response.status == status
    problem = response.problem
    assert re.fullmatch(r"urn:nuthatch:problem:[a-z-]+", problem["type"])
    assert isinstance(problem["title"], str) and problem["title"]
    assert isinstance(problem.get("detail", ""), str)


@pytest.mark.parametrize("accept", ["text/plain", "text/*", "text/plain, application/json;q=0.5"])
def test_an_error_is_one_line_of_text_where_text_is_asked_for(http, error, accept):
    method, target, fields, status = error
    slug = http.request(method, target, **fields).slug
    response = http.request(method, target, accept=accept, **fields)
    assert response.status == status
    assert response.media_type == "text/plain"
    text = response.body.decode()
    assert text.startswith(f"{status} {slug}")
    assert text.rstrip("\n").count("\n") == 0


def test_an_error_never_reflects_markup_as_html(http):
    response = http.request("GET", "/v1/keys/a?%3Cscript%3E=1", accept="text/html")
    assert response.status == 400 and response.media_type != "text/html"


def test_an_error_shows_a_name_escaped(server):
    for target in ("/v1/keys/a%0d%0aX-Injected:%201", "/v1/keys/%00%1b%5b31m", "/v1/keys/%ff%22"):
        for accept in ("*/*", "text/plain"):
            response = ask(server, f"GET {target} HTTP/1.1", f"Accept: {accept}")
            assert response.status == 404 and response["X-Injected"] is None
            assert not any(byte < 0x20 and byte != 0x0A for byte in response.body)


def test_a_problem_member_survives_odd_parameter_names(http, key):
    response = http.put(key, b"x", "%22%5c%0a%ff=1")
    assert response.status == 400
    assert isinstance(response.problem["parameter"], str)


def test_every_answer_on_a_kept_connection_is_framed(server, key):
    with Connection(server.address) as connection:
        for target in ("/", "/healthz", "/metrics", "/openapi.json", "/v1/keys", "/none"):
            connection.send(message(f"GET {target} HTTP/1.1", f"Host: {server.authority}"))
            assert not connection.read_response().closes
