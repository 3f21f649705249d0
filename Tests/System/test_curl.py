"""curl drives the server as people type it."""

import json
import subprocess

import pytest


@pytest.fixture
def curl(server, tmp_path):
    def run(*arguments, stdin=b"", check=True) -> subprocess.CompletedProcess:
        words = [str(word).replace("$N", server.url) for word in arguments]
        ended = subprocess.run(
            ["curl", "-sS", "--max-time", "10", *words],
            input=stdin,
            capture_output=True,
            cwd=tmp_path,
            timeout=60,
        )
        assert not check or ended.returncode == 0, ended.stderr
        return ended

    return run


def status(ended) -> int:
    return int(ended.stdout.rpartition(b"\n")[2])


STATUS = ("-o", "body", "-w", "\n%{http_code}")


def test_the_quick_start(curl, key):
    stored = curl(
        *STATUS,
        "-X",
        "PUT",
        f"$N/v1/keys/{key}?ttl=60s",
        "-H",
        "Content-Type: application/json",
        "-d",
        '{"name":"Ada"}',
    )
    assert status(stored) == 201
    shown = curl("-i", f"$N/v1/keys/{key}").stdout.decode()
    head, _, body = shown.partition("\r\n\r\n")
    assert head.startswith("HTTP/1.1 200 ") and body == '{"name":"Ada"}'
    names = {line.split(":")[0].lower() for line in head.split("\r\n")[1:]}
    assert {"content-type", "etag", "age", "nuthatch-ttl", "cache-status"} <= names
    assert "application/json" in head


def test_a_file_is_uploaded_and_downloaded(curl, key, tmp_path):
    (tmp_path / "in").write_bytes(bytes(range(256)) * 1000)
    curl("-T", "in", f"$N/v1/keys/{key}", "-H", "Content-Type: image/png")
    curl("-o", "out", f"$N/v1/keys/{key}")
    assert (tmp_path / "out").read_bytes() == (tmp_path / "in").read_bytes()


def test_a_large_upload_waits_for_continue(curl, key, tmp_path):
    (tmp_path / "in").write_bytes(bytes(3 << 20))
    ended = curl("-v", *STATUS, "-T", "in", "-H", "Expect: 100-continue", f"$N/v1/keys/{key}")
    assert status(ended) == 201
    assert b"< HTTP/1.1 100" in ended.stderr
    curl("-X", "DELETE", f"$N/v1/keys/{key}")


def test_an_upload_from_a_pipe_is_chunked(curl, key):
    curl("-T", "-", f"$N/v1/keys/{key}", stdin=b"from a pipe")
    assert curl(f"$N/v1/keys/{key}").stdout == b"from a pipe"


def test_binary_data_keeps_its_line_ends(curl, key):
    curl("-X", "PUT", "--data-binary", "@-", f"$N/v1/keys/{key}", stdin=b"a\r\nb\n\0")
    assert curl(f"$N/v1/keys/{key}").stdout == b"a\r\nb\n\0"


def test_a_head_request(curl, key):
    curl("-T", "-", f"$N/v1/keys/{key}", stdin=b"12345")
    shown = curl("-I", f"$N/v1/keys/{key}").stdout
    assert b"HTTP/1.1 200" in shown and b"Content-Length: 5" in shown


def test_a_range(curl, key):
    curl("-T", "-", f"$N/v1/keys/{key}", stdin=b"0123456789")
    assert curl("-r", "2-4", f"$N/v1/keys/{key}").stdout == b"234"
    assert curl("-r", "-3", f"$N/v1/keys/{key}").stdout == b"789"


def test_a_download_resumes(curl, key, tmp_path):
    curl("-T", "-", f"$N/v1/keys/{key}", stdin=b"0123456789")
    (tmp_path / "part").write_bytes(b"01234")
    curl("-C", "-", "-o", "part", f"$N/v1/keys/{key}")
    assert (tmp_path / "part").read_bytes() == b"0123456789"


