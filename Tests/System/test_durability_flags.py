"""The settings of data directories and the exit codes of their commands, with the real binary."""

import gzip
import json
import random
import time

import pytest

from event_stream import wait_for
from nuthatch_process import run_nuthatch
from test_snapshots import call, get, make_snapshot, put

NO_SNAPSHOT_BY_ITSELF = ("--snapshot-every", "0s", "--snapshot-growth", "0")


def snapshots(node) -> list[str]:
    """The snapshots that are done, oldest first."""
    rows = json.loads(call(node, "/v1/admin/snapshots")[2])["snapshots"]
    return [row["id"] for row in rows if row.get("rehearsed") and not row["verifying"]]


# When snapshots are made, and how


def test_a_snapshot_is_made_every_so_often_while_something_changes(data):
    data.start("--snapshot-every", "300ms")
    put(data, "a", b"1")
    first = wait_for(lambda: snapshots(data))
    # Nothing has changed since: nothing is made.
    time.sleep(1.0)
    assert snapshots(data) == first
    put(data, "a", b"2")
    assert wait_for(lambda: snapshots(data)[len(first) :])


def test_a_snapshot_is_made_when_the_log_has_grown(data):
    data.start("--snapshot-every", "0s", "--snapshot-growth", "100kb")
    put(data, "a", bytes(60_000))
    time.sleep(1.0)
    assert snapshots(data) == []
    put(data, "b", bytes(60_000))
    assert wait_for(lambda: snapshots(data))


def test_none_is_made_by_itself_where_none_is_wished(data):
    data.start(*NO_SNAPSHOT_BY_ITSELF, "--no-snapshot-at-stop")
    put(data, "a", bytes(1_000_000))
    time.sleep(0.5)
    data.process.stop()
    assert not data.files("snapshot-*")
    data.start(*NO_SNAPSHOT_BY_ITSELF, "--snapshot-at-stop")
    data.process.stop()
    assert len(data.files("snapshot-*")) == 1


def test_a_snapshot_is_packed_as_hard_as_is_wished(make_data):
    sizes = {}
    for level in (0, 1, 9):
        data = make_data(f"level-{level}")
        data.start("--snapshot-level", level, "--no-snapshot-at-stop")
        for number in range(100):
            put(data, f"key-{number}", b"".join(b"%d," % (number * place) for place in range(400)))
        known = make_snapshot(data)
        packed = call(data, f"/v1/admin/snapshots/{known['id']}")[2]
        sizes[level] = len(packed)
        assert b"key-99" in gzip.decompress(packed)
    assert sizes[0] > 2 * sizes[1] and sizes[1] > sizes[9], sizes


# How long they are kept


def history(node, keep: int, window: str) -> list[str]:
    """Positions of five values of one key, each behind a snapshot of its own and some segments of log."""
    node.start(
        *NO_SNAPSHOT_BY_ITSELF, "--no-snapshot-at-stop", "--log-segment-size", "64kb",
        "--snapshot-keep", keep, "--restore-window", window,
    )  # fmt: skip
    positions = []
    for number in range(5):
        positions.append(put(node, "counted", b"%d" % number))
        for _ in range(4):
            put(node, "large", bytes(30_000))
        make_snapshot(node)
    return positions


def restored(node, into, *flags):
    return run_nuthatch("restore", "--from", node.directory, "--into", into, *flags, within=60)


def test_beyond_the_window_only_so_many_snapshots_are_kept(data, tmp_path):
    positions = history(data, keep=2, window="0s")
    wait_for(lambda: len(data.files("snapshot-*")) == 2)
    wait_for(lambda: "log-0000000000000001" not in [file.name for file in data.files("log-*")])
    data.process.kill()
    assert run_nuthatch("verify", data.directory).returncode == 0
    gone = restored(data, tmp_path / "gone", "--to", positions[0])
    assert gone.returncode == 2 and gone.stderr, gone
    assert restored(data, tmp_path / "there", "--to", positions[4]).returncode == 0
    data.start()
    assert get(data, "counted") == b"4"


def test_within_the_window_every_moment_can_be_restored(data, make_data, tmp_path):
    positions = history(data, keep=1, window="1h")
    data.process.kill()
    for number, position in enumerate(positions):
        ended = restored(data, tmp_path / f"to-{number}", "--to", position)
        assert ended.returncode == 0, ended.stderr
        node = make_data(f"to-{number}")
        node.start()
        assert get(node, "counted") == b"%d" % number
        node.process.kill()


# What a start refuses


def content_end(file) -> int:
    """Where the records of a segment end; what follows are zeros that were put aside."""
    return len(file.read_bytes().rstrip(b"\0"))


