"""Python's own HTTP clients drive the server."""

import concurrent.futures
import http.client
import json
import urllib.error
import urllib.request

import pytest

from http_client import key_target


@pytest.fixture
def connection(server):
    one = http.client.HTTPConnection(*server.address, timeout=60)
    yield one
    one.close()


def call(connection, method, target, body=None, **fields):
    connection.request(method, target, body=body, headers=fields)
    response = connection.getresponse()
    return response, response.read()


def test_put_get_and_delete_on_one_connection(connection, key):
    target = key_target(key)
    assert call(connection, "PUT", target, b"value")[0].status == 201
    socket = connection.sock
    response, body = call(connection, "GET", target)
    assert response.status == 200 and body == b"value"
    assert call(connection, "DELETE", target)[0].status == 204
    assert call(connection, "GET", target)[0].status == 404
    assert connection.sock is socket


def test_an_iterable_body_is_sent_in_chunks(connection, key):
    connection.request("PUT", key_target(key), body=iter([b"a" * 10, b"b" * 70_000, b"c"]))
    response = connection.getresponse()
    response.read()
    assert response.status == 201
    assert call(connection, "GET", key_target(key))[1] == b"a" * 10 + b"b" * 70_000 + b"c"


def test_head_leaves_the_connection_in_step(connection, key):
    call(connection, "PUT", key_target(key), b"x" * 1000)
    response, body = call(connection, "HEAD", key_target(key))
    assert response.getheader("Content-Length") == "1000" and body == b""
    assert len(call(connection, "GET", key_target(key))[1]) == 1000


def test_not_modified_leaves_the_connection_in_step(connection, key):
    etag = call(connection, "PUT", key_target(key), b"x")[0].getheader("ETag")
    for _ in range(3):
        response, _ = call(connection, "GET", key_target(key), **{"If-None-Match": etag})
        assert response.status == 304
    assert call(connection, "GET", key_target(key))[1] == b"x"


def test_a_slowly_read_answer_is_complete(connection, key):
    value = bytes(n % 253 for n in range(3_000_000))
    call(connection, "PUT", key_target(key), value)
    connection.request("GET", key_target(key), headers={"Accept-Encoding": "identity"})
    response = connection.getresponse()
    pieces = []
    while piece := response.read(65_521):
        pieces.append(piece)
    assert b"".join(pieces) == value
    call(connection, "DELETE", key_target(key))


def test_other_methods_pass_through(connection, key):
    call(connection, "PUT", key_target(key), b"value")
    body = json.dumps([key]).encode()
    response, answer = call(
        connection, "QUERY", "/v1/keys", body, **{"Content-Type": "application/json"}
    )
    assert response.status == 200 and json.loads(answer)["value"] == "value"
    assert call(connection, "OPTIONS", key_target(key))[0].status == 204


def test_urllib_reads_and_reports_errors(server, key):
    url = server.url + key_target(key)
    put = urllib.request.Request(url, data=b"value", method="PUT")
    with urllib.request.urlopen(put, timeout=60) as response:
        assert response.status == 201
    with urllib.request.urlopen(url, timeout=60) as response:
        assert response.read() == b"value"
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(url + "-missing", timeout=60)
    with caught.value as error:
        assert error.code == 404
        assert json.loads(error.read())["type"] == "urn:nuthatch:problem:not-found"


def test_a_pool_of_threads_shares_a_working_set(server, key):
    def work(number: int) -> int:
        one = http.client.HTTPConnection(*server.address, timeout=60)
        wrong = 0
        for n in range(100):
            name = key_target(f"{key}-{number}-{n % 10}")
            value = b"%d" % n
            call(one, "PUT", name, value)
            wrong += call(one, "GET", name)[1] != value
        one.close()
        return wrong

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(work, range(8))) == 0
