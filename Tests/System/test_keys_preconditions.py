"""If-Match, If-None-Match and the date conditions, on reads and on writes."""

import time

import pytest

PAST = "Thu, 01 Jan 1970 00:00:00 GMT"
FUTURE = "Fri, 01 Jan 2100 00:00:00 GMT"


def assert_failed(response, etag):
    """A failed precondition tells the current tag, quoted in the field, bare in the problem."""
    assert response.status == 412, response
    assert response.slug == "precondition-failed"
    assert response["ETag"] == etag
    assert response.problem["etag"] == etag.strip('"')


def assert_untouched(http, key, etag):
    assert http.get(key, "touch=false")["ETag"] == etag


# Writes


def test_if_none_match_asterisk_creates_only(http, key):
    created = http.put(key, b"one", if_none_match="*")
    assert created.status == 201
    assert_failed(http.put(key, b"two", if_none_match="*"), created["ETag"])
    assert http.value(key) == b"one"


def test_if_match_asterisk_replaces_only(http, key):
    assert http.put(key, b"one", if_match="*").status == 412
    assert http.value(key) is None
    http.store(key, b"one")
    assert http.put(key, b"two", if_match="*").status == 204
    assert http.value(key) == b"two"


def test_compare_and_set_succeeds_once(http, key):
    etag = http.store(key, b"one")
    swapped = http.put(key, b"two", if_match=etag)
    assert swapped.status == 204
    assert_failed(http.put(key, b"three", if_match=etag), swapped["ETag"])
    assert http.value(key) == b"two"


@pytest.mark.parametrize(
    "form",
    ["{}", '"0.1", {}', "{}, W/{}", '  "0.1" ,, {} , ', '"a,b", {}', '"", {}'],
)
def test_if_match_takes_a_list(http, key, form):
    etag = http.store(key)
    assert http.put(key, b"x", if_match=form.format(etag, etag)).status == 204


@pytest.mark.parametrize("form", ['"0.1"', 'W/"{}"', '"0.1", W/"{}"', '"x{}"', '"{}x"', '""'])
def test_if_match_compares_strongly(http, key, form):
    etag = http.store(key)
    tags = form.format(etag.strip('"'))
    assert_failed(http.put(key, b"x", if_match=tags), etag)
    assert_untouched(http, key, etag)


@pytest.mark.parametrize("form", ["{}", "W/{}", '"0.1", {}'])
def test_if_none_match_with_the_current_tag_stops_a_write(http, key, form):
    etag = http.store(key)
    assert_failed(http.put(key, b"x", if_none_match=form.format(etag)), etag)
    assert_failed(http.delete(key, if_none_match=form.format(etag)), etag)
    assert http.put(key, b"x", if_none_match='"0.1"').status == 204


def test_if_none_match_on_nothing_lets_a_write_through(http, key):
    assert http.put(key, b"x", if_none_match='"0.1"').status == 201


def test_delete_obeys_if_match(http, key):
    etag = http.store(key)
    assert_failed(http.delete(key, if_match='"0.1"'), etag)
    assert_untouched(http, key, etag)
    assert http.delete(key, if_match=etag).status == 204


def test_what_would_have_failed_anyway_keeps_its_own_status(http, key):
    assert http.delete(key, if_match='"0.1"').status == 404
    assert http.delete(key, if_match="*").status == 404
    assert http.get(key, if_match='"0.1"').status == 404
    assert http.get(key, if_none_match='"0.1"').status == 404
    assert http.get(key, if_modified_since=PAST).status == 404


def test_if_unmodified_since_guards_a_write(http, key):
    etag = http.store(key)
    assert_failed(http.put(key, b"x", if_unmodified_since=PAST), etag)
    assert_failed(http.delete(key, if_unmodified_since=PAST), etag)
    assert http.put(key, b"x", if_unmodified_since=FUTURE).status == 204


def test_if_match_overrules_if_unmodified_since(http, key):
    etag = http.store(key)
    assert http.put(key, b"x", if_match=etag, if_unmodified_since=PAST).status == 204
    assert http.put(key, b"x", if_match=etag, if_unmodified_since=FUTURE).status == 412


