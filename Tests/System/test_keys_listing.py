"""Listing keys by prefix: as a walk of the table, and in order with an index."""

import base64
import time

import pytest

from http_client import Client
from nuthatch_process import running


@pytest.fixture(scope="module")
def ordered_server(existing_binary):
    with running("--ordered-keys") as process:
        yield process


@pytest.fixture
def ordered(ordered_server):
    with Client(ordered_server.address) as client:
        yield client


def name_of(item: dict) -> bytes:
    return item["key"].encode() if "key" in item else base64.b64decode(item["key64"])


def names_in(response) -> list[bytes]:
    assert response.status == 200, response
    return [name_of(item) for item in response.json()["items"]]


def pages(client: Client, query: str):
    """Every page of a listing, each as the names on it."""
    cursor = ""
    for _ in range(10_000):
        response = client.list(query + cursor)
        yield names_in(response)
        following = response.json().get("next")
        if following is None:
            assert response["Link"] is None or 'rel="next"' not in response["Link"]
            return
        assert 'rel="next"' in response["Link"]
        cursor = f"&cursor={following}"
    raise AssertionError("the listing never ends")


def everything(client: Client, query: str) -> list[bytes]:
    return [name for page in pages(client, query) for name in page]


def fill(client: Client, prefix: str, count: int) -> set[bytes]:
    names = [f"{prefix}{number:05}" for number in range(count)]
    for start in range(0, count, 5000):
        lines = [{"op": "put", "key": name, "value": "x"} for name in names[start : start + 5000]]
        assert client.batch(lines).status == 200
    return {name.encode() for name in names}


# Both kinds of listing


@pytest.fixture(params=["walk", "ordered"])
def either(request):
    return request.getfixturevalue({"walk": "http", "ordered": "ordered"}[request.param])


def test_a_prefix_selects_its_keys_and_no_others(either, key):
    for name in ("a", "ab", "abc", "b", "", "A"):
        either.store(key + "/" + name if name else key, b"x")
    assert sorted(everything(either, f"prefix={key}/a")) == [
        f"{key}/{name}".encode() for name in ("a", "ab", "abc")
    ]
    assert set(everything(either, f"prefix={key}/")) == {
        f"{key}/{name}".encode() for name in ("a", "ab", "abc", "b", "A")
    }
    assert everything(either, f"prefix={key}/zzz") == []


@pytest.mark.parametrize("limit", [1, 7, 100, 1000])
def test_pages_hold_at_most_the_limit_and_together_everything(either, key, limit):
    expected = fill(either, key, 60)
    seen = []
    for page in pages(either, f"prefix={key}&limit={limit}"):
        assert len(page) <= limit
        seen += page
    assert set(seen) == expected


def test_without_a_limit_a_page_has_at_most_a_hundred(either, key):
    expected = fill(either, key, 250)
    sizes = [len(page) for page in pages(either, f"prefix={key}")]
    assert max(sizes) <= 100
    assert set(everything(either, f"prefix={key}")) == expected


def test_the_link_leads_to_the_next_page(either, key):
    expected = fill(either, key, 20)
    response = either.list(f"prefix={key}&limit=5")
    seen = names_in(response)
    while response["Link"] is not None:
        target = response["Link"].partition("<")[2].partition(">")[0]
        response = either.request("GET", target[target.index("/v1/") :])
        seen += names_in(response)
    assert set(seen) == expected


def test_names_that_are_no_text_are_listed_in_base64(either, key):
    name = key.encode() + b"\xff\x00"
    either.store(name)
    (item,) = either.listed(f"prefix={key}")
    assert base64.b64decode(item["key64"]) == name and "key" not in item


def test_a_prefix_may_be_any_bytes(either, key):
    either.store(key.encode() + b"\xff\x01", b"x")
    either.store(key.encode() + b"\xfe", b"x")
    prefix64 = base64.urlsafe_b64encode(key.encode() + b"\xff").decode().rstrip("=")
    assert everything(either, f"prefix64={prefix64}") == [key.encode() + b"\xff\x01"]
    assert everything(either, f"prefix={key}%FF") == [key.encode() + b"\xff\x01"]


def test_composed_and_decomposed_prefixes_differ(either, key):
    either.store(key + "é", b"x")
    assert everything(either, f"prefix={key}%C3%A9") == [(key + "é").encode()]
    assert everything(either, f"prefix={key}e%CC%81") == []


def test_fields_are_shown_where_asked(either, key):
    etag = either.store(key, b"12345", "ttl=60s", content_type="text/plain")
    (item,) = either.listed(f"prefix={key}&fields=ttl,size,etag,type")
    assert item["size"] == 5 and item["etag"] == etag.strip('"')
    assert any(member.startswith("ttl") for member in item) and "type" in item


def test_without_fields_only_the_name_is_shown(either, key):
    either.store(key, b"12345", "ttl=60s")
    (item,) = either.listed(f"prefix={key}")
    assert item["key"] == key
    assert not {"size", "etag", "ttl", "ttl_ms"} & set(item)


@pytest.mark.parametrize("cursor", ["x", "AAAA", "....", "%00", "-", "A" * 3000])
def test_a_cursor_that_was_never_given_is_400(either, cursor):
    response = either.list(f"prefix=a&cursor={cursor}")
    assert response.status == 400 and response.slug == "bad-cursor"


