"""Closed segments and snapshots are copied to an archive, from which everything comes back when the disk is lost."""

import contextlib
import json
import re
import shutil
import time

import pytest

from event_stream import wait_for
from faults import SmallDisk
from node import Node
from nuthatch_process import run_nuthatch
from test_snapshots import call, make_snapshot

FLAGS = ("--archive-every", "1s", "--log-segment-size", "64kb", "--no-snapshot-at-stop")


@pytest.fixture
def node(tmp_path, existing_binary):
    node = Node(tmp_path / "data")
    node.archive = tmp_path / "archive"
    yield node
    node.close()


def start(node, *flags):
    return node.start("--archive-dir", node.archive, *FLAGS, *flags)


def put(node, key, length=100):
    operation = node.ledger.put(key, 1, length)
    with node.client() as client:
        assert node.ledger.answered(operation, client.put(key, operation.value)) == "ok"
    return operation.value


def figures(node) -> dict[str, int]:
    """What the metrics say of log and archive."""
    text = call(node, "/metrics")[2].decode()
    found = re.findall(r"^nuthatch_((?:archive|log_written)_\w+?)(?:_total)? (\d+)$", text, re.MULTILINE)
    return {name: int(value) for name, value in found}


def wait_until_archived(node):
    """Waits until the archive has every change."""

    def is_archived():
        now = figures(node)
        return now["archive_position"] == now["log_written_position"] and now["archive_waiting_files"] == 0

    wait_for(is_archived)


def assert_sound(node) -> None:
    result = run_nuthatch("verify", node.archive)
    assert (result.returncode, result.stdout.splitlines()[-1]) == (0, b"sound"), result.stdout


@contextlib.contextmanager
def restored(node, *flags):
    """A server on what the archive gives back, for the length of a `with` block."""
    into = node.directory.parent / "restored"
    shutil.rmtree(into, ignore_errors=True)
    result = run_nuthatch("restore", "--from", node.archive, "--into", into, *flags)
    assert result.returncode == 0, result.stderr
    made = Node(into)
    made.ledger = node.ledger
    made.start()
    try:
        yield made
    finally:
        made.close()


def test_everything_comes_back_from_the_archive_when_the_disk_is_lost(node):
    start(node)
    values = {f"key-{number}": put(node, f"key-{number}", 3000) for number in range(60)}
    make_snapshot(node)
    values["last"] = put(node, "last")
    node.process.stop()
    shutil.rmtree(node.directory)
    with restored(node) as made:
        made.verify()
        with made.client() as client:
            assert client.get("last", accept_encoding="identity").body == values["last"]
    assert_sound(node)


def test_a_change_is_archived_within_the_time_although_its_segment_is_not_full(node):
    start(node)
    put(node, "alone")
    wait_until_archived(node)
    listed = run_nuthatch("positions", node.archive).stdout.decode()
    # The server runs on, and nothing more is in the data directory that counts.
    node.process.kill()
    shutil.rmtree(node.directory)
    with restored(node) as made:
        made.verify()
    assert re.match(r"\d+\.\d+ \d{4}-\d\d-\d\dT[\d:.]+Z log-[0-9a-f]{16}\n", listed), listed


def test_every_moment_comes_back_although_the_data_directory_keeps_none(node):
    start(node, "--snapshot-keep", "1", "--restore-window", "0s")
    moments = []
    for round in range(4):
        for number in range(30):
            put(node, f"key-{number}", 3000)
        value = put(node, "round")
        readiness = json.loads(call(node, "/readyz", accept="application/json")[2])
        moments.append((readiness["position"], value))
        make_snapshot(node)
        put(node, "behind")
        wait_until_archived(node)
    # Old files have gone from the data directory, since the archive has them.
    wait_for(lambda: len(list(node.directory.glob("snapshot-*.gz"))) == 1)
    for position, value in moments:
        with restored(node, "--to", position) as made, made.client() as client:
            assert client.get("round", accept_encoding="identity").body == value


def test_the_archive_can_be_verified_and_restored_from_beside_the_server(node):
    start(node)
    put(node, "key")
    make_snapshot(node)
    put(node, "more")
    wait_until_archived(node)
    assert_sound(node)
    with restored(node) as made:
        made.verify()
    volume = next(node.archive.iterdir())
    log = max(volume.glob("log-*"), key=lambda path: path.stat().st_size)
    damaged = bytearray(log.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    log.write_bytes(damaged)
    result = run_nuthatch("verify", node.archive)
    assert result.returncode == 2 and log.name in result.stdout.decode(), result.stdout
    # One that cannot be read at all hides nothing of the others.
    broken = node.archive / "00000000-1.1"
    broken.mkdir()
    (broken / "MANIFEST").write_text("nonsense")
    said = run_nuthatch("verify", node.archive).stdout.decode()
    assert f"{broken} cannot be used: MANIFEST, byte " in said and log.name in said, said


@pytest.mark.deadline(180)
def test_a_full_archive_stops_nothing_but_letting_go_and_goes_on_with_room(node):
    with SmallDisk("2m") as disk:
        node.archive = f"{disk.path}/archive"
        node.prefix = disk.prefix
        with disk.filled(leaving=400_000):
            start(node, "--snapshot-keep", "1", "--restore-window", "0s")
            for number in range(200):
                put(node, f"key-{number % 20}", 3000)
            make_snapshot(node)
            put(node, "more")
            wait_for(lambda: figures(node)["archive_failures"] > 0)
            assert figures(node)["archive_waiting_files"] > 0
            log = len(list(node.directory.glob("log-*")))
            said = node.process.errors_text()
            assert "not archived in " in said and "Make room on the disk" in said, said
        wait_until_archived(node)
        assert "goes on" in node.process.errors_text()
        wait_for(lambda: len(list(node.directory.glob("log-*"))) < log)
        node.process.kill()
        node.ledger.fault()
        node.start()
        node.verify()
        node.close()


def test_a_server_that_is_killed_again_and_again_leaves_a_sound_archive(node, seed):
    for round in range(4):
        process = start(node)
        began = time.monotonic()
        number = 0
        while time.monotonic() - began < 0.7 + 0.4 * ((seed >> round) % 3):
            put(node, f"key-{number % 20}", 3000)
            number += 1
        process.kill()
        node.ledger.fault()
        assert_sound(node)
    start(node)
    node.verify()
    node.process.stop()
    shutil.rmtree(node.directory)
    with restored(node) as made:
        made.verify()


@pytest.mark.parametrize(
    "flags, reason",
    [
        (("--archive-dir", "{data}"), "needs a --data-dir to copy from, which is another directory"),
        (("--archive-dir", "{data}/../data"), "is a data directory. Name another directory for the archive"),
        (("--archive-dir", "{data}/none/there"), "mkdir"),
    ],
)
def test_an_archive_that_cannot_be_one_is_refused_at_the_start(node, flags, reason):
    node.start()
    node.process.stop()
    said = node.try_start(*(flag.format(data=node.directory) for flag in flags))
    assert said is not None and reason in said, said


def test_an_archive_without_a_data_directory_is_refused(existing_binary, tmp_path):
    result = run_nuthatch("serve", "--check", "--archive-dir", tmp_path / "archive")
    assert result.returncode == 78 and b"archive-dir" in result.stderr, result.stderr
