"""Logical ids and the spread over stacks stay as they are when something else changes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from monitorspec.cloudformation.template import bucket, logical_ids, references, shards, unique_names


@given(st.text(), st.integers(1, 40))
def test_a_new_bucket_takes_keys_but_the_others_keep_theirs(key: str, buckets: int) -> None:
    assert bucket(key, buckets + 1) in (bucket(key, buckets), buckets)


def test_keys_are_spread_evenly() -> None:
    counts = [0] * 8
    for n in range(8000):
        counts[bucket(f"service-{n}", 8)] += 1
    assert min(counts) > 850
    assert max(counts) < 1150


def test_shards_hold_everything_once_and_are_small_enough() -> None:
    sizes = {f"s{n}": 5 + n % 7 for n in range(300)}
    placed = shards(sizes, 500)
    assert sorted(key for part in placed for key in part) == sorted(sizes)
    assert all(sum(sizes[key] for key in part) <= 500 for part in placed)


def test_one_more_service_moves_none_of_the_others() -> None:
    sizes = {f"s{n}": 8 for n in range(150)}
    before = shards(sizes, 500)
    after = shards({"new": 8, **sizes}, 500)
    assert len(before) == len(after)
    assert [[key for key in part if key != "new"] for part in after] == before


def test_three_large_ones_part_in_the_end() -> None:
    for name in "abcdefgh":
        placed = shards({f"{name}{n}": 250 for n in range(3)}, 500)
        assert max(map(len, placed)) <= 2


def test_ids_are_words_run_together() -> None:
    assert logical_ids([("check-out", "p99_latency", "critical")], "Alarm") == {
        ("check-out", "p99_latency", "critical"): "CheckOutP99LatencyCriticalAlarm"
    }


def test_names_that_share_an_id_are_told_apart_in_any_order() -> None:
    names = [("a-b", "c"), ("a", "b-c"), ("x", "y")]
    ids = logical_ids(names)
    assert len(set(ids.values())) == 3
    assert ids[("x", "y")] == "XY"
    assert ids == logical_ids(reversed(names))
    assert all(id.isalnum() for id in ids.values())


@given(st.lists(st.tuples(st.text(max_size=400), st.text(max_size=20)), unique=True, max_size=8))
def test_ids_are_always_valid_and_unique(names: list[tuple[str, str]]) -> None:
    ids = list(logical_ids(names, "Alarm").values())
    assert len(set(ids)) == len(names)
    assert all(id.isascii() and id.isalnum() and len(id) <= 255 for id in ids)


def test_alarm_names_that_are_shared_or_too_long() -> None:
    names = unique_names({"1": "a-b-c", "2": "a-b-c", "3": "d", "4": "e" * 256}, 255)
    assert len(set(names.values())) == 4
    assert names["3"] == "d"
    assert all(len(name) <= 255 for name in names.values())


def test_references_of_every_kind() -> None:
    body = {
        "A": [{"Ref": "One"}],
        "B": {"Fn::GetAtt": ["Two", "Arn"]},
        "C": {"Fn::GetAtt": "Three.Arn"},
        "D": {"Fn::Sub": ["${Four}-${Own}-${!No}-${Five.Arn}", {"Own": {"Ref": "Six"}}]},
        "E": "${Seven} is only text",
    }
    assert {reference.name for reference in references(body)} == {"One", "Two", "Three", "Four", "Five", "Six"}
    assert next(references(body)).path == "A.0"
