"""What the request line may look like and what every other form of it gets."""

import time

import pytest

from http_client import Client, key_target
from raw_http import Connection, ask, assert_kept, assert_refused, message

CLIENT_HELLO = bytes.fromhex("16030100c5010000c10303") + bytes(32)


def request(server, line: str | bytes, *fields: str) -> bytes:
    return message(line, f"Host: {server.authority}", *fields)


def escaped(byte: str, count: int) -> str:
    return f"%{ord(byte):02x}" * count


@pytest.mark.parametrize("lines", [1, 2])
def test_up_to_two_empty_lines_before_a_request_line_are_ignored(server, lines):
    with Connection(server.address) as connection:
        for _ in range(3):
            connection.send(b"\r\n" * lines + request(server, "GET /healthz HTTP/1.1"))
            assert connection.read_response().status == 200


@pytest.mark.parametrize(
    "start",
    [b"\r\n\r\n\r\n", b"\n", b"\r\n\n", b"\r", b" \r\n\r\n", b"   \r\n", b"\t\r\n"],
)
def test_more_empty_lines_lone_line_feeds_and_blanks_are_refused(server, start):
    assert_refused(server, start + request(server, "GET /healthz HTTP/1.1"), 400)


@pytest.mark.parametrize(
    "start",
    [
        pytest.param(CLIENT_HELLO, id="TLS ClientHello"),
        b"\x00",
        b"\xff\xfe",
        b"(",
        b"/",
        b" ",
        b"\x80\x81",
        b"{",
        b'"',
    ],
)
def test_a_first_byte_that_starts_no_method_is_refused_without_waiting_for_a_line(server, start):
    with Connection(server.address) as connection:
        begun = time.monotonic()
        connection.send(start)
        response = connection.read_response()
        assert time.monotonic() - begun < 8
        assert response.status == 400 and response.closes
        connection.expect_end()


@pytest.mark.parametrize(
    "line",
    ["PRI * HTTP/2.0", "GET * HTTP/1.1", "PUT * HTTP/1.1", "HEAD * HTTP/1.0"],
)
def test_an_asterisk_belongs_to_options_only(server, line):
    assert_refused(server, request(server, line), 400)


def test_the_http2_preface_is_refused(server):
    with Connection(server.address) as connection:
        connection.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(9))
        response = connection.read_response()
        assert response.status == 400 and response.closes
        connection.expect_end()


def test_options_with_an_asterisk_is_answered(server):
    assert ask(server, "OPTIONS * HTTP/1.1").status in (200, 204)


@pytest.mark.parametrize("line", ["GET /", "GET /healthz", "GET", "GET ", "GET / "])
def test_a_request_line_without_a_version_is_refused(server, line):
    assert_refused(server, request(server, line), 400)


@pytest.mark.parametrize("method", ["FOO", "get", "Get", "PROPFIND", "X" * 32])
def test_an_unknown_method_is_501_and_keeps_the_connection(server, method):
    with Connection(server.address) as connection:
        connection.send(request(server, f"{method} /healthz HTTP/1.1"))
        response = connection.read_response()
        assert response.status == 501 and not response.closes
        assert response.slug == "unknown-method"
        assert_kept(connection, server)


@pytest.mark.parametrize(
    "method, target, allowed",
    [
        ("DELETE", "/healthz", "GET"),
        ("PUT", "/metrics", "GET"),
        ("POST", "/readyz", "GET"),
        ("PATCH", "/healthz", "GET"),
        ("QUERY", "/healthz", "GET"),
        ("TRACE", "/healthz", "GET"),
        ("TRACE", "/v1/keys/a", "PUT"),
        ("PUT", "/v1/keys", "GET"),
        ("GET", "/v1/keys:batch", "POST"),
        ("GET", "/v1/keys:query", "POST"),
    ],
)
def test_a_method_that_the_resource_lacks_is_405_naming_those_it_has(
    server, method, target, allowed
):
    response = ask(server, f"{method} {target} HTTP/1.1")
    assert response.status == 405 and response.slug == "method-not-allowed"
    listed = [name.strip() for name in response["Allow"].split(",")]
    assert allowed in listed and method not in listed