def test_an_altered_or_foreign_cursor_is_400(either, key):
    fill(either, key, 30)
    cursor = either.list(f"prefix={key}&limit=5").json()["next"]
    for query in (f"prefix={key}-other&cursor={cursor}", f"cursor={cursor}"):
        assert either.list(query).slug == "bad-cursor"
    middle = len(cursor) // 2
    other = "A" if cursor[middle] != "A" else "B"
    altered = cursor[:middle] + other + cursor[middle + 1 :]
    assert either.list(f"prefix={key}&cursor={altered}").status == 400


def test_a_listing_survives_writes_between_its_pages(either, key):
    stable = fill(either, f"{key}/stable/", 200)
    seen = []
    for number, page in enumerate(pages(either, f"prefix={key}/&limit=20")):
        seen += page
        either.batch(
            [{"op": "put", "key": f"{key}/new/{number}/{n}", "value": "x"} for n in range(50)]
            + [{"op": "delete", "key": f"{key}/new/{number - 1}/{n}"} for n in range(50)]
        )
        if number > 2000:
            break
    assert stable <= set(seen)


# The walk


def test_a_walk_says_that_it_has_no_order(http, key):
    http.store(key)
    assert http.list(f"prefix={key}").json()["order"] == "none"


@pytest.mark.parametrize("query", ["delimiter=/", "start=a", "end=z", "start64=YQ", "end64=eg"])
def test_what_needs_an_index_is_409_without_it(http, query):
    response = http.list(f"prefix=a&{query}")
    assert response.status == 409 and response.slug == "not-indexed"


def test_a_walk_survives_the_growth_of_the_table(start_server, key):
    process = start_server()
    with Client(process.address) as client:
        stable = fill(client, f"{key}/stable/", 500)
        walk = pages(client, f"prefix={key}/stable/&limit=50")
        seen = set(next(walk))
        fill(client, f"{key}/more/", 40_000)
        for page in walk:
            seen.update(page)
        assert seen == stable


# The order


def test_an_index_lists_in_the_order_of_unsigned_bytes(ordered, key):
    names = [key.encode() + tail for tail in (b"\x00", b"A", b"Z", b"a", b"a\x00", b"a/", b"b")]
    names += [key.encode() + tail for tail in (b"\x7f", b"\x80", "é".encode(), b"\xff")]
    for name in reversed(names):
        ordered.store(name)
    response = ordered.list(f"prefix={key}")
    assert names_in(response) == names
    assert response.json().get("order") != "none"


def test_ordered_pages_continue_exactly_while_others_write(ordered, key):
    stable = fill(ordered, f"{key}/", 100)
    seen = []
    for number, page in enumerate(pages(ordered, f"prefix={key}/&limit=9")):
        seen += page
        ordered.store(f"{key}/00000-{number}", b"before the cursor, all but once")
    assert [name for name in seen if name in stable] == sorted(stable)


def test_a_deleted_last_key_does_not_confuse_the_cursor(ordered, key):
    expected = sorted(fill(ordered, key, 20))
    seen = []
    for page in pages(ordered, f"prefix={key}&limit=3"):
        seen += page
        if page:
            ordered.delete(page[-1])
    assert seen == expected


def test_a_delimiter_folds_deeper_keys(ordered, key):
    for name in ("a", "b/1", "b/2", "b/c/3", "d", "e/4"):
        ordered.store(f"{key}/{name}", b"x")
    document = ordered.list(f"prefix={key}/&delimiter=/").json()
    assert [item["key"] for item in document["items"]] == [f"{key}/a", f"{key}/d"]
    assert document["prefixes"] == [f"{key}/b/", f"{key}/e/"]


def test_each_fold_appears_once_over_all_pages(ordered, key):
    for group in "abcde":
        fill(ordered, f"{key}/{group}/", 30)
    folds, cursor = [], ""
    for _ in range(100):
        document = ordered.list(f"prefix={key}/&delimiter=/&limit=2{cursor}").json()
        folds += document["prefixes"]
        if document.get("next") is None:
            break
        cursor = f"&cursor={document['next']}"
    assert folds == [f"{key}/{group}/" for group in "abcde"]


def test_start_and_end_bound_a_listing(ordered, key):
    for name in ("a1", "b1", "b2", "c1"):
        ordered.store(f"{key}/{name}", b"x")
    bounded = names_in(ordered.list(f"start={key}/b&end={key}/c"))
    assert bounded == [f"{key}/b1".encode(), f"{key}/b2".encode()]
    within = names_in(ordered.list(f"prefix={key}/&start={key}/b15"))
    assert within == [f"{key}/b2".encode(), f"{key}/c1".encode()]
    start64 = base64.urlsafe_b64encode(f"{key}/b15".encode()).decode().rstrip("=")
    assert names_in(ordered.list(f"prefix={key}/&start64={start64}")) == within


def test_an_index_forgets_deleted_and_expired_keys(ordered, key):
    for name in "abc":
        ordered.store(f"{key}/{name}", b"x")
    ordered.delete(f"{key}/b")
    ordered.post(f"{key}/c", "op=touch&ttl=30ms")
    time.sleep(0.08)
    assert names_in(ordered.list(f"prefix={key}/")) == [f"{key}/a".encode()]
