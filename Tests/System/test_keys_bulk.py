"""Many keys in one request: bulk reads and batches of writes."""

import base64
import json

import pytest

from http_client import json_lines

NDJSON = "application/x-ndjson"


def statuses(response) -> list[int]:
    assert response.status == 200, response
    return [line["status"] for line in response.json_lines()]


# Bulk reads


@pytest.fixture(params=["QUERY /v1/keys", "POST /v1/keys:query"])
def bulk_read(request, http):
    """Both spellings of the same request."""
    method, target = request.param.split()

    def read(body: bytes, media_type=NDJSON, query=""):
        suffix = f"?{query}" if query else ""
        return http.request(method, target + suffix, body, content_type=media_type)

    return read


def test_a_bulk_read_answers_line_by_line_in_order(http, key, bulk_read):
    etag = http.store(key + "-a", b"one", "ttl=60s")
    http.store(key + "-b", b"two")
    body = json_lines([{"key": f"{key}-{name}"} for name in "bxa"])
    first, second, third = bulk_read(body).json_lines()
    assert (first["status"], first["key"], first["value"]) == (200, key + "-b", "two")
    assert first.get("ttl_ms") is None
    assert second["status"] == 404 and second["reason"] in ("never", "unknown")
    assert "value" not in second and "value64" not in second
    assert third["value"] == "one" and third["etag"] == etag.strip('"')
    assert 40_000 < third["ttl_ms"] <= 60_000


def test_a_bulk_read_takes_a_json_array_of_keys(http, key, bulk_read):
    http.store(key, b"value")
    body = json.dumps([key, key + "-missing"]).encode()
    found, missing = bulk_read(body, "application/json").json_lines()
    assert found["status"] == 200 and found["value"] == "value"
    assert missing["status"] == 404


def test_values_that_are_no_text_come_in_base64(http, key, bulk_read):
    http.store(key + "-bytes", b"\xff\x00")
    http.store(key + "-text", "ü\n\u2028".encode())
    body = json_lines([{"key": key + "-bytes"}, {"key": key + "-text"}])
    raw, text = bulk_read(body).json_lines()
    assert base64.b64decode(raw["value64"]) == b"\xff\x00" and "value" not in raw
    assert text["value"] == "ü\n\u2028" and "value64" not in text
    raw, text = bulk_read(body, query="values=base64").json_lines()
    assert base64.b64decode(text["value64"]) == "ü\n\u2028".encode() and "value" not in text


def test_names_that_are_no_text_come_in_base64(http, key, bulk_read):
    name = key.encode() + b"\xff"
    http.store(name, b"value")
    (line,) = bulk_read(json_lines([{"key64": base64.b64encode(name).decode()}])).json_lines()
    assert line["value"] == "value"
    assert base64.b64decode(line["key64"]) == name


def test_an_escaped_name_is_the_name(http, key, bulk_read):
    http.store(key + "ü\n\U0001f426", b"value")
    name = json.dumps(key + "ü\n\U0001f426").encode()
    assert bulk_read(b'{"key":' + name + b"}\n").json_lines()[0]["value"] == "value"


def test_the_last_line_needs_no_line_end(http, key, bulk_read):
    http.store(key)
    body = json.dumps({"key": key}).encode()
    assert statuses(bulk_read(body + b"\n" + body)) == [200, 200]
    assert statuses(bulk_read(body + b"\r\n" + body + b"\r\n")) == [200, 200]


def test_blank_lines_are_skipped_but_counted(http, key, bulk_read):
    http.store(key)
    line = json.dumps({"key": key}).encode() + b"\n"
    answers = bulk_read(line + b"\n\n" + line + b"\n" + line).json_lines()
    numbers = [answer["line"] for answer in answers]
    assert [number - numbers[0] for number in numbers] == [0, 3, 5]


def test_a_bad_line_of_a_bulk_read_fails_alone(http, key, bulk_read):
    http.store(key)
    good = {"key": key}
    body = json_lines([good, b"nonsense", b"{}", b"[]", {"key": ""}, {"key": key, "x": 1}, good])
    assert statuses(bulk_read(body)) == [200, 400, 400, 400, 400, 400, 200]


