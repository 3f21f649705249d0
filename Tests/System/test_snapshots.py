"""Snapshots beside a running server, and the commands on data directories, with the real binary."""

import gzip
import itertools
import json
import threading
import time
import urllib.error
import urllib.request

from nuthatch_process import run_nuthatch


def call(node, path, method="GET", accept="*/*"):
    """Status, fields and body of one request."""
    request = urllib.request.Request(f"{node.process.url}{path}", method=method, headers={"Accept": accept})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as answer:
        return answer.code, answer.headers, answer.read()


def put(node, key, value):
    request = urllib.request.Request(f"{node.process.url}/v1/keys/{key}", method="PUT", data=value)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return answer.headers["ETag"].strip('"')


def get(node, key):
    status, _, body = call(node, f"/v1/keys/{key}")
    return body if status == 200 else None


def make_snapshot(node):
    """Asks for one and waits until it is rehearsed; what is known of it."""
    status, fields, _ = call(node, "/v1/admin/snapshots", "POST")
    assert status == 202 and fields["Retry-After"] == "1"
    return rehearsed(node, fields["Location"])


def rehearsed(node, place):
    deadline = time.monotonic() + 120
    while True:
        _, _, body = call(node, place, accept="application/json")
        known = json.loads(body)
        assert known["state"] != "failed" and "failure" not in known, known
        if known.get("rehearsed") and not known["verifying"]:
            return known
        assert time.monotonic() < deadline, known
        time.sleep(0.02)


def test_a_snapshot_is_made_listed_fetched_and_verified(data):
    data.start()
    for number in range(300):
        put(data, f"key-{number}", b"value %d" % number)
    known = make_snapshot(data)
    place = f"/v1/admin/snapshots/{known['id']}"
    status, fields, packed = call(data, place)
    assert status == 200 and fields["Content-Type"] == "application/gzip"
    assert len(packed) == known["bytes"] and known["entries"] == 300
    plain = gzip.decompress(packed)
    assert plain.startswith(b"NUTHATCH") and b"value 299" in plain
    _, _, body = call(data, "/v1/admin/snapshots")
    assert [row["id"] for row in json.loads(body)["snapshots"]] == [known["id"]]
    status, _, _ = call(data, f"{place}/verify", "POST")
    assert status == 202
    assert rehearsed(data, place)["verified_at"]


