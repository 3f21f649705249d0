"""Many clients at once: conditions and writes are one step."""

import threading
from concurrent.futures import ThreadPoolExecutor

from http_client import Client


def together(count: int, action) -> list:
    """Runs the action on `count` threads that start at the same moment; returns the results."""
    barrier = threading.Barrier(count)

    def run(number: int):
        barrier.wait(timeout=60)
        return action(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def test_compare_and_set_loses_no_increment(server, http, key):
    http.store(key, b"0")

    def increment(_):
        with Client(server.address) as client:
            for _ in range(25):
                while True:
                    current = client.get(key)
                    following = b"%d" % (int(current.body) + 1)
                    if client.put(key, following, if_match=current["ETag"]).status == 204:
                        break

    together(8, increment)
    assert http.value(key) == b"200"


def test_exactly_one_creates(server, http, key):
    def create(number):
        with Client(server.address) as client:
            return [
                client.put(f"{key}-{n}", b"%d" % number, if_none_match="*").status
                for n in range(30)
            ]

    results = together(12, create)
    for attempts in zip(*results):
        assert sorted(attempts) == [201] + [412] * 11


def test_exactly_one_takes_a_value_away(server, http, key):
    for n in range(30):
        http.store(f"{key}-{n}", b"once")

    def take(_):
        with Client(server.address) as client:
            return [
                client.delete(f"{key}-{n}", prefer="return=representation").status
                for n in range(30)
            ]

    for attempts in zip(*together(12, take)):
        assert sorted(attempts) == [200] + [404] * 11


def test_no_append_is_lost(server, http, key):
    def add(number):
        with Client(server.address) as client:
            for _ in range(50):
                assert client.post(key, "op=append", b"[%02d]" % number).status in (200, 201)

    together(8, add)
    value = http.value(key)
    assert len(value) == 8 * 50 * 4
    assert all(value.count(b"[%02d]" % number) == 50 for number in range(8))


def test_swapped_values_form_a_chain(server, http, key):
    http.store(key, b"start")

    def swap(number):
        with Client(server.address) as client:
            names = [b"%d-%d" % (number, n) for n in range(30)]
            return [(client.put(key, name, prefer="return=previous").body, name) for name in names]

    pairs = [pair for result in together(8, swap) for pair in result]
    assert len({previous for previous, _ in pairs}) == len(pairs) == 240
    assert {name for _, name in pairs} - {previous for previous, _ in pairs} == {http.value(key)}


def test_readers_never_see_half_an_atomic_batch(server, http, key):
    names = [f"{key}-{n}" for n in range(5)]
    stop = threading.Event()

    def put_all(value: str) -> list[dict]:
        return [{"op": "put", "key": name, "value": value} for name in names]

    http.batch(put_all("0"), "atomic=true")

    def write(number: int):
        with Client(server.address) as client:
            for n in range(60):
                assert client.batch(put_all(f"{number}-{n}"), "atomic=true").status == 200
        stop.set()

    def read(_) -> bool:
        with Client(server.address) as client:
            while not stop.is_set():
                lines = [{"op": "get", "key": name} for name in names]
                answers = client.batch(lines, "atomic=true").json_lines()
                if len({answer["value"] for answer in answers}) != 1:
                    return False
        return True

    results = together(4, lambda number: write(number) if number < 2 else read(number))
    assert False not in results


def test_atomic_batches_over_the_same_keys_in_any_order_never_deadlock(server, key):
    def churn(number):
        order = [f"{key}-{(n * (number + 1)) % 7}" for n in range(7)]
        with Client(server.address) as client:
            for _ in range(60):
                lines = [{"op": "put", "key": name, "value": "x"} for name in order]
                assert client.batch(lines, "atomic=true").status == 200

    together(6, churn)


def test_reads_during_replacement_are_never_torn(server, http, key):
    sizes = (10, 5_000, 100_000)
    http.store(key, b"a" * 10)
    stop = threading.Event()

    def work(number) -> bool:
        with Client(server.address) as client:
            if number == 0:
                for n in range(150):
                    client.put(key, b"abc"[n % 3 : n % 3 + 1] * sizes[n % 3])
                stop.set()
                return True
            while not stop.is_set():
                body = client.get(key, accept_encoding="identity").body
                if len(body) not in sizes or len(set(body)) != 1:
                    return False
            return True

    assert all(together(4, work))
