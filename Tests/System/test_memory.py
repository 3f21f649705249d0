"""The memory limit: what is evicted, what is spared, and when a write is refused."""

import time

import pytest

from http_client import Client

KIB, MIB = 1 << 10, 1 << 20
LIMIT = 16 * MIB
VALUE = bytes(64 * KIB)
MORE_THAN_FITS = 600

POLICIES = ["s3-fifo", "lru", "lfu", "ttl", "random"]
VOLATILE_POLICIES = [f"volatile-{policy}" for policy in POLICIES]


@pytest.fixture
def limited(start_server):
    def start(policy: str | None) -> tuple:
        chosen = ["--eviction", policy] if policy else []
        process = start_server("--max-memory", "16mb", *chosen)
        return process, Client(process.address)

    return start


def survivors(client, names) -> int:
    return sum(client.head(name, "touch=false").status == 200 for name in names)


@pytest.mark.parametrize("policy", [None, *POLICIES, *VOLATILE_POLICIES])
def test_old_entries_make_room_for_new_ones_and_memory_stays_bounded(limited, key, policy):
    process, client = limited(policy)
    names = [f"{key}-{number}" for number in range(MORE_THAN_FITS)]
    with client:
        for name in names:
            assert client.put(name, VALUE, "ttl=1h").status == 201
        alive = survivors(client, names)
        assert LIMIT // 4 < alive * len(VALUE) <= LIMIT
        assert client.head(names[-1]).status == 200
    assert process.resident_bytes() < LIMIT + 96 * MIB


@pytest.mark.parametrize("policy", ["s3-fifo", "lru", "lfu"])
def test_an_entry_in_constant_use_survives(limited, key, policy):
    _, client = limited(policy)
    with client:
        client.store(key, VALUE)
        for number in range(MORE_THAN_FITS):
            assert client.get(key, range="bytes=0-0").status == 206
            client.store(f"{key}-{number}", VALUE)
        assert client.head(key).status == 200


def test_the_ttl_policy_evicts_the_soonest_to_expire(limited, key):
    _, client = limited("ttl")
    long_lived = [f"{key}-long-{number}" for number in range(80)]
    with client:
        for name in long_lived:
            client.store(name, VALUE, "ttl=10h")
        for number in range(MORE_THAN_FITS):
            client.store(f"{key}-short-{number}", VALUE, "ttl=60s")
        assert survivors(client, long_lived) > 60


@pytest.mark.parametrize("policy", VOLATILE_POLICIES)
def test_volatile_policies_spare_entries_without_a_lifetime(limited, key, policy):
    _, client = limited(policy)
    lasting = [f"{key}-lasting-{number}" for number in range(80)]
    with client:
        for name in lasting:
            client.store(name, VALUE)
        for number in range(MORE_THAN_FITS):
            client.store(f"{key}-passing-{number}", VALUE, "ttl=1h")
        assert survivors(client, lasting) == len(lasting)


def fill_until_refused(client, key) -> tuple[list[str], object]:
    stored = []
    for number in range(MORE_THAN_FITS):
        response = client.put(f"{key}-{number}", VALUE)
        if response.status != 201:
            return stored, response
        stored.append(f"{key}-{number}")
    raise AssertionError("the memory limit was never reached")


@pytest.mark.parametrize("policy", ["none", "volatile-lru"])
def test_where_nothing_may_be_evicted_a_write_past_the_limit_is_507(limited, key, policy):
    process, client = limited(policy)
    with client:
        stored, refused = fill_until_refused(client, key)
        assert refused.status == 507 and refused.slug == "memory-full"
        assert LIMIT // 2 < len(stored) * len(VALUE) <= LIMIT
        assert client.head(f"{key}-{len(stored)}").status == 404
        assert survivors(client, stored) == len(stored)
        etag = client.head(stored[0])["ETag"]
        assert client.post(stored[0], "op=append", bytes(MIB)).status == 507
        assert client.head(stored[0])["ETag"] == etag
        assert client.head(stored[0])["Content-Length"] == str(len(VALUE))
        for name in stored[: len(stored) // 2]:
            assert client.delete(name).status == 204
        assert client.put(f"{key}-new", VALUE).status == 201
    assert process.resident_bytes() < LIMIT + 96 * MIB


def test_reads_still_work_when_memory_is_full(limited, key):
    _, client = limited("none")
    with client:
        stored, _ = fill_until_refused(client, key)
        assert client.get(stored[0], accept_encoding="identity").body == VALUE
        assert client.list("limit=5").status == 200
        assert client.query([{"key": stored[-1]}]).json_lines()[0]["status"] == 200


def test_expired_entries_are_no_reason_to_refuse(limited, key):
    _, client = limited("none")
    with client:
        for number in range(200):
            client.store(f"{key}-{number}", VALUE, "ttl=500ms")
        time.sleep(0.7)
        for number in range(200):
            assert client.put(f"{key}-new-{number}", VALUE).status == 201


def test_overwriting_one_key_costs_no_more_memory(limited, key):
    process, client = limited("none")
    with client:
        for number in range(2000):
            client.store(key, bytes([number % 256]) * (64 * KIB))
    assert process.resident_bytes() < LIMIT + 96 * MIB


def test_many_small_entries_stay_within_the_limit_too(limited, key):
    process, client = limited(None)
    with client:
        for start in range(0, 300_000, 10_000):
            lines = [
                {"op": "put", "key": f"{key[:10]}{number}", "value": "v" * 64}
                for number in range(start, start + 10_000)
            ]
            assert client.batch(lines).status == 200
    assert process.resident_bytes() < LIMIT + 96 * MIB


def test_an_atomic_batch_past_the_limit_applies_nothing(limited, key):
    _, client = limited("none")
    with client:
        fill_until_refused(client, key)
        lines = [
            {"op": "put", "key": f"{key}-a-{number}", "value": "x" * 100_000}
            for number in range(50)
        ]
        assert client.batch(lines, "atomic=true").status == 507
        assert survivors(client, [f"{key}-a-{number}" for number in range(50)]) == 0
