"""The grammar and the limits of header fields."""

import pytest

from http_client import Client, key_target
from raw_http import Connection, ask, assert_kept, assert_refused, message


def with_field(server, line: str | bytes) -> bytes:
    return message("GET /healthz HTTP/1.1", f"Host: {server.authority}", line)


@pytest.mark.parametrize(
    "template",
    [
        b"GET /healthz HTTP/1.1\nHost: HOST\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: HOST\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: HOST\r\n\n",
        b"GET /healthz HTTP/1.1\nHost: HOST\n\n",
        b"GET /healthz HTTP/1.1\r\nX: a\nHost: HOST\r\n\r\n",
    ],
)
def test_a_bare_line_feed_ends_no_line(server, template):
    assert_refused(server, template.replace(b"HOST", server.authority.encode()), 400)


@pytest.mark.parametrize(
    "template",
    [
        b"GET /healthz HTTP/1.1\rHost: HOST\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: HOST\r\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: HOST\r\n\r\r\n",
        b"GET /healthz HTTP/1.1\r\nX: a\rb\r\nHost: HOST\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nX\r: a\r\nHost: HOST\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\n\rX: a\r\nHost: HOST\r\n\r\n",
    ],
)
def test_a_bare_carriage_return_is_refused_everywhere(server, template):
    assert_refused(server, template.replace(b"HOST", server.authority.encode()), 400)


@pytest.mark.parametrize("blank", [" ", "\t", "  "])
def test_a_blank_before_the_first_field_is_refused(server, blank):
    host = f"Host: {server.authority}"
    assert_refused(server, message("GET /healthz HTTP/1.1", blank + host), 400)
    assert_refused(server, message("GET /healthz HTTP/1.1", blank + "X: a", host), 400)
    assert_refused(server, message("GET /healthz HTTP/1.1", blank, host), 400)


@pytest.mark.parametrize("fold", [" folded", "\tfolded", " ", "\t", " Content-Length: 5"])
def test_a_folded_line_is_refused(server, fold):
    host = f"Host: {server.authority}"
    assert_refused(server, message("GET /healthz HTTP/1.1", host, "X: a", fold), 400)
    assert_refused(server, message("GET /healthz HTTP/1.1", host, "X: a", fold, "Y: b"), 400)


@pytest.mark.parametrize(
    "line", ["X : a", "X\t: a", "Content-Length : 0", "Transfer-Encoding : chunked", "X  : a"]
)
def test_a_blank_between_name_and_colon_is_refused(server, line):
    assert_refused(server, with_field(server, line), 400)


@pytest.mark.parametrize(
    "line",
    [
        b": a",
        b":",
        b"[]: a",
        b"\x85: a",
        b"\xef\xbb\xbfX: a",
        b"X\x85: a",
        b"Content-Length\x85: 5",
        b"Content-Length\xa0: 5",
        b"X Y: a",
        b"X(: a",
        b"X\x00: a",
        b"X\x7f: a",
        b'"X": a',
        b"X/Y: a",
        b"no colon here",
        b"X",
        b"=",
    ],
)
def test_a_field_name_is_a_token_followed_by_a_colon(server, line):
    assert_refused(server, with_field(server, line), 400)


@pytest.mark.parametrize(
    "value",
    [b"a\x00b", b"a\x00", b"a\rb", b"a\x01b", b"a\x08", b"a\x0bb", b"a\x0c", b"a\x1bb", b"a\x7f"],
)
def test_a_control_byte_in_a_value_is_refused(server, value):
    assert_refused(server, with_field(server, b"X: " + value), 400)


@pytest.mark.parametrize(
    "value", [b"", b" ", b"a\tb", b"\ta\t", b"\x85", b"\xa0x\xff", b":::", b'"']
)
def test_tabs_and_high_bytes_in_a_value_are_allowed(server, value):
    with Connection(server.address) as connection:
        connection.send(with_field(server, b"X:" + value))
        assert connection.read_response().status == 200


@pytest.mark.parametrize("byte", [b"\x85", b"\xa0"])
@pytest.mark.parametrize("name", [b"Content-Length", b"Host"])
def test_high_bytes_are_not_trimmed_like_blanks(server, name, byte):
    lines = {b"Content-Length": b"0", b"Host": server.authority.encode()}
    for value in (lines[name] + byte, byte + lines[name]):
        fields = [key + b": " + (value if key == name else own) for key, own in lines.items()]
        assert_refused(server, message(b"GET /healthz HTTP/1.1", *fields), 400)


def test_a_stored_field_keeps_its_high_bytes(server, http, key):
    disposition = b'attachment; filename="\xe9\x85\xa0.txt"'
    line = f"PUT {key_target(key)} HTTP/1.1"
    stored = ask(server, line, b"Content-Disposition: " + disposition, "Content-Length: 0")
    assert stored.status == 201
    assert http.get(key)["Content-Disposition"].encode("latin-1") == disposition


def test_blanks_around_a_value_are_trimmed(http, key, server):
    line = f"PUT {key_target(key)} HTTP/1.1"
    assert ask(server, line, "Content-Type: \t text/plain \t ", "Content-Length:\t0 ").status == 201
    assert http.get(key)["Content-Type"] == "text/plain"


