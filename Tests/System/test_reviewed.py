"""Cases found by reading: each was a fault once."""

import json

from raw_http import Connection


def test_a_version_that_is_a_container_is_refused_and_nothing_breaks(http, key):
    for text in ("[1]", "{}", "[[]]", '{"a":1}', "null", "true"):
        line = b'{"op":"put","key":"%s","value":"b","version":%s}\n' % (key.encode(), text.encode())
        for query in ("", "?atomic=true"):
            response = http.request("POST", "/v1/keys:batch" + query, line, content_type="application/x-ndjson")
            assert response.status in (200, 400), response
    assert http.value(key) is None


def test_a_long_bulk_answer_to_http_1_0_ends_with_the_connection(server, http, key):
    http.store(key, bytes(400_000))
    body = (json.dumps({"key": key}) + "\n").encode() * 6
    head = (
        "POST /v1/keys:query HTTP/1.0\r\nHost: localhost\r\nConnection: keep-alive\r\n"
        f"Content-Type: application/x-ndjson\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode()
    with Connection(server.address) as connection:
        connection.send(head + body)
        received = b""
        while piece := connection.read_some(5):
            received += piece
        assert received.count(b'"status":200') == 6


def test_no_entity_tag_comes_again_after_a_restart(start_server, key):
    from http_client import Client

    tags = []
    for _ in range(2):
        process = start_server()
        with Client(process.address) as client:
            tags.append(client.store(key, b"value"))
        process.stop()
    assert tags[0] != tags[1]


def test_an_atomic_group_of_large_reads_is_refused(http, key):
    for number in range(3):
        http.store(f"{key}-{number}", bytes(6 << 20))
    lines = [{"op": "get", "key": f"{key}-{number}"} for number in range(3)]
    response = http.batch(lines, "atomic=true")
    assert 400 <= response.status < 500, response
    assert http.batch(lines[:2], "atomic=true").status == 200
    for number in range(3):
        http.delete(f"{key}-{number}")


def test_a_pipeline_of_costly_requests_lets_others_in(server, http, key):
    http.store(key, b"compressible " * 60_000, content_type="text/plain")
    request = (f"GET /v1/keys/{key} HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: gzip\r\n\r\n").encode()
    with Connection(server.address) as greedy:
        greedy.send(request * 300)
        with Connection(server.address) as other:
            other.send(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert other.read_response().status == 200
        for _ in range(300):
            assert greedy.read_response().status == 200
