"""The examples of docs/durability.md, and of the README's part on snapshots, run in their order as a reader would."""

import datetime
import json
import os
import re
import subprocess
import time

import pytest

from http_client import Client
from node import Node
from nuthatch_process import REPOSITORY, binary, clean_environment
from test_durability_archive import wait_until_archived

FENCE = re.compile(r"^```\n(.*?)^```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`(nuthatch [^`]*\bDIR\b[^`]*)`")
COMMAND = re.compile(r"^(\$ |(?=nuthatch |curl |\*/10 ))(.+)$")
NAMED_STATUS = re.compile(r"#\s*(\d{3})\b")
TIME = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z")


def examples(text: str) -> list[tuple[str, list[str]]]:
    """The commands of all blocks, each with what is shown to come of it."""
    found = []
    for block in FENCE.findall(text):
        lines = block.splitlines()
        # Where commands have a prompt, lines without one are what they say.
        has_prompt = any(line.startswith("$ ") for line in lines)
        for line in lines:
            match = COMMAND.match(line)
            if match and (match[1] or not has_prompt):
                found.append((match[2], []))
            elif has_prompt and found:
                found[-1][1].append(line)
    return found


class Reader:
    """Follows examples: the directories are below `place`, the server on a port of its own."""

    def __init__(self, place, node):
        self.place = place
        self.node = node
        self.snapshot = None
        bin = place / "bin"
        bin.mkdir()
        (bin / "nuthatch").symlink_to(binary())
        # What a timer would send is a failure here.
        (bin / "mail").write_text("#!/bin/sh\nexit 9\n")
        (bin / "mail").chmod(0o755)
        (place / ".curlrc").write_text('write-out = "%{stderr}\\nstatus %{http_code}\\n"\nmax-time = 60\n')
        self.environment = clean_environment(
            {"PATH": f"{bin}:{os.environ['PATH']}", "HOME": str(place), "CURL_HOME": str(place)}
        )

    def follow(self, command: str, shown: list[str]) -> None:
        if command.startswith("nuthatch serve "):
            return self.serve(command)
        if command.startswith("curl") and self.snapshot:
            self.wait_for_snapshot()
        ended = self.run(self.here(command.removeprefix("*/10 * * * * ")))
        assert ended.returncode == 0, f"{command}: {ended.stderr}"
        if named := NAMED_STATUS.search(command):
            assert f"\nstatus {named[1]}\n" in ended.stderr, f"{command}: {ended.stderr}"
        if command.startswith("curl -X POST") and "/verify" not in command:
            self.snapshot = json.loads(ended.stdout)["id"]
        for line in shown:
            assert re.search(self.shape(line), ended.stdout), f"{command}: {ended.stdout}"

    def serve(self, command: str) -> None:
        """Another server on the directory named, in place of the one that runs."""
        if self.node.process is not None:
            self.node.process.stop()
        self.snapshot = None
        self.node.directory = self.place / re.search(r"--data-dir /var/lib/(\S+)", command)[1]
        if "--archive-dir" not in command:
            self.node.start()
            return
        self.node.start("--archive-dir", self.place / "backup", "--archive-every", "1s")
        wait_until_archived(self.node)

    def run(self, command: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            ["sh", "-c", command], cwd=self.place, env=self.environment, capture_output=True, text=True, timeout=120
        )

    def here(self, command: str) -> str:
        """The command with this reader's directories, port, times and snapshot."""
        now = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=1)
        command = command.replace("/var/lib", str(self.place))
        command = command.replace("/mnt/backup/nuthatch", str(self.place / "backup"))
        command = command.replace("localhost:8379", self.node.process.authority)
        command = re.sub(r"/snapshots/7\b", f"/snapshots/{self.snapshot}", command)
        return TIME.sub(now.strftime("%Y-%m-%dT%H:%M:%SZ"), command)

    def shape(self, line: str) -> str:
        """What was shown, with other numbers and times; of what is left out (…) nothing is asked."""
        parts = re.escape(line.replace("/var/lib", str(self.place))).split("…")
        return ".*".join(re.sub(r"\d+", r"\\d+", re.sub(r"true|false", "(true|false)", part)) for part in parts)

    def wait_for_snapshot(self) -> None:
        deadline = time.monotonic() + 60
        with Client(self.node.process.address) as client:
            while True:
                known = client.request("GET", f"/v1/admin/snapshots/{self.snapshot}", accept="application/json")
                if known.status == 200:
                    assert json.loads(known.body)["state"] == "complete", known.body
                    return
                assert time.monotonic() < deadline, known.body
                time.sleep(0.02)


@pytest.fixture
def reader(existing_binary, tmp_path):
    node = Node(tmp_path / "nuthatch")
    yield Reader(tmp_path, node)
    node.close()


def store_some(reader) -> None:
    with Client(reader.node.process.address) as client:
        for number in range(50):
            client.store(f"key-{number}", b"value")


def test_the_examples_of_the_page_on_keeping_data_work(reader):
    text = (REPOSITORY / "docs/durability.md").read_text()
    todo = examples(text)
    assert len(todo) >= 10, todo
    for command, shown in todo:
        # What the loading server says is shown; that it says so is another test's.
        reader.follow(command, [line for line in shown if '"loading"' not in line])
        if command == "nuthatch serve --data-dir /var/lib/nuthatch":
            store_some(reader)
        if command == "nuthatch serve --data-dir /var/lib/restored":
            with Client(reader.node.process.address) as client:
                assert client.value("order:17") == b"paid" and client.value("key-49") == b"value"
    assert (reader.place / "backup.gz").read_bytes()[:2] == b"\x1f\x8b"
    follow_placeholders(reader, [command for command in INLINE.findall(text)], at_least=3)


def test_the_examples_of_the_readme_on_snapshots_work(reader):
    text = (REPOSITORY / "README.md").read_text()
    part = text[text.index("### Snapshots and restore") :]
    todo = [command for command, _ in examples(part[: part.index("\n## ")])]
    reader.node.start()
    store_some(reader)
    for command in todo:
        if command.startswith("curl"):
            reader.follow(command, [])
    follow_placeholders(reader, [command for command in todo if command.startswith("nuthatch ")], at_least=5)


def follow_placeholders(reader, commands, at_least) -> None:
    """Commands on DIR and NEW, once the server has stopped."""
    reader.node.process.stop()
    assert len(commands) >= at_least, commands
    for number, command in enumerate(commands):
        here = command.replace("DIR", str(reader.node.directory)).replace("NEW", str(reader.place / f"new-{number}"))
        reader.follow(here, [])