def test_a_strict_start_refuses_a_log_that_lacks_what_was_synced(data):
    data.start("--fsync", "always")
    for number in range(20):
        put(data, f"key-{number}", b"value-%d" % number)
    data.process.kill()
    [segment] = data.files("log-*")
    end = content_end(segment)
    with open(segment, "r+b") as file:
        file.seek(end - 60)
        file.write(bytes(60))
    refused = data.refused_start("--strict-tail")
    assert segment.name in refused and "were acknowledged" in refused and "strict-tail" in refused, refused
    # It refused and changed nothing: without the flag the same is said, and all else is there.
    data.start("--no-strict-tail")
    assert b"LOST" in data.process.errors
    assert get(data, "key-0") == b"value-0" and get(data, "key-19") is None


def test_a_strict_start_takes_what_is_sound_or_merely_torn(data):
    data.start("--fsync", "always")
    put(data, "a", b"1")
    data.process.kill()
    data.start("--strict-tail")
    put(data, "b", b"2")
    data.process.kill()
    tear(data.files("log-*")[-1])
    data.start("--strict-tail")
    assert get(data, "a") == b"1" and get(data, "b") == b"2"


def tear(segment) -> None:
    """Adds what a write leaves that did not come to its end."""
    end = content_end(segment)
    with open(segment, "r+b") as file:
        file.seek(end + 16)
        file.write(random.Random(end).randbytes(100))


# Exit codes


def verified(node) -> tuple[int, str]:
    ended = run_nuthatch("verify", node.directory)
    return ended.returncode, ended.stdout.decode()


def test_verify_tells_sound_torn_and_damaged_by_its_exit_code(data):
    data.start("--no-snapshot-at-stop", "--log-segment-size", "64kb")
    for number in range(60):
        put(data, f"key-{number}", b"%d" % number * 1500)
    assert len(data.files("log-*")) > 2
    # An orderly stop would close the last segment too, and what is closed is never torn.
    data.process.kill()
    assert verified(data)[0] == 0, verified(data)
    last, sound = data.files("log-*")[-1], data.files("log-*")[-1].read_bytes()
    tear(last)
    code, told = verified(data)
    assert code == 1 and last.name in told, told
    # Both: the worse counts.
    closed = data.files("log-*")[0]
    flipped = bytearray(closed.read_bytes())
    flipped[len(flipped) // 2] ^= 1
    closed.write_bytes(flipped)
    code, told = verified(data)
    assert code == 2 and f"{closed.name}, byte " in told, told
    last.write_bytes(sound)
    assert verified(data)[0] == 2
    flipped[len(flipped) // 2] ^= 1
    closed.write_bytes(flipped)
    assert verified(data)[0] == 0


def test_verify_calls_a_gap_and_a_missing_file_damage(data):
    data.start("--no-snapshot-at-stop", "--log-segment-size", "64kb")
    for number in range(60):
        put(data, f"key-{number}", b"%d" % number * 1500)
    data.process.stop()
    segments = data.files("log-*")
    moved = segments[1].rename(data.directory.parent / "moved")
    code, told = verified(data)
    assert code == 2 and segments[1].name in told, told
    moved.rename(segments[1])
    assert verified(data)[0] == 0
    manifest = data.files("MANIFEST")[0]
    text = manifest.read_bytes()
    manifest.write_bytes(text.replace(b"1", b"2", 1))
    assert verified(data)[0] == 2
    manifest.write_bytes(text)
    assert run_nuthatch("verify", data.directory.parent / "nothing").returncode == 2


# Lifetimes of what is restored


@pytest.mark.timed
def test_restored_lifetimes_are_those_of_then_only_where_wished(data, make_data, tmp_path):
    data.start("--no-snapshot-at-stop")
    with data.client() as client:
        client.store("brief", b"1", "ttl=3s")
        then = client.store("long", b"1", "ttl=1h").strip('"')
        left_then = float(client.get("long")["Nuthatch-TTL"])
    time.sleep(3.2)
    data.process.kill()
    left = {}
    for name, flags in {"absolute": (), "shifted": ("--shift-ttl",)}.items():
        ended = restored(data, tmp_path / name, "--to", then, *flags)
        assert ended.returncode == 0, ended.stderr
        node = make_data(name)
        node.start()
        with node.client() as client:
            left[name] = float(client.get("long")["Nuthatch-TTL"])
            assert client.get("brief").status == (200 if flags else 404), name
        node.process.kill()
    assert left["absolute"] <= left_then - 3.2
    assert left_then - 3.2 < left["shifted"] <= left_then + 0.1, (left_then, left)