def test_compression_is_transparent(curl, key):
    text = b"repeat me " * 1000
    curl(
        "-X",
        "PUT",
        "-H",
        "Content-Type: text/plain",
        "--data-binary",
        "@-",
        f"$N/v1/keys/{key}",
        stdin=text,
    )
    ended = curl("--compressed", "-w", "%{stderr}%{size_download}", f"$N/v1/keys/{key}")
    assert ended.stdout == text and int(ended.stderr) < len(text)
    assert curl(f"$N/v1/keys/{key}").stdout == text


def test_stored_tags_spare_a_download(curl, key, tmp_path):
    curl("-T", "-", f"$N/v1/keys/{key}", stdin=b"value")
    curl("--etag-save", "tag", f"$N/v1/keys/{key}")
    ended = curl(*STATUS, "--etag-compare", "tag", f"$N/v1/keys/{key}")
    assert status(ended) == 304


def test_a_date_condition(curl, key):
    curl("-T", "-", f"$N/v1/keys/{key}", stdin=b"value")
    assert status(curl(*STATUS, "-z", "2100-01-01", f"$N/v1/keys/{key}")) in (200, 304)
    assert status(curl(*STATUS, "-z", "2000-01-01", f"$N/v1/keys/{key}")) == 200


def test_bulk_reads_by_query_and_by_post(curl, key):
    curl("-T", "-", f"$N/v1/keys/{key}", stdin=b"value")
    lines = b'{"key":"%b"}\n{"key":"%b-missing"}\n' % (key.encode(), key.encode())
    common = ("-H", "Content-Type: application/x-ndjson", "--data-binary", "@-")
    for call in (("-X", "QUERY", "$N/v1/keys"), ("-X", "POST", "$N/v1/keys:query")):
        answer = curl(*common, *call, stdin=lines).stdout.decode()
        assert [json.loads(line)["status"] for line in answer.splitlines()] == [200, 404]


def test_one_connection_serves_several_urls(curl, key):
    urls = [f"$N/v1/keys/{key}-{n}" for n in range(5)]
    ended = curl("-w", "%{num_connects}\n", *[word for url in urls for word in ("-o", "body", url)])
    assert ended.stdout.split() == [b"1", b"0", b"0", b"0", b"0"]


def test_version_1_0_closes(curl, key):
    curl("-T", "-", f"$N/v1/keys/{key}", stdin=b"value")
    assert curl("--http1.0", f"$N/v1/keys/{key}").stdout == b"value"


def test_an_http2_upgrade_is_declined_politely(curl, key):
    curl("-T", "-", f"$N/v1/keys/{key}", stdin=b"value")
    assert curl("--http2", f"$N/v1/keys/{key}").stdout == b"value"


def test_http2_without_asking_is_refused(curl, key):
    ended = curl("--http2-prior-knowledge", f"$N/v1/keys/{key}", check=False)
    assert ended.returncode != 0


def test_dots_in_a_name_survive_as_typed(curl, key):
    url = f"$N/v1/keys/{key}/../x"
    curl("--path-as-is", "-T", "-", url, stdin=b"dots")
    assert curl("--path-as-is", url).stdout == b"dots"
    assert status(curl(*STATUS, f"$N/v1/keys/{key}/x")) == 404


def test_get_and_delete(curl, key):
    curl("-T", "-", f"$N/v1/keys/{key}", stdin=b"once")
    taken = curl("-X", "DELETE", "-H", "Prefer: return=representation", f"$N/v1/keys/{key}")
    assert taken.stdout == b"once"
    assert status(curl(*STATUS, f"$N/v1/keys/{key}")) == 404


def test_fail_with_body_shows_the_problem(curl, key):
    ended = curl("--fail-with-body", f"$N/v1/keys/{key}", check=False)
    assert ended.returncode == 22
    assert json.loads(ended.stdout)["type"] == "urn:nuthatch:problem:not-found"


def test_the_front_page_is_readable(curl):
    page = curl("$N/").stdout.decode()
    assert not page.lstrip().startswith("<") and page.count("curl") >= 5