@pytest.mark.parametrize(
    "line",
    [
        "CONNECT example.com:443 HTTP/1.1",
        pytest.param("X" * 33 + " /healthz HTTP/1.1", id="33 bytes of method"),
        pytest.param("X" * 5000 + " /healthz HTTP/1.1", id="5000 bytes of method"),
    ],
)
def test_connect_and_overlong_methods_are_501_and_end_the_connection(server, line):
    assert_refused(server, request(server, line), 501)


@pytest.mark.parametrize(
    "method",
    [b"G(T", b"GE\x00T", b"G\xc9T", b"G{T", b"GET:", b"G@T", b"G\x7fT", b"G\x1bT", b"G=T", b"G;T"],
)
def test_a_byte_outside_the_token_set_in_the_method_is_refused(server, method):
    assert_refused(server, request(server, method + b" /healthz HTTP/1.1"), 400)


@pytest.mark.parametrize("minor", range(2, 10))
def test_a_higher_minor_version_is_handled_as_1_1(server, minor):
    with Connection(server.address) as connection:
        connection.send(request(server, f"GET /healthz HTTP/1.{minor}"))
        response = connection.read_response()
        assert response.status == 200 and not response.closes
        assert_kept(connection, server)


@pytest.mark.parametrize("version", ["HTTP/2.0", "HTTP/0.9", "HTTP/3.0", "HTTP/9.9", "HTTP/0.0"])
def test_another_major_version_is_505(server, version):
    assert_refused(server, request(server, f"GET /healthz {version}"), 505)


@pytest.mark.parametrize(
    "version",
    [
        "HTTP/1.32",
        "HTTP/01.1",
        "HTTP/4294967295.255",
        "http/1.1",
        "Http/1.1",
        "HTTP/1.",
        "HTTP/.1",
        "HTTP/1",
        "HTTP/",
        "HTTP",
        "HTPP/1.1",
        "HTTP/1.1x",
        "HTTP/+1.1",
        "HTTP/1.-1",
        "HTTP/1,1",
        "HTTP-1.1",
        "HTTP/a.b",
    ],
)
def test_a_malformed_version_is_refused(server, version):
    assert_refused(server, request(server, f"GET /healthz {version}"), 400)


@pytest.mark.parametrize(
    "line",
    [
        b"GET  /healthz HTTP/1.1",
        b"GET /healthz  HTTP/1.1",
        b"GET\t/healthz HTTP/1.1",
        b"GET /healthz\tHTTP/1.1",
        b"GET\x0b/healthz HTTP/1.1",
        b"GET\x0c/healthz HTTP/1.1",
        b"GET\r/healthz HTTP/1.1",
        b"GET\x00/healthz HTTP/1.1",
        b"GET /healthz\x00HTTP/1.1",
        b"GET /healthz\rHTTP/1.1",
        b"GET /healthz HTTP/1.1 ",
        b"GET /healthz HTTP/1.1\t",
        b"GET /healthz HTTP/1.1\r",
        b"GET /healthz HTTP/1.1\x00",
        b"GET \t/healthz HTTP/1.1",
        b" GET /healthz HTTP/1.1",
        b"GET /v1/keys/a b HTTP/1.1",
        b"GET /healthz HTTP/1.1 HTTP/1.1",
    ],
)
def test_exactly_one_space_separates_the_parts(server, line):
    assert_refused(server, request(server, line), 400)


@pytest.mark.parametrize(
    "byte", [b"\x80", b"\xc3\xa9", b"\xff", b"\x01", b"\x08", b"\x1f", b"\x7f", b"\x00", b"\t"]
)
def test_a_target_holds_visible_ascii_only(server, byte):
    assert_refused(server, request(server, b"GET /v1/keys/a" + byte + b"b HTTP/1.1"), 400)


