"""Who may read and who may write."""

import hashlib
import signal
import time

import pytest

from http_client import Client, json_lines, key_target
from nuthatch_process import refused_start, running
from raw_http import Connection, ask, message

FULL = "full-access-0123456789abcdef"
READ = "read-only-0123456789abcdef"


@pytest.fixture(scope="module")
def guarded(existing_binary):
    with running(env={"NUTHATCH_TOKEN": FULL, "NUTHATCH_READ_TOKEN": READ}) as process:
        yield process


@pytest.fixture
def full(guarded):
    with Client(guarded.address, token=FULL) as client:
        yield client


@pytest.fixture
def read(guarded):
    with Client(guarded.address, token=READ) as client:
        yield client


def get_with(process, authorization: str, target="/v1/keys/a"):
    return ask(process, f"GET {target} HTTP/1.1", f"Authorization: {authorization}")


def test_without_a_token_the_answer_is_401_with_a_challenge(guarded, full, key):
    full.store(key)
    for line in (f"GET {key_target(key)}", f"GET {key_target('missing')}", "GET /v1/keys"):
        response = ask(guarded, f"{line} HTTP/1.1")
        assert response.status == 401 and response.slug == "unauthorized"
        assert response["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    "authorization",
    [
        "Bearer wrong",
        "Bearer",
        "Bearer ",
        f"Bearer {FULL}x",
        f"Bearer {FULL[:-1]}",
        f"Bearer {FULL.upper()}",
        f"Bearer {FULL} {FULL}",
        f"Bearer {FULL},Bearer {FULL}",
        f"Basic {FULL}",
        FULL,
        f"Bearer{FULL}",
        f"Bearer sha256:{hashlib.sha256(FULL.encode()).hexdigest()}",
        f"Bearer {hashlib.sha256(FULL.encode()).hexdigest()}",
        "Bearer " + "a" * 8000,
        "Bearer \xff\xfe",
    ],
    ids=lambda text: text[:40].encode("unicode_escape").decode(),
)
def test_anything_but_the_token_is_401(guarded, authorization):
    response = get_with(guarded, authorization)
    assert response.status == 401 and FULL.encode() not in response.body


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_scheme_may_have_any_letter_case(guarded, scheme):
    assert get_with(guarded, f"{scheme} {FULL}").status == 404


def test_two_authorizations_are_400(guarded):
    lines = [f"Authorization: Bearer {FULL}"] * 2
    assert ask(guarded, "GET /v1/keys/a HTTP/1.1", *lines).status == 400


@pytest.mark.parametrize("name", ["token", "access_token", "ticket", "_token", "authorization"])
def test_a_token_in_the_query_opens_nothing(guarded, name):
    response = ask(guarded, f"GET /v1/keys/a?{name}={FULL} HTTP/1.1")
    assert response.status in (400, 401)


@pytest.mark.parametrize("target", ["/healthz", "/readyz"])
def test_health_needs_no_token(guarded, target):
    assert ask(guarded, f"GET {target} HTTP/1.1").status == 200


@pytest.mark.parametrize(
    "target",
    ["/V1/keys/{}", "/%76%31/keys/{}", "/v1/%6beys/{}", "//v1/keys/{}", "/v1/../v1/keys/{}"],
)
def test_no_spelling_of_a_path_goes_round_the_token(guarded, full, key, target):
    full.store(key, b"secret")
    response = ask(guarded, f"GET {target.format(key)} HTTP/1.1")
    assert response.status in (401, 404) and b"secret" not in response.body


def test_without_a_token_nothing_is_written(guarded, full, key):
    line = f"PUT {key_target(key)} HTTP/1.1"
    assert ask(guarded, line, "Content-Length: 1", body=b"x").status == 401
    assert full.value(key) is None


def test_the_body_of_an_unauthorised_request_is_never_a_request(guarded, full, key):
    hidden = message(
        f"PUT {key_target(key)} HTTP/1.1", "Host: localhost", f"Authorization: Bearer {FULL}"
    )
    with Connection(guarded.address) as connection:
        line = f"PUT {key_target('x')} HTTP/1.1"
        length = f"Content-Length: {len(hidden)}"
        connection.send(message(line, "Host: localhost", length, body=hidden))
        response = connection.read_response()
        assert response.status == 401
        connection.expect_end() if response.closes else connection.expect_silence(0.1)
    assert full.value(key) is None


def test_an_unauthorised_client_is_not_told_to_continue(guarded):
    with Connection(guarded.address) as connection:
        fields = ["Host: localhost", "Expect: 100-continue", "Content-Length: 5"]
        connection.send(message("PUT /v1/keys/a HTTP/1.1", *fields))
        response = connection.read_response()
        assert response.status == 401 and response.interim == [] and response.closes


