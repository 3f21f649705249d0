"""A disk without room: changes are refused, reads go on, and with room everything goes on (D6)."""

import json
import random
import re
import signal
import time

import pytest

from event_stream import wait_for
from faults import SmallDisk, strace
from node import Node
from repetitions import times
from test_snapshots import call, make_snapshot
from traffic import Traffic

REPEATED = times(2, 40, 40)
FLAGS = ("--log-segment-size", "1mb")
REFUSED = re.compile(r"nuthatch_log_refused_writes(_total)? ")


@pytest.fixture
def small(request, existing_binary):
    """A node on a disk of four megabytes, or of as many as the test says."""
    with SmallDisk(getattr(request, "param", "4m")) as disk:
        node = Node(f"{disk.path}/data", disk.outside / "data", disk.prefix)
        node.disk = disk
        yield node
        node.close()


def write_until_refused(node, largest=40_000):
    """Writes values until one is refused, and returns that answer."""
    with node.client() as client:
        for number in range(2000):
            operation = node.ledger.put(f"key-{number}", 1, largest)
            response = client.put(operation.key, operation.value)
            if node.ledger.answered(operation, response) != "ok":
                return response
    raise AssertionError("everything was taken")


def wait_until_writable(node, within=60.0):
    deadline = time.monotonic() + within
    while True:
        with node.client() as client:
            operation = node.ledger.put("again", 1)
            response = client.put(operation.key, operation.value)
            if node.ledger.answered(operation, response) == "ok":
                return
        assert time.monotonic() < deadline, response
        time.sleep(0.1)


@pytest.mark.deadline(120)
@pytest.mark.parametrize("policy", ["always", "everysec", "no"])
def test_a_full_disk_refuses_changes_and_answers_reads(small, policy):
    process = small.start("--fsync", policy)
    refused = write_until_refused(small)
    assert refused.status in (503, 507), refused
    deadline = time.monotonic() + 60
    with small.client() as client:
        while (refused := client.delete("key-0")).status != 507 and time.monotonic() < deadline:
            time.sleep(0.1)
        assert refused.status == 507 and refused.slug == "disk-full", refused
        assert refused.problem["applied"] is False
        assert client.get("key-0", accept_encoding="identity").body == small.ledger.plain["key-0"][1].value
    status, readiness = small.readiness()
    assert (status, readiness["status"], readiness["checks"]["log"]["state"]) == (503, "refusing", "full"), readiness
    assert process.is_alive()
    process.kill()
    small.ledger.fault()
    small.start("--fsync", policy)
    small.verify()


@pytest.mark.timed
@pytest.mark.deadline(120)
@pytest.mark.parametrize("policy", ["always", "everysec"])
def test_reads_that_slide_and_ends_are_answered_while_nothing_can_be_written(small, policy):
    # What their reads leave to write is more than a segment holds, when there is room again.
    sliding = [f"sliding-{number}" for number in range(300)]
    ending = [f"ending-{number}" for number in range(40)]
    small.start("--fsync", policy, "--log-segment-size", "64kb")
    with small.client() as client:
        for key in sliding:
            client.store(key, b"x" * 100, "idle=4s")
        for key in ending:
            client.store(key, b"x", "ttl=3s")
        until_ended = time.monotonic() + 3.2
        with small.disk.filled(leaving=0):
            began = time.monotonic()
            # Every read past a tenth of the lifetime is a record; so many fill what room the segment has.
            while time.monotonic() < max(began + 9, until_ended):
                for key in sliding:
                    answer = client.get(key, accept_encoding="identity")
                    assert (answer.status, answer.body) == (200, b"x" * 100), (key, answer, time.monotonic() - began)
                assert client.get("nobody").status == 404
                time.sleep(0.02)
            for key in ending:
                assert client.get(key).status == 404, key
            refused = client.put("more", b"1")
            assert refused.status in (503, 507) and refused.problem["applied"] is False
            assert refused_writes(small) > 0, "every record found room: nothing was shown"
        wait_until_writable(small)
        for key in sliding:
            assert client.get(key).status == 200
    small.process.kill()
    small.ledger.fault()
    small.start("--fsync", policy)
    with small.client() as client:
        for key in ending:
            assert client.get(key).status == 404
    small.verify()


