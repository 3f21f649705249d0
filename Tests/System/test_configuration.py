"""Flags, environment and configuration file, and what is said about bad ones."""

import json
import socket

import pytest

from nuthatch_process import free_port, refused_start, run_nuthatch
from raw_http import ask


@pytest.fixture
def config_file(tmp_path):
    def write(document) -> str:
        path = tmp_path / "nuthatch.json"
        path.write_text(document if isinstance(document, str) else json.dumps(document))
        return str(path)

    return write


def test_port_0_picks_a_free_port_and_tells_it(start_server):
    first, second = start_server(), start_server()
    assert first.port != second.port and 0 not in (first.port, second.port)
    assert ask(first, "GET /healthz HTTP/1.1").status == 200
    assert ask(second, "GET /healthz HTTP/1.1").status == 200


def test_the_environment_configures(start_server):
    port = free_port()
    assert start_server(port=None, env={"NUTHATCH_PORT": str(port)}).port == port


def test_the_configuration_file_configures(start_server, config_file):
    port = free_port()
    assert start_server("--config", config_file({"port": port}), port=None).port == port


def test_flags_overrule_the_environment_which_overrules_the_file(start_server, config_file):
    in_file, in_environment, in_flag = free_port(), free_port(), free_port()
    flags = ["--config", config_file({"port": in_file})]
    environment = {"NUTHATCH_PORT": str(in_environment)}
    assert start_server(*flags, port=None, env=environment).port == in_environment
    assert start_server(*flags, port=in_flag, env=environment).port == in_flag


BAD_FLAGS = [
    (["--nonsense"], "nonsense"),
    (["--prot", "5"], "prot"),
    (["--port", "65536"], "port"),
    (["--port", "-1"], "port"),
    (["--port", "http"], "port"),
    (["--port", "+80"], "port"),
    (["--loops", "0"], "loops"),
    (["--loops", "-1"], "loops"),
    (["--loops", "many"], "loops"),
    (["--max-memory", "12parsecs"], "max-memory"),
    (["--max-memory", "-1"], "max-memory"),
    (["--max-memory", "99999999999999999999gb"], "max-memory"),
    (["--eviction", "best"], "eviction"),
    (["--idle-timeout", "soon"], "idle-timeout"),
    (["--idle-timeout", "-5s"], "idle-timeout"),
    (["--head-timeout", "5parsecs"], "head-timeout"),
    (["--max-connections", "0"], "max-connections"),
    (["--max-value-size", "big"], "max-value-size"),
    (["--max-value-size", "33mb", "--data-dir", "/tmp/nowhere"], "max-value-size"),
    (["--max-body-size", "1gb", "--data-dir", "/tmp/nowhere"], "max-body-size"),
    (["--max-header-fields", "-1"], "max-header-fields"),
]


@pytest.mark.parametrize(
    "flags, named", BAD_FLAGS, ids=lambda part: " ".join(part) if isinstance(part, list) else ""
)
def test_a_bad_flag_is_refused_by_name(flags, named):
    assert named in refused_start("--host", "127.0.0.1", *flags)
    assert named in refused_start("--host", "127.0.0.1", *flags, "--check")


def test_the_allowed_eviction_policies_are_told():
    error = refused_start("--port", "0", "--eviction", "best")
    assert "best" in error
    for policy in ("s3-fifo", "lru", "lfu", "ttl", "random", "none"):
        assert policy in error


@pytest.mark.parametrize(
    "environment, named",
    [
        ({"NUTHATCH_PORT": "http"}, "PORT"),
        ({"NUTHATCH_EVICTION": "best"}, "EVICTION"),
        ({"NUTHATCH_MAX_MEMORY": "much"}, "MAX_MEMORY"),
    ],
)
def test_a_bad_value_in_the_environment_is_refused_by_name(environment, named):
    error = refused_start("--check", env=environment).upper()
    assert named in error.replace("-", "_")


@pytest.mark.parametrize(
    "document, named",
    [
        ({"prot": 5}, "prot"),
        ({"port": "http"}, "port"),
        ({"port": 65_536}, "port"),
        ({"port": [1]}, "port"),
        ({"eviction": "best"}, "eviction"),
        ("{", ""),
        ("[]", ""),
        ("", ""),
        ('{"port": 1, "port": 2}', "port"),
    ],
    ids=str,
)
def test_a_bad_configuration_file_is_refused(config_file, document, named):
    assert named in refused_start("--config", config_file(document), "--check")


def test_a_missing_configuration_file_is_refused_by_name(tmp_path):
    assert "absent.json" in refused_start("--config", str(tmp_path / "absent.json"), "--check")


def test_check_accepts_a_good_configuration_without_listening(config_file):
    port = free_port()
    flags = ["--port", port, "--max-memory", "64mb", "--eviction", "lru", "--idle-timeout", "1m"]
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        ended = run_nuthatch("serve", *flags, "--check")
    assert ended.returncode == 0, ended.stderr
    assert b"listening on" not in ended.stdout


@pytest.mark.parametrize("size", ["67108864", "65536kb", "64mb", "1gb"])
def test_sizes_have_units(size):
    assert run_nuthatch("serve", "--max-memory", size, "--check").returncode == 0


@pytest.mark.parametrize("duration", ["500ms", "5s", "1m", "1h"])
def test_durations_have_units(duration):
    assert run_nuthatch("serve", "--idle-timeout", duration, "--check").returncode == 0


def test_a_taken_port_is_refused_by_number(start_server):
    port = start_server().port
    assert str(port) in refused_start("--host", "127.0.0.1", "--port", port)


def test_the_help_tells_the_flags():
    ended = run_nuthatch("serve", "--help")
    assert ended.returncode == 0
    text = ended.stdout.decode()
    for flag in ("--host", "--port", "--loops", "--max-memory", "--eviction", "--ordered-keys"):
        assert flag in text


def test_no_flag_takes_a_token():
    assert "--token " not in run_nuthatch("serve", "--help").stdout.decode()
    refused_start("--host", "127.0.0.1", "--port", "0", "--token", "secret")


# Who may connect


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_without_a_token_only_loopback_is_served(host):
    error = refused_start("--host", host, "--port", "0")
    assert "token" in error.lower() and "--insecure" in error


def test_insecure_overrides_and_is_logged(start_server):
    process = start_server("--insecure", host="0.0.0.0")
    assert ask(process, "GET /healthz HTTP/1.1").status == 200
    assert b"insecure" in (process.output + process.errors).lower()


def test_with_a_token_any_address_is_served(start_server):
    process = start_server(host="0.0.0.0", env={"NUTHATCH_TOKEN": "a-token-of-some-length"})
    assert ask(process, "GET /v1/keys/a HTTP/1.1").status == 401


def test_deterministic_hashing_is_refused():
    error = refused_start("--port", "0", env={"SWIFT_DETERMINISTIC_HASHING": "1"})
    assert "SWIFT_DETERMINISTIC_HASHING" in error
