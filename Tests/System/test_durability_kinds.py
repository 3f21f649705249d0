"""Counters, rate limits, leaderboards and sessions survive what keys survive: kill -9, an orderly stop, snapshots beside
writers, and a restore to a moment."""

import random
import threading
import time

import pytest

from kinds import WORLDS
from nuthatch_process import run_nuthatch
from repetitions import times
from test_snapshots import make_snapshot, put

# Windows, days and months turn with an hour, and what a window shows before it turned is not what it shows behind.
pytestmark = pytest.mark.turns(3600)

each_kind = pytest.mark.parametrize("world", WORLDS, ids=[world.__name__.lower() for world in WORLDS], indirect=True)


@pytest.fixture
def world(request):
    """A kind that nothing is known of yet."""
    return request.param()


def assert_same(shown, expected, when):
    differing = {target: (shown[target], expected[target]) for target in expected if shown[target] != expected[target]}
    assert not differing, f"{when}: {len(differing)} differ: {list(differing.items())[:3]}"


@each_kind
@pytest.mark.parametrize("policy", ["always", "everysec", "no"])
def test_a_kill_leaves_what_was_shown_before(data, seed, world, policy):
    choices = random.Random(seed)
    data.start("--fsync", policy)
    for turn in range(times(4, 50, 200)):
        with data.client() as client:
            world.fill(client, choices)
            expected = world.picture(client)
        data.process.kill()
        data.start("--fsync", policy)
        with data.client() as client:
            assert_same(world.picture(client), expected, f"seed {seed}, turn {turn}")


@each_kind
def test_a_stop_with_its_snapshot_leaves_what_was_shown_before(data, seed, world):
    choices = random.Random(seed)
    data.start()
    for turn in range(3):
        with data.client() as client:
            world.fill(client, choices)
            expected = world.picture(client)
        data.process.stop()
        data.start()
        with data.client() as client:
            assert_same(world.picture(client), expected, f"seed {seed}, turn {turn}")


@each_kind
@pytest.mark.deadline(90)
def test_snapshots_beside_writers_hold_what_they_should(data, seed, world):
    """Each is rehearsed against the digest of the log; a start from one and the log behind it shows the same."""
    choices = random.Random(seed)
    data.start()
    for turn in range(3):
        stop, filled = threading.Event(), []

        def write():
            own = random.Random(seed + turn)
            with data.client() as client:
                while not stop.is_set():
                    world.fill(client, own)
                    filled.append(turn)

        writer = threading.Thread(target=write)
        writer.start()
        try:
            for _ in range(3):
                time.sleep(choices.uniform(0, 0.2))
                assert make_snapshot(data)["rehearsed"]
        finally:
            stop.set()
            writer.join()
        assert filled, "nothing was written beside the snapshots"
        with data.client() as client:
            expected = world.picture(client)
        data.process.kill()
        data.start()
        with data.client() as client:
            assert_same(world.picture(client), expected, f"seed {seed}, turn {turn}")


@each_kind
def test_a_restore_shows_what_was_shown_at_the_position(data, make_data, tmp_path, seed, world):
    choices = random.Random(seed)
    data.start()
    moments = []
    for number in range(4):
        with data.client() as client:
            world.fill(client, choices)
            moments.append((put(data, "moment", b"%d" % number), world.picture(client)))
        if number == 1:
            make_snapshot(data)
    data.process.stop()
    for index, (position, expected) in enumerate(moments):
        into = tmp_path / f"restored-{index}"
        ended = run_nuthatch("restore", "--from", data.directory, "--into", into, "--to", position, within=60)
        assert ended.returncode == 0, ended.stderr
        restored = make_data(f"restored-{index}")
        restored.start()
        with restored.client() as client:
            assert_same(world.picture(client), expected, f"seed {seed}, moment {index}")
        restored.process.stop()


@each_kind
@pytest.mark.parametrize("policy", ["always", "everysec", "no"])
def test_a_kill_under_load_loses_nothing_acknowledged(data, seed, world, policy):
    """Every strike adds one: at least those acknowledged are there, at most those that were sent."""
    choices = random.Random(seed)
    data.start("--fsync", policy)
    acknowledged = sent = 0
    turn = found = 0
    while turn < times(3, 50, 200) or found <= 20:
        turn += 1
        strikers = [Striker(data, world) for _ in range(4)]
        time.sleep(choices.uniform(0.05, 0.4))
        data.process.kill()
        for striker in strikers:
            striker.thread.join()
            acknowledged += striker.acknowledged
            sent += striker.sent
        data.start("--fsync", policy)
        with data.client() as client:
            found = world.struck(client)
        assert acknowledged <= found <= sent, f"seed {seed}, turn {turn}: {acknowledged} <= {found} <= {sent}"
        acknowledged = sent = found


class Striker:
    """One client that strikes until its server is gone."""

    def __init__(self, data, world):
        self.acknowledged = self.sent = 0
        self.thread = threading.Thread(target=self._strike, args=(data.client(), world))
        self.thread.start()

    def _strike(self, client, world):
        try:
            while True:
                self.sent += 1
                self.acknowledged += world.strike(client)
        except (AssertionError, OSError):
            client.close()
