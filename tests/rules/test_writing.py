"""Rules written as text are read back as what went in, whatever is in it."""

from __future__ import annotations

from typing import Any

import yaml
from hypothesis import given
from hypothesis import strategies as st

from monitorspec.rules import writing

# YAML's own exclusions aside: what PyYAML reads.
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=30)
ODD = st.sampled_from(
    [
        "a\nb",
        "a\n\nb",
        "a\n b",
        " a\nb",
        "a\nb\n",
        "\ta\nb",
        "yes",
        "1e3",
        "'",
        '"',
        "# x",
        "a: b",
        "",
        "{{ $x }}",
        "- a",
        "é\nb",
    ]
)
ANY = TEXT | ODD


def read(rule: str) -> Any:
    text = writing.file([writing.group("g: 1", 90_000, [rule])], "made by 'x': #")
    data = yaml.safe_load(text)
    (group,) = data["groups"]
    assert group["name"] == "g: 1"
    assert group["interval"] == "1m30s"
    (back,) = group["rules"]
    return back


@given(ANY, ANY.filter(bool), st.dictionaries(ANY, ANY, max_size=3), st.dictionaries(ANY, ANY, max_size=3))
def test_alert(name: str, expr: str, labels: dict[str, str], annotations: dict[str, str]) -> None:
    expected: dict[str, Any] = {"alert": name, "expr": expr, "for": "1m", "keep_firing_for": "2m"}
    expected |= {key: values for key, values in (("labels", labels), ("annotations", annotations)) if values}
    assert read(writing.alert(name, expr, 60_000, 120_000, labels, annotations)) == expected


@given(ANY, ANY.filter(bool), st.dictionaries(ANY, ANY, max_size=3))
def test_record_and_raw(name: str, expr: str, labels: dict[str, str]) -> None:
    expected: dict[str, Any] = {"record": name, "expr": expr}
    if labels:
        expected["labels"] = labels
    assert read(writing.record(name, expr, writing.labels(labels))) == expected
    assert read(writing.raw(expected)) == expected


def test_times_of_zero_are_not_written() -> None:
    assert read(writing.alert("A", "up", 0, 0, {}, {})) == {"alert": "A", "expr": "up"}


def test_a_group_without_an_interval_takes_the_servers() -> None:
    assert "interval" not in writing.group("g", None, [])