def test_a_request_line_of_8000_bytes_is_served(server):
    line = "GET /v1/keys/" + escaped("a", 2659) + "a HTTP/1.1"
    assert len(line) == 8000
    assert ask(server, line).slug == "not-found"


def test_the_longest_name_fully_escaped_fits_into_the_request_line(server):
    assert ask(server, f"GET /v1/keys/{escaped('a', 4096)} HTTP/1.1").slug == "not-found"


@pytest.mark.parametrize("length", [17_000, 100_000])
def test_a_request_line_over_the_limit_is_414(server, length):
    line = "GET /v1/keys/" + "a" * length + " HTTP/1.1"
    with Connection(server.address) as connection:
        connection.send(request(server, line))
        response = connection.read_response()
        assert response.status == 414 and response.closes
        assert response.slug == "uri-too-long"
        connection.read_until_gone()


def test_a_request_line_without_an_end_is_414_once_it_is_too_long(server):
    with Connection(server.address) as connection:
        connection.send(b"GET /v1/keys/" + b"a" * 20_000)
        response = connection.read_response()
        assert response.status == 414 and response.closes


def test_the_limit_of_the_request_line_is_a_setting(start_server):
    small = start_server("--max-request-line", "1000")
    assert ask(small, "GET /v1/keys/" + "a" * 900 + " HTTP/1.1").slug == "not-found"
    assert ask(small, "GET /v1/keys/" + "a" * 1100 + " HTTP/1.1").slug == "uri-too-long"


@pytest.mark.parametrize("scheme", ["http", "HTTP", "Http"])
def test_the_absolute_form_is_accepted(server, scheme):
    target = f"{scheme}://{server.authority}/healthz"
    assert ask(server, f"GET {target} HTTP/1.1").status == 200
    assert ask(server, f"GET {target} HTTP/1.0", host=False).status == 200


def test_the_absolute_form_names_keys_and_parameters_like_the_origin_form(server, http, key):
    http.store(key, b"one")
    target = f"http://{server.authority}{key_target(key)}?touch=false"
    assert ask(server, f"GET {target} HTTP/1.1").body == b"one"


def test_the_absolute_form_without_a_path_means_the_root(server):
    assert ask(server, f"GET http://{server.authority} HTTP/1.1").status == 200


def test_the_absolute_form_must_agree_with_host(server):
    line = f"GET http://localhost:{server.port}/healthz HTTP/1.1"
    assert_refused(server, request(server, line), 400)
    assert_refused(server, message(line, "Host: localhost:1"), 400)


@pytest.mark.parametrize("userinfo", ["user@", "user:password@", "@"])
def test_userinfo_in_the_absolute_form_is_refused(server, userinfo):
    line = f"GET http://{userinfo}{server.authority}/healthz HTTP/1.1"
    assert_refused(server, request(server, line), 400)


@pytest.mark.parametrize(
    "line",
    [
        "GET 127.0.0.1:8379 HTTP/1.1",
        "GET foo HTTP/1.1",
        "GET ! HTTP/1.1",
        "GET  HTTP/1.1",
        "GET healthz HTTP/1.1",
        "GET ?ttl=1 HTTP/1.1",
        "GET /healthz# HTTP/1.1",
        "GET /healthz#part HTTP/1.1",
        "GET /v1/keys/a?touch=false#x HTTP/1.1",
        "GET http:// HTTP/1.1",
        "GET http:///healthz HTTP/1.1",
        "OPTIONS ** HTTP/1.1",
    ],
)
def test_any_other_form_of_target_is_refused(server, line):
    assert_refused(server, request(server, line), 400)


@pytest.mark.parametrize("escape", ["%", "%0", "%zz", "%4", "%%41", "%+1", "%0x", "a%", "%u0041"])
def test_a_bad_escape_in_a_name_is_400(server, escape):
    for method in ("GET", "PUT", "DELETE"):
        response = ask(server, f"{method} /v1/keys/{escape} HTTP/1.1")
        assert response.status == 400 and response.slug == "bad-name", response