def refused_writes(node):
    """How often the log could not write for want of room."""
    with node.client() as client:
        figures = client.request("GET", "/metrics").body.decode()
    return sum(float(line.split()[1]) for line in figures.splitlines() if REFUSED.match(line))


@pytest.mark.deadline(120)
@pytest.mark.parametrize("policy", ["always", "everysec"])
@pytest.mark.parametrize("small", ["64m"], indirect=True, ids=["room for all that the clients can write"])
def test_with_room_the_log_goes_on_by_itself(small, policy, seed):
    small.start("--fsync", policy, "--log-segment-size", "64kb")
    with Traffic(small.process.address, small.ledger, seed, largest=2000):
        for _ in range(REPEATED):
            time.sleep(0.3)
            with small.disk.filled(leaving=0):
                time.sleep(1.0)
    wait_until_writable(small)
    assert small.readiness()[0] == 200
    small.process.kill()
    small.ledger.fault()
    small.start("--fsync", policy)
    small.verify()
    assert not small.files("*.new"), "a temporary file was left"


def failed_snapshot(node) -> dict:
    """Asks for a snapshot that cannot be made, and waits until that is known."""
    status, fields, _ = call(node, "/v1/admin/snapshots", "POST")
    assert status == 202
    deadline = time.monotonic() + 60
    while (known := json.loads(call(node, fields["Location"], accept="application/json")[2]))["state"] == "running":
        assert time.monotonic() < deadline, known
        time.sleep(0.01)
    assert known["state"] == "failed" and known["failure"], known
    return known


def sound_snapshots(node) -> list[str]:
    rows = json.loads(call(node, "/v1/admin/snapshots")[2])["snapshots"]
    return [row["id"] for row in rows if row["state"] == "complete"]


@pytest.mark.deadline(60 + REPEATED * 10)
@pytest.mark.parametrize("small", ["32m"], indirect=True, ids=["room for two snapshots and the log"])
def test_a_snapshot_without_room_leaves_nothing_behind(small, seed):
    choices = random.Random(seed)
    flags = ("--log-segment-size", "64kb", "--snapshot-keep", "1", "--restore-window", "0s")
    small.start(*flags)
    noise = {f"noise-{number}": choices.randbytes(40_000) for number in range(100)}
    with small.client() as client:
        for key, value in noise.items():
            client.store(key, value)
    for _ in range(REPEATED):
        sound = make_snapshot(small)["id"]
        wait_until_writable(small)
        # Packed, noise is as long as it was.
        with small.disk.filled(leaving=choices.randrange(sum(map(len, noise.values())))):
            assert failed_snapshot(small)["id"] != sound
            wait_for(lambda: not small.files("*.new"))
            assert sound_snapshots(small) == [sound]
            assert len(small.files("snapshot-*")) == 1
        wait_until_writable(small)
        small.process.kill()
        small.ledger.fault()
        small.start(*flags)
        small.verify()
        assert sound_snapshots(small) == [sound]
    assert make_snapshot(small)["id"] != sound
    with small.client() as client:
        assert all(client.value(key) == value for key, value in noise.items())


