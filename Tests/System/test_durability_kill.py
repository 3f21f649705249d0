"""SIGKILL at a random moment while eight clients write: nothing acknowledged is lost (D1)."""

import random
import time

import pytest

from repetitions import times
from traffic import Traffic

POLICIES = ["always", "everysec", "no"]
KILLS = times(7, 167, 667)
LONGEST_TURN = 0.4


@pytest.mark.deadline(60 + KILLS * 6)
@pytest.mark.parametrize("policy", POLICIES)
def test_a_kill_at_any_moment_loses_nothing_acknowledged(data, seed, policy):
    choices = random.Random(seed)
    data.start("--fsync", policy)
    turn = most = 0
    while turn < KILLS or most <= 20:
        turn += 1
        with Traffic(data.process.address, data.ledger, choices.randrange(1 << 32)):
            time.sleep(choices.uniform(0, LONGEST_TURN))
            data.process.kill()
        most = max(most, data.ledger.count("ok"))
        data.ledger.fault()
        logged = data.log_bytes()
        data.start("--fsync", policy)
        data.verify()
        assert data.start_seconds < 20 + 20 * logged / 2**30, f"turn {turn}: {logged} bytes of log"


@pytest.mark.parametrize("policy", POLICIES)
def test_an_orderly_stop_keeps_everything(data, seed, policy):
    for turn in range(3):
        data.start("--fsync", policy)
        data.verify()
        with Traffic(data.process.address, data.ledger, seed + turn):
            time.sleep(0.2)
        data.process.stop()
    data.start("--fsync", policy)
    data.verify()


def test_a_kill_during_the_start_loses_nothing(data, seed):
    choices = random.Random(seed)
    data.start("--fsync", "always")
    with Traffic(data.process.address, data.ledger, seed):
        time.sleep(0.3)
        data.process.kill()
    data.ledger.fault()
    for _ in range(times(5, 50, 200)):
        data.start(ready=False)
        time.sleep(choices.uniform(0, 0.02))
        data.process.kill()
    data.start()
    data.verify()