@pytest.mark.parametrize(
    "target",
    [
        "/%zz",
        "/healthz%",
        "/v1%4/keys/a",
        "/v1/keys?prefix=%zz",
        "/v1/keys?limit=%",
        "/healthz%00",
        "/v1%0d/keys/a",
        "/v1/keys%0a?limit=1",
        "/v1/keys?limit=1%0a",
        "/v1/keys?limit%00=1",
    ],
)
def test_bad_escapes_and_escaped_controls_outside_a_name_are_400(server, target):
    assert ask(server, f"GET {target} HTTP/1.1").status == 400


def test_percent_encoding_is_decoded_exactly_once(http, key):
    http.request("PUT", f"/v1/keys/{key}%252e", b"twice")
    assert http.request("GET", f"/v1/keys/{key}%252e").body == b"twice"
    assert http.request("GET", f"/v1/keys/{key}%2e").status == 404
    assert http.request("GET", f"/v1/keys/{key}.").status == 404
    names, cursor = [], ""
    while cursor is not None:
        page = http.list(f"prefix={key}&cursor={cursor}" if cursor else f"prefix={key}").json()
        names += [item["key"] for item in page["items"]]
        cursor = page["next"]
    assert names == [f"{key}%2e"]


def test_a_needlessly_escaped_name_is_the_same_key(http, key):
    http.store(key + "x", b"plain")
    assert http.request("GET", f"/v1/keys/{key}%78").body == b"plain"


@pytest.mark.parametrize(
    "target",
    [
        "/v1/keys/../healthz",
        "/v1/keys/../../healthz",
        "/v1/keys/%2e%2e/healthz",
        "/v1/keys/./healthz",
        "/v1/keys/..",
        "/v1/keys/.",
        "/v1/keys//healthz",
    ],
)
def test_dots_and_double_slashes_in_a_name_are_data(server, target):
    assert ask(server, f"GET {target} HTTP/1.1").slug == "not-found"


@pytest.mark.parametrize(
    "target",
    [
        "/v1/../healthz",
        "/./healthz",
        "/%2e%2e/healthz",
        "//healthz",
        "/v1//keys/a",
        "/v1/./keys/a",
        "/v1",
        "/v1/nothing",
        "/nothing",
        "/v2/keys/a",
    ],
)
def test_no_path_is_normalised_into_a_route(server, target):
    assert ask(server, f"GET {target} HTTP/1.1").slug == "no-such-resource"


@pytest.mark.parametrize(
    "target",
    ["/V1/keys/{}", "/v1/Keys/{}", "/v1/KEYS/{}", "/%76%31/keys/{}", "/v1/%6beys/{}"],
)
def test_another_spelling_of_a_route_word_is_no_second_way_in(server, http, key, target):
    http.store(key, b"value")
    response = ask(server, f"GET {target.format(key)} HTTP/1.1")
    assert response.status == 404 or response.body == b"value"


@pytest.mark.parametrize("target", ["/healthz/", "/HEALTHZ", "/%68ealthz", "/metrics/"])
def test_another_spelling_of_an_operations_route_is_404_or_the_same_route(server, target):
    assert ask(server, f"GET {target} HTTP/1.1").status in (200, 404)


@pytest.mark.parametrize(
    "target, parameter",
    [
        ("/v1/keys/a?touch=false&touch=false", "touch"),
        ("/v1/keys/a?touch=false&touch=true", "touch"),
        ("/v1/keys?limit=1&limit=1", "limit"),
        ("/v1/keys?prefix=a&limit=1&prefix=b", "prefix"),
        ("/v1/keys?limit=1&%6cimit=2", "limit"),
    ],
)
def test_a_repeated_parameter_is_400(server, target, parameter):
    response = ask(server, f"GET {target} HTTP/1.1")
    assert response.slug == "bad-parameter"
    assert response.problem["parameter"] == parameter


def test_a_repeated_lifetime_stores_nothing(server, key):
    with Client(server.address) as client:
        assert client.put(key, b"x", "ttl=5s&ttl=5s").slug == "bad-parameter"
        assert client.value(key) is None