def test_one_that_is_damaged_later_is_not_given_until_it_is_sound_again(data):
    data.start()
    for number in range(300):
        put(data, f"key-{number}", b"value %d" % number)
    known = make_snapshot(data)
    place = f"/v1/admin/snapshots/{known['id']}"
    [file] = data.files("snapshot-*")
    sound = file.read_bytes()
    spoilt = bytearray(sound)
    spoilt[len(spoilt) // 2] ^= 4
    file.write_bytes(spoilt)
    assert call(data, f"{place}/verify", "POST")[0] == 202
    failed = ended(data, place)
    assert failed["state"] == "failed" and f"{file.name}, byte " in failed["failure"] and not failed["rehearsed"]
    status, fields, body = call(data, place)
    assert status == 409 and fields["Content-Type"] == "application/problem+json", body
    assert json.loads(body)["type"].endswith(":snapshot-failed") and file.name in json.loads(body)["failure"]
    # The next start tries it again, and no more gives it away before.
    data.process.kill()
    data.process.wait_for_kill()
    data.start()
    assert ended(data, place)["state"] == "failed"
    assert call(data, place)[0] == 409
    file.write_bytes(sound)
    assert call(data, f"{place}/verify", "POST")[0] == 202
    assert rehearsed(data, place)["state"] == "complete"
    assert call(data, place)[2] == sound


def ended(node, place):
    """What is known of a snapshot as soon as it is neither made nor rehearsed."""
    deadline = time.monotonic() + 120
    while True:
        status, _, body = call(node, place, accept="application/json")
        known = json.loads(body)
        if status == 200 and not known.get("verifying"):
            return known
        assert time.monotonic() < deadline, known
        time.sleep(0.02)


def test_what_is_no_snapshot_is_404_and_what_has_no_directory_too(data, start_server):
    data.start()
    for path in ["/v1/admin/snapshots/999999", "/v1/admin/snapshots/x", "/v1/admin/snapshots/1/nothing"]:
        assert call(data, path)[0] == 404, path
    assert call(data, "/v1/admin/snapshots/1/verify", "GET")[0] == 405
    assert call(data, "/v1/admin/snapshots/999999/verify", "POST")[0] == 404


def test_snapshots_under_writes_are_sound_and_a_restart_finds_everything(data, seed):
    data.start()
    over = threading.Event()
    written = [dict() for _ in range(4)]

    def write(worker):
        number = 0
        with data.client() as client:
            while not over.is_set():
                key = f"key-{worker}-{number % 500}"
                value = b"%d.%d" % (worker, number)
                put(data, key, value)
                written[worker][key] = value
                number += 1

    writers = [threading.Thread(target=write, args=[worker]) for worker in range(4)]
    for writer in writers:
        writer.start()
    try:
        for _ in range(4):
            make_snapshot(data)
    finally:
        over.set()
        for writer in writers:
            writer.join()
    data.process.kill()
    data.process.wait_for_kill()
    found = run_nuthatch("verify", str(data.directory), within=60)
    assert found.returncode in (0, 1), found.stdout
    assert found.stdout.count(b": sound, ") >= 3, found.stdout
    data.start()
    for worker in range(4):
        for key, value in written[worker].items():
            assert get(data, key) == value


def test_a_directory_is_restored_to_positions_and_times(data, make_data, tmp_path):
    data.start()
    positions = []
    for number in range(40):
        positions.append(put(data, "counter", b"%d" % number))
        if number % 15 == 7:
            make_snapshot(data)
    data.process.stop()
    listed = run_nuthatch("positions", str(data.directory)).stdout.decode().splitlines()
    assert len(listed) >= 3
    for index in [0, 6, 7, 8, 23, 39]:
        into = tmp_path / f"restored-{index}"
        ended = run_nuthatch("restore", "--from", data.directory, "--into", into, "--to", positions[index], within=60)
        assert ended.returncode == 0, ended.stderr
        assert f"position {positions[index]}," in ended.stdout.decode()
        restored = make_data(f"restored-{index}")
        restored.start()
        assert get(restored, "counter") == b"%d" % index
        put(restored, "later", b"1")
        restored.process.stop()
    time_of = run_nuthatch("positions", data.directory, "--of", positions[10]).stdout.decode().split()[1]
    at = run_nuthatch("positions", data.directory, "--at", time_of).stdout.decode().split()[0]
    assert int(at.split(".")[1]) >= int(positions[10].split(".")[1])
    again = run_nuthatch("restore", "--from", data.directory, "--into", tmp_path / "restored-0", "--to", positions[0])
    assert again.returncode == 2 and b"is not empty" in again.stderr


def test_a_sample_is_looked_at_beside_the_running_server(data):
    data.start("--log-segment-size", "64kb")
    over = threading.Event()

    def write():
        for number in itertools.count():
            if over.is_set():
                return
            put(data, f"key-{number % 50}", b"x" * 3000)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(6):
            make_snapshot(data)
            told = run_nuthatch("verify", "--sample", data.directory, within=30)
            assert told.returncode == 0, told.stdout
            assert b" closed segments and 1 of " in told.stdout and b" snapshots, seed " in told.stdout
    finally:
        over.set()
        writer.join()
    assert run_nuthatch("verify", "--seed", "5", data.directory).returncode != 0


def test_a_sample_tells_damage_and_a_snapshot_gets_past_it(data):
    data.start("--log-segment-size", "64kb")
    for number in range(60):
        put(data, f"key-{number}", b"%d" % number * 1500)
    closed = data.files("log-*")[:-1]
    assert 0 < len(closed) <= 4, closed
    content = bytearray(closed[0].read_bytes())
    content[len(content) // 2] ^= 1
    closed[0].write_bytes(content)
    told = run_nuthatch("verify", "--sample", data.directory)
    assert told.returncode == 2 and f"{closed[0].name}, byte ".encode() in told.stdout, told.stdout
    make_snapshot(data)
    data.process.kill()
    data.process.wait_for_kill()
    data.start()
    for number in range(60):
        assert get(data, f"key-{number}") == b"%d" % number * 1500


def test_a_damaged_directory_is_told_and_what_is_sound_is_saved(data, make_data, tmp_path):
    data.start("--no-snapshot-at-stop")
    for number in range(200):
        put(data, f"key-{number}", b"x" * 200)
    data.process.stop()
    assert run_nuthatch("verify", data.directory).returncode == 0
    segment = data.files("log-*")[-1]
    content = bytearray(segment.read_bytes())
    content[len(content) // 2 if len(content) < 60_000 else 30_000] ^= 1
    segment.write_bytes(content)
    told = run_nuthatch("verify", data.directory)
    assert told.returncode == 2 and segment.name.encode() in told.stdout
    refused = run_nuthatch("recover", "--from", data.directory, "--into", tmp_path / "saved")
    assert refused.returncode == 2 and b"--accept-loss" in refused.stderr
    saved = run_nuthatch("recover", "--from", data.directory, "--into", tmp_path / "saved", "--accept-loss")
    assert saved.returncode == 0, saved.stderr
    node = make_data("saved")
    node.start()
    assert get(node, "key-0") == b"x" * 200 and get(node, "key-199") is None
