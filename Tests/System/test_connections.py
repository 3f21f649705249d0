"""Half-closed, reset and erring connections."""

import os
import time

import pytest

from http_client import key_target
from nuthatch_process import settled
from put_requests import put_head
from raw_http import Connection, assert_kept, message

MIB = 1 << 20


def get(server, target="/healthz", *fields) -> bytes:
    return message(f"GET {target} HTTP/1.1", f"Host: {server.authority}", *fields)


def test_a_half_close_after_a_request_still_gets_the_answer(server, http, key):
    http.store(key, b"x" * 1_000_000)
    with Connection(server.address) as connection:
        connection.send(get(server, key_target(key)) * 2)
        connection.half_close()
        assert len(connection.read_response().body) == 1_000_000
        assert len(connection.read_response().body) == 1_000_000
        connection.expect_end()


def test_a_half_close_inside_a_head_is_400(server):
    with Connection(server.address) as connection:
        connection.send(b"GET /healthz HTTP/1.1\r\nHost: local")
        connection.half_close()
        response = connection.read_response()
        assert response.status == 400 and response.closes
        connection.expect_end()


def test_a_half_close_before_the_first_byte_is_no_request(server):
    with Connection(server.address) as connection:
        connection.half_close()
        connection.expect_end()
    with Connection(server.address) as connection:
        assert_kept(connection, server)
        connection.half_close()
        connection.expect_end()


def test_a_half_close_while_waiting_for_a_change_still_gets_the_answer(server, http, key):
    etag = http.store(key, b"old")
    with Connection(server.address) as connection:
        target = key_target(key, "wait=20s")
        connection.send(get(server, target, f"If-None-Match: {etag}"))
        connection.half_close()
        connection.expect_silence(0.2)
        http.store(key, b"new")
        assert connection.read_response().body == b"new"
        connection.expect_end()


@pytest.mark.parametrize("sent", [b"", b"GET /heal", b"PUT-HEAD", b"GET-LARGE"])
def test_a_reset_drops_only_its_own_connection(server, http, key, sent):
    large = key + "-large"
    http.store(large, bytes(4 * MIB))
    data = {
        b"PUT-HEAD": put_head(server, key, 1000) + bytes(500),
        b"GET-LARGE": get(server, key_target(large)) * 4,
    }.get(sent, sent)
    with Connection(server.address) as bystander:
        for _ in range(30):
            connection = Connection(server.address)
            connection.send(data)
            connection.reset()
        assert_kept(bystander, server)
    assert http.value(key) is None
    http.delete(large)


def test_closing_while_the_answer_is_written_harms_nobody(server, http, key):
    http.store(key, bytes(4 * MIB))
    for _ in range(20):
        with Connection(server.address, receive_buffer=4096) as connection:
            connection.send(get(server, key_target(key)) * 4)
            connection.read_some(within=30)
    assert http.request("GET", "/healthz").status == 200
    http.delete(key)


def test_a_disconnected_waiter_leaves_nothing_behind(server, http, key):
    etag = http.store(key, b"old")
    waiting = get(server, key_target(key, "wait=20s"), f"If-None-Match: {etag}")
    before = server.descriptors()
    for ending in (Connection.close, Connection.reset):
        for _ in range(20):
            connection = Connection(server.address)
            connection.send(waiting)
            ending(connection)
    assert settled(server.descriptors, before) <= before
    assert http.put(key, b"new").status == 204


def test_the_answer_to_an_error_survives_data_still_on_its_way(server, key):
    for _ in range(10):
        with Connection(server.address) as connection:
            connection.send(put_head(server, key, 1 << 40) + bytes(50_000))
            response = connection.read_response()
            assert response.status == 413 and response.closes
            connection.expect_end()


def test_after_an_error_the_server_drains_for_a_second_at_most(server, key):
    before = server.descriptors()
    with Connection(server.address) as connection:
        connection.send(put_head(server, key, 1 << 40))
        assert connection.read_response().status == 413
        connection.expect_end()
        begun = time.monotonic()
        while connection.send(b"x") and time.monotonic() - begun < 20:
            time.sleep(0.05)
        assert time.monotonic() - begun < 10
        assert settled(server.descriptors, before) <= before


def test_tls_on_the_plain_port_is_ended_within_a_second(server):
    hello = bytes.fromhex("16030100c5010000c10303") + os.urandom(190)
    with Connection(server.address) as connection:
        begun = time.monotonic()
        connection.send(hello)
        connection.read_until_gone(within=8)
        assert time.monotonic() - begun < 8
