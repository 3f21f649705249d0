"""The client commands of the binary: get, set, del, stats, ping."""

import subprocess

import pytest

from nuthatch_process import clean_environment, run_nuthatch


@pytest.fixture
def client(server):
    """Runs a client command against the shared server."""

    def run(*arguments, **options):
        return run_nuthatch(*arguments, "--url", server.url, **options)

    return run


def curl_line(ended) -> str:
    lines = (ended.stdout + b"\n" + ended.stderr).decode().splitlines()
    (line,) = [line for line in lines if line.startswith("curl ")]
    return line


def run_in_shell(line: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        ["sh", "-c", line], capture_output=True, timeout=60, env=clean_environment()
    )


def test_set_then_get_then_delete(client, http, key):
    assert client("set", key, "value").returncode == 0
    assert http.value(key) == b"value"
    shown = client("get", key)
    assert shown.returncode == 0 and shown.stdout.removesuffix(b"\n") == b"value"
    assert client("del", key).returncode == 0
    assert http.value(key) is None


def test_get_of_nothing_fails(client, key):
    ended = client("get", key)
    assert ended.returncode > 0 and ended.stdout == b"" and ended.stderr


@pytest.mark.parametrize("name", ["a b", "ü/ö", "100%", "a?b=c&d#e", "../x", "'quoted\"", "$HOME"])
def test_odd_names_are_escaped(client, http, key, name):
    client("set", key + name, "value")
    assert http.value(key + name) == b"value"
    assert client("get", key + name).stdout.removesuffix(b"\n") == b"value"


def test_the_url_may_stand_in_the_environment(server, http, key):
    ended = run_nuthatch("set", key, "value", env={"NUTHATCH_URL": server.url})
    assert ended.returncode == 0, ended.stderr
    assert http.value(key) == b"value"


def test_ping_answers(client):
    assert client("ping").returncode == 0


def test_stats_tell_something(client):
    ended = client("stats")
    assert ended.returncode == 0 and len(ended.stdout.splitlines()) > 1


@pytest.mark.parametrize(
    "command", [["ping"], ["get", "a"], ["set", "a", "b"], ["del", "a"], ["stats"]]
)
def test_an_unreachable_server_is_a_clear_error(command):
    ended = run_nuthatch(*command, "--url", "http://127.0.0.1:1")
    assert ended.returncode > 0 and b"127.0.0.1:1" in ended.stderr


@pytest.mark.parametrize("command", [["get"], ["set", "a"], ["nonsense"], ["del"]])
def test_a_wrong_call_is_refused_with_usage(command):
    ended = run_nuthatch(*command, "--url", "http://127.0.0.1:1")
    assert ended.returncode > 0 and b"sage" in ended.stderr


@pytest.mark.parametrize("name, value", [("", "value"), (" a'b\"c$d", 'it\'s $HOME \\n "quoted"')])
def test_the_printed_curl_line_of_set_does_the_same(client, http, key, name, value):
    line = curl_line(client("set", key + name, value, "--curl"))
    http.delete(key + name)
    ended = run_in_shell(line)
    assert ended.returncode == 0, ended.stderr
    assert http.value(key + name) == value.encode()


def test_the_printed_curl_line_of_get_does_the_same(client, http, key):
    http.store(key, b"value")
    assert run_in_shell(curl_line(client("get", key, "--curl"))).stdout.endswith(b"value")


def test_the_printed_curl_line_of_del_does_the_same(client, http, key):
    http.store(key, b"value")
    line = curl_line(client("del", key, "--curl"))
    http.store(key, b"value")
    assert run_in_shell(line).returncode == 0
    assert http.value(key) is None


def test_the_printed_curl_line_of_ping_works(client):
    assert run_in_shell(curl_line(client("ping", "--curl"))).returncode == 0