def test_field_names_ignore_letter_case(http, key, server):
    line = f"PUT {key_target(key)} HTTP/1.1"
    assert ask(server, line, "cOnTeNt-LeNgTh: 2", body=b"ab").status == 201
    assert http.value(key) == b"ab"


def test_version_1_1_demands_a_host_and_version_1_0_does_not(server):
    assert_refused(server, message("GET /healthz HTTP/1.1"), 400)
    assert ask(server, "GET /healthz HTTP/1.0", host=False).status == 200


@pytest.mark.parametrize("version", ["1.0", "1.1"])
@pytest.mark.parametrize("second", ["{}", "other.example", ""])
def test_a_second_host_is_refused(server, version, second):
    lines = [f"Host: {server.authority}", "X: a", f"Host: {second.format(server.authority)}"]
    assert_refused(server, message(f"GET /healthz HTTP/{version}", *lines), 400)


@pytest.mark.parametrize(
    "host",
    [
        b"",
        b" ",
        b":8379",
        b"localhost,localhost",
        b"localhost, localhost",
        b"user@localhost",
        b"localhost/path",
        b"localhost/",
        b"http://localhost",
        b"local host",
        b"localhost :80",
        b"localhost\x00",
        b"localhost:99999",
        b"localhost:65536",
        b"localhost:abc",
        b"localhost:-1",
        b"localhost:+80",
        b"localhost:80:80",
        b"localhost:8_0",
        b"localhost?x",
        b"localhost#x",
        b"[::1",
        b"::1]",
        b"localhost\\x",
    ],
)
def test_a_malformed_host_is_refused(server, host):
    assert_refused(server, message("GET /healthz HTTP/1.1", b"Host: " + host), 400)


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1", "localhost:{}", "[::1]:{}", "LOCALHOST"]
)
def test_the_names_of_the_loopback_interface_are_served(server, host):
    line = f"Host: {host.format(server.port)}"
    assert ask(server, "GET /healthz HTTP/1.1", line, host=False).status == 200


def test_a_server_on_loopback_refuses_a_rebound_host_name(server, http, key):
    http.store(key)
    line = f"GET {key_target(key)} HTTP/1.1"
    response = ask(server, line, "Host: attacker.example", host=False)
    assert 400 <= response.status < 500, response


@pytest.mark.parametrize(
    "line",
    ["Content_Length: 5", "Transfer_Encoding: chunked", "content_length: 0", "CONTENT_LENGTH: 1"],
)
def test_underscores_do_not_disguise_a_framing_field(server, line):
    assert_refused(server, with_field(server, line), 400)


@pytest.mark.parametrize(
    "line",
    [
        "Authorization: Bearer a",
        "Content-Type: text/plain",
        "If-Modified-Since: Thu, 01 Jan 1970 00:00:00 GMT",
        "If-Unmodified-Since: Thu, 01 Jan 1970 00:00:00 GMT",
        'If-Range: "1.1"',
        "Nuthatch-Version: 1",
    ],
)
def test_a_second_line_of_a_singleton_field_is_refused(server, http, key, line):
    put = f"PUT {key_target(key)} HTTP/1.1"
    assert ask(server, put, line, line, "Content-Length: 0").status == 400
    assert http.value(key) is None


def filler(server, count: int) -> bytes:
    """A request with `count` fields, Host among them."""
    fields = [f"X-{number}: a" for number in range(count - 1)]
    return message("GET /healthz HTTP/1.1", f"Host: {server.authority}", *fields)


def test_a_hundred_fields_are_served_and_one_more_is_431(server):
    with Connection(server.address) as connection:
        connection.send(filler(server, 100))
        assert connection.read_response().status == 200
        assert_kept(connection, server)
    assert_refused(server, filler(server, 101), 431, "head-too-large")


def test_fields_of_15_kib_are_served(server):
    with Connection(server.address) as connection:
        connection.send(with_field(server, "X: " + "a" * 15_000))
        assert connection.read_response().status == 200


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(["X: " + "a" * 17_000], id="one long value"),
        pytest.param(["X" * 17_000 + ": a"], id="one long name"),
        pytest.param([f"X-{n}: " + "a" * 1_000 for n in range(17)], id="many together"),
    ],
)
def test_fields_over_16_kib_are_431(server, lines):
    data = message("GET /healthz HTTP/1.1", f"Host: {server.authority}", *lines)
    assert_refused(server, data, 431, "head-too-large")


def test_a_field_without_an_end_is_431_once_it_is_too_long(server):
    with Connection(server.address) as connection:
        connection.send(b"GET /healthz HTTP/1.1\r\nX: " + b"a" * 30_000)
        response = connection.read_response()
        assert response.status == 431 and response.closes


def test_the_limits_of_fields_are_settings(start_server):
    small = start_server("--max-header-fields", "10", "--max-header-bytes", "1000")
    with Connection(small.address) as connection:
        connection.send(filler(small, 10))
        assert connection.read_response().status == 200
    assert_refused(small, filler(small, 11), 431)
    assert_refused(small, with_field(small, "X: " + "a" * 1100), 431)


def test_an_unknown_field_is_ignored_and_never_echoed(server, key):
    with Client(server.address) as client:
        for response in (
            client.put(key, b"x", x_marker="echo-me-not"),
            client.get(key, x_marker="echo-me-not"),
            client.get(key + "-missing", x_marker="echo-me-not"),
        ):
            assert "echo-me-not" not in repr(response)