@pytest.mark.deadline(120)
@pytest.mark.parametrize("number", range(12, 12 + times(16, 160, 160)))
def test_no_space_from_a_write_on_loses_nothing(make_data, seed, memory_path, tmp_path, number):
    data, injection = make_data("data", memory_path), f"pwrite64:error=ENOSPC:when={number}+"
    prefix = strace(tmp_path / "trace", "pwrite64", injection)
    process = data.start(*FLAGS, "--fsync", "always", prefix=prefix)
    with Traffic(process.address, data.ledger, seed, largest=500):
        wait_for(lambda: data.ledger.count("fail") > 0 or data.ledger.count("unknown") > 0)
    refused = write_until_refused(data, largest=500)
    assert refused.status in (503, 507), refused
    with data.client() as client:
        # Where a delete waits to be written, nothing else of its shard can be said to be missing.
        statuses = [client.get(f"never-stored-{one}").status for one in range(40)]
        assert 404 in statuses and set(statuses) <= {404, 503}, statuses
    assert process.is_alive()
    process.kill()
    data.ledger.fault()
    data.start(*FLAGS, "--fsync", "always")
    data.verify()
    data.process.kill()


@pytest.mark.deadline(120)
@pytest.mark.parametrize("policy", ["always", "everysec", "no"])
def test_a_server_that_waits_for_room_stops_when_told(data, seed, tmp_path, policy):
    """What it could not write was acknowledged to nobody; the snapshot at the end is not waited for."""
    injection = "pwrite64:error=ENOSPC:when=12+"
    process = data.start("--fsync", policy, prefix=strace(tmp_path / "trace", "pwrite64", injection))
    with Traffic(process.address, data.ledger, seed, largest=500):
        wait_for(lambda: data.readiness()[0] == 503)
    process.signal(signal.SIGTERM)
    assert process.wait(within=20) == 0
    data.ledger.fault()
    data.start("--fsync", policy)
    data.verify()


@pytest.mark.deadline(120)
def test_a_limit_of_file_size_is_no_end_of_the_process(data, seed):
    process = data.start("--fsync", "always", file_size=300_000)
    with Traffic(process.address, data.ledger, seed, largest=5000):
        wait_for(lambda: data.ledger.count("fail") > 20 or not process.is_alive())
    assert process.is_alive(), process.errors_text()
    process.kill()
    data.ledger.fault()
    data.start("--fsync", "always")
    data.verify()


@pytest.mark.deadline(120)
def test_atomic_batches_that_find_room_for_a_part_count_as_a_whole_or_not_at_all(data):
    data.start("--fsync", "always", file_size=1_000_000)
    taken = []
    with data.client() as client:
        for number in range(8):
            lines = [{"op": "put", "key": f"{number}-{part}", "value": "x" * 3000} for part in range(100)]
            if client.batch(lines, "atomic=true").status == 200:
                taken.append(number)
            else:
                wait_for(lambda: client.put("after", b"goes on in the next file").status in (200, 201, 204))
    assert 3 <= len(taken) < 8, "nothing stopped half way"
    data.process.kill()
    data.start("--fsync", "always")
    with data.client() as client:
        for number in range(8):
            found = [client.get(f"{number}-{part}").status == 200 for part in range(100)]
            assert len(set(found)) == 1, f"a part of batch {number} is there"
            assert found[0] or number not in taken, f"batch {number} was acknowledged"


@pytest.mark.deadline(120)
@pytest.mark.parametrize("small", ["64m"], indirect=True)
def test_a_disk_smaller_than_a_segment_is_filled_before_it_is_called_full(small):
    small.start("--fsync", "no")
    stored = 0
    with small.client() as client:
        while client.put(f"key-{stored}", b"x" * 100_000).status in (200, 201):
            stored += 1
            # The log's own look at its disk, once a second, comes between.
            if stored % 100 == 0:
                time.sleep(1.1)
    assert stored > 400, f"{stored} values of 100 kB on 64 MiB"
    small.process.kill()
    small.start("--fsync", "no")
    with small.client() as client:
        assert client.get(f"key-{stored - 1}").status == 200


def test_a_killed_server_leaves_no_room_reserved(data):
    for number in range(4):
        data.start()
        with data.client() as client:
            client.store(f"key-{number}", b"value", nuthatch_ack="fsync")
        data.process.kill()
    data.start()
    taken = sum(file.stat().st_blocks * 512 for file in data.files("log-*"))
    assert taken < 2 * 64 << 20, f"{taken:,} bytes for four values"
