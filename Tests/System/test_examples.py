"""Every example in the README and in the OpenAPI document, run as a reader would run it."""

import re
import subprocess
from pathlib import Path

import pytest
import yaml

from nuthatch_process import REPOSITORY, clean_environment, running

FENCE = re.compile(r"^```(?:sh|console)\n(.*?)^```", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^(curl|printf .*\| *curl|echo .*\| *curl)\b")
NAMED_STATUS = re.compile(r"\s#\s*(\d{3})\b[^'\"]*$")
ADDRESS = re.compile(r"\b(localhost|127\.0\.0\.1):8379\b")
UPLOADED_FILE = re.compile(r"(?:-T |@)([\w.-]+\.\w+)")
REPORT = "the-status-was"
METHODS = ("get", "head", "put", "post", "delete", "options", "query", "patch")


def readme_examples() -> list:
    path = REPOSITORY / "README.md"
    text = path.read_text() if path.is_file() else ""
    commands = [command for block in FENCE.findall(text) for command in commands_in(block)]
    return [pytest.param(command, id=command[:70]) for command in commands]


def commands_in(block: str):
    for line in re.sub(r"\\\n\s*", "", block).splitlines():
        line = line.removeprefix("$ ").strip()
        if COMMAND.match(line):
            yield line


def openapi_examples() -> list:
    path = REPOSITORY / "openapi/openapi.yaml"
    document = yaml.safe_load(path.read_text()) if path.is_file() else {}
    found = []
    for target, item in document.get("paths", {}).items():
        operations = {method: item[method] for method in METHODS if method in item}
        operations |= item.get("additionalOperations", {}) | item.get("x-methods", {})
        for method, operation in operations.items():
            for number, example in enumerate(operation.get("x-examples", []), 1):
                name = f"{method.upper()} {target} {number}"
                found.append(pytest.param(example["curl"], example["status"], id=name))
    return found


@pytest.fixture(scope="module")
def readme_server(existing_binary):
    with running() as process:
        yield process


@pytest.fixture(scope="module")
def openapi_server(existing_binary):
    with running() as process:
        yield process


@pytest.fixture(scope="module")
def reader_directory(tmp_path_factory):
    """A place where curl reports the status of every answer on stderr."""
    place = tmp_path_factory.mktemp("reader")
    (place / ".curlrc").write_text(
        f'write-out = "%{{stderr}}\\n{REPORT} %{{http_code}}\\n"\nmax-time = 60\n'
    )
    return place


def run_example(command: str, server, place: Path) -> list[int]:
    """Runs a shell line against the server and returns the status of each answer."""
    for name in UPLOADED_FILE.findall(command):
        if not (place / name).exists():
            (place / name).write_bytes(b"an example file")
    ended = subprocess.run(
        ["sh", "-c", ADDRESS.sub(server.authority, command)],
        cwd=place,
        env=clean_environment({"CURL_HOME": str(place), "HOME": str(place), "N": server.url}),
        capture_output=True,
        stdin=subprocess.DEVNULL,
        timeout=180,
    )
    errors = ended.stderr.decode(errors="replace")
    assert ended.returncode == 0, errors
    return [int(code) for code in re.findall(rf"^{REPORT} (\d+)$", errors, re.MULTILINE)]


def test_there_are_examples():
    assert len(readme_examples()) > 20 and len(openapi_examples()) > 50


@pytest.mark.parametrize("command", readme_examples())
def test_an_example_of_the_readme_works(readme_server, reader_directory, command):
    statuses = run_example(command, readme_server, reader_directory)
    assert statuses, "no answer arrived"
    named = NAMED_STATUS.search(command)
    if named:
        assert statuses[-1] == int(named[1])
    else:
        assert all(200 <= status < 500 for status in statuses)


@pytest.mark.parametrize("command, status", openapi_examples())
def test_an_example_of_the_openapi_document_works(
    openapi_server, reader_directory, command, status
):
    assert run_example(command, openapi_server, reader_directory)[-1:] == [status]