def test_a_failed_line_has_the_members_of_a_problem(http, bulk_read):
    (line,) = bulk_read(b"nonsense\n").json_lines()
    assert line["type"].startswith("urn:nuthatch:problem:") and line["status"] == 400


def test_an_empty_bulk_read_has_an_empty_answer(bulk_read):
    assert statuses(bulk_read(b"")) == []
    assert statuses(bulk_read(b"[]", "application/json")) == []


@pytest.mark.parametrize("media_type", ["text/plain", "application/xml", "application/jsonx"])
def test_another_media_type_is_415(bulk_read, media_type):
    response = bulk_read(b'{"key":"a"}\n', media_type)
    assert response.status == 415 and response.slug == "unsupported-media-type"


def test_a_missing_media_type_is_415(http):
    assert http.request("QUERY", "/v1/keys", b'{"key":"a"}\n').status == 415
    assert http.request("POST", "/v1/keys:query", b'{"key":"a"}\n').status == 415
    assert http.request("POST", "/v1/keys:batch", b'{"op":"get","key":"a"}\n').status == 415


def test_a_media_type_is_known_in_any_case_and_with_parameters(http, key, bulk_read):
    http.store(key)
    body = json_lines([{"key": key}])
    assert statuses(bulk_read(body, "Application/X-NDJSON; charset=utf-8")) == [200]


@pytest.mark.parametrize(
    "document", [b"5", b'"a"', b"null", b'{"keys":[]}', b"[5]", b"[null]", b"[[]]"]
)
def test_a_well_formed_but_impossible_query_is_422(bulk_read, document):
    response = bulk_read(document, "application/json")
    assert response.status == 422 and response.slug == "unprocessable"


def test_a_large_bulk_read_is_answered_whole(http, key):
    lines = [{"op": "put", "key": f"{key}-{n}", "value": str(n) * 50} for n in range(2000)]
    assert set(statuses(http.batch(lines))) == {201}
    answers = http.query([{"key": f"{key}-{n}"} for n in range(2000)]).json_lines()
    assert [answer["value"] for answer in answers] == [str(n) * 50 for n in range(2000)]


# Batches


def test_a_batch_does_each_line_in_order(http, key):
    response = http.batch(
        [
            {"op": "put", "key": key, "value": "a"},
            {"op": "append", "key": key, "value": "b"},
            {"op": "get", "key": key},
            {"op": "put", "key": key, "value": "c"},
            {"op": "touch", "key": key, "ttl": "60s"},
            {"op": "get", "key": key},
            {"op": "delete", "key": key},
            {"op": "delete", "key": key},
            {"op": "get", "key": key},
            {"op": "touch", "key": key, "ttl": "60s"},
        ]
    )
    assert statuses(response) == [201, 200, 200, 204, 204, 200, 204, 404, 404, 404]
    answers = response.json_lines()
    assert answers[2]["value"] == "ab"
    assert answers[5]["value"] == "c" and 40_000 < answers[5]["ttl_ms"] <= 60_000


def test_a_batch_stores_text_and_base64(http, key):
    raw = base64.b64encode(b"\x00\xff").decode()
    lines = [
        {"op": "put", "key": key + "-text", "value": "ü\n"},
        {"op": "put", "key": key + "-raw", "value64": raw},
        {"op": "put", "key64": base64.b64encode(key.encode() + b"-\xfe").decode(), "value": "x"},
        {"op": "put", "key": key + "-empty", "value": ""},
    ]
    assert statuses(http.batch(lines)) == [201] * 4
    assert http.value(key + "-text") == "ü\n".encode()
    assert http.value(key + "-raw") == b"\x00\xff"
    assert http.value(key.encode() + b"-\xfe") == b"x"
    assert http.value(key + "-empty") == b""


def test_a_batch_sets_lifetimes(http, key):
    http.batch([{"op": "put", "key": key, "value": "x", "ttl": "60s"}])
    assert 59 < float(http.get(key)["Nuthatch-TTL"]) <= 60