# Reading only


def test_a_read_token_reads(full, read, key):
    full.store(key, b"value")
    assert read.get(key).body == b"value"
    assert read.head(key).status == 200
    assert read.get(key + "-missing").status == 404
    assert read.list(f"prefix={key}").status == 200
    assert read.query([{"key": key}]).json_lines()[0]["value"] == "value"
    body = json_lines([{"key": key}])
    answer = read.request("POST", "/v1/keys:query", body, content_type="application/x-ndjson")
    assert answer.json_lines()[0]["status"] == 200


@pytest.mark.parametrize(
    "method, query",
    [
        ("PUT", ""),
        ("PUT", "ttl=5s"),
        ("DELETE", ""),
        ("POST", "op=append"),
        ("POST", "op=prepend"),
        ("POST", "op=truncate&len=0"),
        ("POST", "op=touch&ttl=1s"),
        ("POST", "op=stale"),
    ],
)
def test_a_read_token_writes_nothing(full, read, key, method, query):
    etag = full.store(key, b"value")
    for name in (key, key + "-missing"):
        response = read.request(method, key_target(name, query), b"x")
        assert response.status == 403 and response.slug == "forbidden"
        assert response.problem["needs"]
        assert response["ETag"] is None
    after = full.get(key)
    assert after["ETag"] == etag and after["Nuthatch-TTL"] is None


@pytest.mark.parametrize("query", ["", "atomic=true"])
def test_every_line_of_a_batch_is_judged(full, read, key, query):
    full.store(key, b"value")
    lines = [
        {"op": "get", "key": key},
        {"op": "put", "key": key + "-new", "value": "x"},
        {"op": "delete", "key": key},
    ]
    response = read.batch(lines, query)
    if response.status == 200:
        assert [line["status"] for line in response.json_lines()][1:] == [403, 403]
    else:
        assert response.status == 403
    assert full.value(key) == b"value" and full.value(key + "-new") is None


# Token files


def write_tokens(path, *lines: str) -> str:
    path.write_text("\n".join(lines) + "\n")
    path.chmod(0o600)
    return str(path)


def test_a_token_file_holds_tokens_and_hashes(start_server, tmp_path):
    hashed = hashlib.sha256(b"known-by-hash").hexdigest()
    path = write_tokens(
        tmp_path / "tokens",
        "full first-full",
        "full second-full",
        "read reader",
        f"full sha256:{hashed}",
    )
    process = start_server("--token-file", path)
    for token in ("first-full", "second-full", "known-by-hash"):
        with Client(process.address, token=token) as client:
            assert client.put("a", b"x").status in (201, 204)
    with Client(process.address, token="reader") as client:
        assert client.get("a").status == 200 and client.put("a", b"y").status == 403
    assert get_with(process, f"Bearer {hashed}").status == 401
    assert get_with(process, f"Bearer sha256:{hashed}").status == 401


@pytest.mark.parametrize(
    "line",
    [
        "full",
        "admin token",
        "full sha256:xyz",
        "full sha256:" + "0" * 63,
        "full two words",
        "token",
    ],
)
def test_a_bad_line_of_a_token_file_is_refused_without_showing_it(tmp_path, line):
    path = write_tokens(tmp_path / "tokens", "full good-secret", line)
    error = refused_start("--port", "0", "--token-file", path)
    assert "tokens" in error and "good-secret" not in error


def test_a_missing_token_file_is_refused_by_name(tmp_path):
    assert "absent" in refused_start("--port", "0", "--token-file", str(tmp_path / "absent"))


def test_tokens_are_read_again_on_sighup(start_server, tmp_path):
    path = write_tokens(tmp_path / "tokens", "full old-token")
    process = start_server("--token-file", path)
    assert get_with(process, "Bearer old-token").status == 404
    write_tokens(tmp_path / "tokens", "full new-token")
    process.signal(signal.SIGHUP)
    deadline = time.monotonic() + 60
    while get_with(process, "Bearer new-token").status == 401 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert get_with(process, "Bearer new-token").status == 404
    assert get_with(process, "Bearer old-token").status == 401


def test_tokens_appear_nowhere_in_the_output(start_server):
    process = start_server(env={"NUTHATCH_TOKEN": FULL, "NUTHATCH_READ_TOKEN": READ})
    get_with(process, f"Bearer {FULL}")
    get_with(process, "Bearer guessed-token")
    process.stop()
    for secret in (FULL, READ, "guessed-token"):
        assert secret.encode() not in process.output + process.errors