@pytest.mark.parametrize("op", ["op=append", "op=prepend", "op=truncate&len=1", "op=touch&ttl=60s"])
def test_edits_obey_if_match(http, key, op):
    etag = http.store(key, b"value")
    assert_failed(http.post(key, op, b"x", if_match='"0.1"'), etag)
    assert_untouched(http, key, etag)
    assert http.post(key, op, b"x", if_match=etag).status in (200, 204)


def test_after_expiry_a_tag_matches_nothing(http, key):
    etag = http.store(key, b"x", "ttl=50ms")
    time.sleep(0.1)
    assert http.put(key, b"y", if_match=etag).status == 412
    assert http.put(key, b"y", if_none_match="*").status == 201


# Reads


@pytest.mark.parametrize("form", ["{}", "W/{}", '"0.1", {}', '"0.1",{},"0.2"', "*"])
def test_a_known_tag_is_not_modified(http, key, form):
    etag = http.store(key, b"value")
    for response in (
        http.get(key, if_none_match=form.format(etag)),
        http.head(key, if_none_match=form.format(etag)),
    ):
        assert response.status == 304 and response["ETag"] == etag


@pytest.mark.parametrize("form", ['"0.1"', 'W/"0.1"', '""', '"0.1", "0.2"'])
def test_an_unknown_tag_is_answered_in_full(http, key, form):
    http.store(key, b"value")
    assert http.get(key, if_none_match=form).body == b"value"


def test_modification_dates_are_compared(http, key):
    http.store(key, b"value")
    modified = http.get(key)["Last-Modified"]
    assert http.get(key, if_modified_since=modified).status == 304
    assert http.get(key, if_modified_since=FUTURE).status in (200, 304)
    assert http.get(key, if_modified_since=PAST).body == b"value"
    assert http.get(key, if_unmodified_since=modified).status == 200
    assert http.get(key, if_unmodified_since=PAST).status == 412


def test_if_none_match_overrules_if_modified_since(http, key):
    etag = http.store(key)
    assert http.get(key, if_none_match='"0.1"', if_modified_since=FUTURE).status == 200
    assert http.get(key, if_none_match=etag, if_modified_since=PAST).status == 304


def test_a_read_may_demand_a_tag(http, key):
    etag = http.store(key)
    assert http.get(key, if_match=etag).status == 200
    assert http.get(key, if_match="*").status == 200
    assert_failed(http.get(key, if_match='"0.1"'), etag)
    assert http.head(key, if_match='"0.1"').status == 412


def test_if_match_is_judged_before_if_none_match(http, key):
    etag = http.store(key)
    assert http.get(key, if_match='"0.1"', if_none_match=etag).status == 412
    assert http.get(key, if_match=etag, if_none_match=etag).status == 304


# Malformed ones


def test_conditions_that_can_never_hold_are_400(http, key):
    for fields in ({"if_match": "*"}, {"if_match": '"0.1"'}):
        response = http.put(key, b"x", if_none_match="*", **fields)
        assert response.status == 400
        assert response.slug == "contradictory-preconditions"
    assert http.value(key) is None


@pytest.mark.parametrize(
    "tags",
    ["abc", '"abc', 'abc"', 'w/"1.1"', 'W / "1.1"', '"1.1" "1.2"', '*, "1.1"', '"1.1", *', "'1.1'"]
    + ['"1.1";', "**", "W/", '"a b"'],
)
@pytest.mark.parametrize("name", ["if_match", "if_none_match"])
def test_a_malformed_list_of_tags_is_400(http, key, name, tags):
    etag = http.store(key)
    assert http.put(key, b"x", **{name: tags}).status == 400
    assert http.get(key, **{name: tags}).status == 400
    assert_untouched(http, key, etag)


@pytest.mark.parametrize(
    "date", ["yesterday", "0", "", "Thu, 99 Jan 1970 00:00:00 GMT", "1970-01-01"]
)
def test_a_malformed_date_is_ignored(http, key, date):
    http.store(key, b"value")
    assert http.get(key, if_modified_since=date).status == 200
    assert http.get(key, if_unmodified_since=date).status == 200
    assert http.put(key, b"x", if_unmodified_since=date).status == 204


@pytest.mark.parametrize(
    "date",
    [
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
    ],
)
def test_all_three_forms_of_a_date_are_read(http, key, date):
    http.store(key)
    assert http.put(key, b"x", if_unmodified_since=date).status == 412