def test_lines_are_independent(http, key):
    etag = http.store(key, b"old").strip('"')
    lines = [
        {"op": "put", "key": key, "value": "a", "if_match": "0.1"},
        {"op": "put", "key": key, "value": "b", "if_match": etag},
        {"op": "put", "key": key, "value": "c", "if_match": etag},
        {"op": "put", "key": key + "-other", "value": "d"},
    ]
    response = http.batch(lines)
    assert statuses(response) == [412, 204, 412, 201]
    failed = response.json_lines()[0]
    assert failed["type"] == "urn:nuthatch:problem:precondition-failed"
    assert failed["etag"] == etag
    assert http.value(key) == b"b" and http.value(key + "-other") == b"d"


@pytest.mark.parametrize(
    "change",
    [
        {"op": "explode"},
        {"op": None},
        {"op": 5},
        {"key": 5},
        {"key": None},
        {"key": ""},
        {"key": "n" * 4097},
        {"value": 5},
        {"value": None},
        {"value": {"a": 1}},
        {"value64": "eA=="},
        {"ttl": "soon"},
        {"ttl": "0"},
        {"ttl": {"s": 5}},
        {"tll": "60s"},
        {"if_match": 5},
        {"key64": "eA=="},
    ],
    ids=lambda change: json.dumps(change)[:30],
)
def test_a_bad_line_of_a_batch_fails_alone_with_400(http, key, change):
    good = {"op": "put", "key": key + "-good", "value": "x"}
    bad = {"op": "put", "key": key, "value": "x"} | change
    assert statuses(http.batch([bad, good])) == [400, 201]
    assert http.value(key) is None


@pytest.mark.parametrize("value64", ["!!", "A", "eA=", "e A==", "eA==x", "eA==eA=="])
def test_bad_base64_is_400(http, key, value64):
    assert statuses(http.batch([{"op": "put", "key": key, "value64": value64}])) == [400]
    assert http.value(key) is None


def test_a_missing_member_is_400(http, key):
    lines = [{"op": "put", "key": key}, {"key": key, "value": "x"}, {"op": "put", "value": "x"}]
    assert statuses(http.batch(lines + [{"op": "touch", "key": key}])) == [400] * 4


# Atomic batches


def test_an_atomic_batch_applies_all(http, key):
    lines = [{"op": "put", "key": f"{key}-{n}", "value": str(n)} for n in range(10)]
    assert statuses(http.batch(lines, "atomic=true")) == [201] * 10
    assert http.value(key + "-9") == b"9"


def test_an_atomic_batch_with_a_failed_condition_applies_nothing(http, key):
    etag = http.store(key, b"old").strip('"')
    lines = [
        {"op": "put", "key": key + "-a", "value": "x"},
        {"op": "delete", "key": key, "if_match": etag},
        {"op": "put", "key": key + "-b", "value": "x", "if_match": "0.1"},
        {"op": "put", "key": key + "-c", "value": "x"},
    ]
    response = http.batch(lines, "atomic=true")
    assert response.status == 412
    assert http.value(key) == b"old"
    for name in "abc":
        assert http.value(f"{key}-{name}") is None


@pytest.mark.parametrize(
    "bad",
    [
        b"nonsense",
        {"op": "explode", "key": "KEY"},
        {"op": "put", "key": "KEY"},
        {"op": "put", "key": "KEY", "value": "x", "ttl": "soon"},
    ],
    ids=str,
)
def test_an_atomic_batch_with_a_bad_line_applies_nothing(http, key, bad):
    good = {"op": "put", "key": key, "value": "x"}
    response = http.batch([good, bad, good], "atomic=true")
    assert 400 <= response.status < 500
    assert http.value(key) is None


def test_an_atomic_batch_names_each_key_once(http, key):
    lines = [
        {"op": "put", "key": key, "value": "a"},
        {"op": "append", "key": key, "value": "b"},
    ]
    response = http.batch(lines, "atomic=true")
    assert 400 <= response.status < 500, response
    assert http.value(key) is None


def test_a_batch_that_is_not_atomic_by_word_is_not(http, key):
    lines = [
        {"op": "put", "key": key, "value": "x"},
        {"op": "put", "key": key, "value": "y", "if_match": "0.1"},
    ]
    assert statuses(http.batch(lines, "atomic=false")) == [201, 412]
