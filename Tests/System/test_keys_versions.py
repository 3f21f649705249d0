"""Versions that the caller brings along, so that a late older write stays out."""

import pytest

U64_MAX = (1 << 64) - 1


def newer(http, key, value: bytes, version: int):
    return http.put(key, value, nuthatch_version=str(version), nuthatch_if_version="newer")


@pytest.mark.parametrize("version", [0, 1, 42, 1 << 53, (1 << 63) + 1, U64_MAX])
def test_a_version_returns_exactly(http, key, version):
    http.store(key, b"x", nuthatch_version=str(version))
    assert http.get(key)["Nuthatch-Version"] == str(version)
    assert http.head(key)["Nuthatch-Version"] == str(version)


def test_without_a_version_none_is_shown(http, key):
    http.store(key)
    assert http.get(key)["Nuthatch-Version"] is None


def test_a_write_may_demand_to_be_newer(http, key):
    assert newer(http, key, b"two", 2).status == 201
    for late in (1, 2):
        response = newer(http, key, b"late", late)
        assert response.status == 409 and response.slug == "stale-version"
    assert http.value(key) == b"two"
    assert newer(http, key, b"three", 3).status == 204
    assert http.get(key)["Nuthatch-Version"] == "3"


def test_the_largest_version_is_compared_unsigned(http, key):
    assert newer(http, key, b"large", U64_MAX - 1).status == 201
    assert newer(http, key, b"small", 1).status == 409
    assert newer(http, key, b"largest", U64_MAX).status == 204


def test_without_the_condition_a_lower_version_is_simply_stored(http, key):
    http.store(key, b"x", nuthatch_version="9")
    http.store(key, b"y", nuthatch_version="3")
    assert http.get(key)["Nuthatch-Version"] == "3"


def test_an_unversioned_write_keeps_the_stored_version(http, key):
    http.store(key, b"x", nuthatch_version="9")
    http.store(key, b"y")
    http.post(key, "op=append", b"z")
    response = http.get(key)
    assert response.body == b"yz" and response["Nuthatch-Version"] == "9"
    assert newer(http, key, b"late", 8).status == 409


def test_a_versioned_delete_leaves_its_version_behind(http, key):
    http.store(key, b"x", nuthatch_version="5")
    deleted = http.delete(key, nuthatch_version="7", nuthatch_if_version="newer")
    assert deleted.status == 204
    assert http.value(key) is None
    assert newer(http, key, b"late", 6).slug == "stale-version"
    assert newer(http, key, b"late", 7).slug == "stale-version"
    assert http.value(key) is None
    assert newer(http, key, b"new", 8).status == 201


def test_a_delete_with_an_older_version_is_refused(http, key):
    http.store(key, b"x", nuthatch_version="5")
    response = http.delete(key, nuthatch_version="4", nuthatch_if_version="newer")
    assert response.status == 409 and response.slug == "stale-version"
    assert http.value(key) == b"x"


@pytest.mark.parametrize("version", ["-1", "abc", "", "1.0", "18446744073709551616", "1 2", "0x1"])
def test_a_malformed_version_is_400(http, key, version):
    assert http.put(key, b"x", nuthatch_version=version).status == 400
    assert http.value(key) is None


@pytest.mark.parametrize("condition", ["older", "newest"])
def test_an_unknown_version_condition_is_400(http, key, condition):
    response = http.put(key, b"x", nuthatch_version="1", nuthatch_if_version=condition)
    assert response.status == 400
    assert http.value(key) is None


def test_versions_arriving_in_any_order_leave_the_newest(http, key):
    for version in (3, 1, 7, 2, 7, 5, 6, 4):
        assert newer(http, key, b"%d" % version, version).status in (201, 204, 409)
    assert http.value(key) == b"7"
