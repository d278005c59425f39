"""YAML text reads back as what went in, in YAML 1.1 and 1.2, and in Go's parser; plain text stays plain."""

from __future__ import annotations

import io
import math
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from monitorspec import tools, yamltext
from monitorspec.yamltext import block, dump, scalar

# Text that a YAML 1.1 or 1.2 parser is known to misread when it is written without thought.
NASTY = [
    *["", " ", "~", "null", "Null", "yes", "No", "on", "OFF", "y", "N", "true", "FALSE", "1", "-1", "+1", "0x1F"],
    *["010", "0o17", "0b11", "1_000", "1e3", "2e+09", ".5", "5.", ".inf", "-.INF", ".nan", "12:30:45", "1:30", "<<"],
    *["2001-01-01", "2001-12-14t21:59:43.10-05:00", "=", "-", "- a", "?", "? a", ":", ": a", "a:", "a: b", "a #b"],
    *["#a", "a#b", "a:b", "@a", "`a", "!a", "!!str a", "&a", "*a", "%a", "|", ">", "|-", "{a}", "[a]", "{", "}", "]"],
    *[",", "'", '"', "it's", "'a'", '"a"', "\\", "a\\nb", "---", "...", "--- a", " a", "a ", "a\t", "\ta", "a\tb"],
    *["a\n", "\na", "a\n\n", "a\nb", "a\n  b\n", "  a\nb", "a\n \nb", "a\n\tb", "\n", "\n\n", " \n", "a \nb", "#\n#"],
    *[
        "a\n\n\n",
        "\n\n  a\n",
        "a\r\nb",
        "a\rb",
        "a\x00b",
        "a\x07b",
        "a\x7fb",
        "a\x85b",
        "a\u2028b",
        "a\u2029b",
        "a\xa0b",
    ],
    *[
        "\ufeffa",
        "é",
        "naïve — “quoted”",
        "日本語",
        "😀",
        "👩\u200d💻",
        "\u202eevil",
        "a\U000e0001b",
        "\ue000",
        "\ufffe",
    ],
    *[
        "a: |\n  b",
        "--- \n...",
        "key:\n- a\n",
        "{{ $labels.pod }} is {{ $value | humanize }}",
        "a:\tb",
        "a\t#b",
        "x" * 5000,
    ],
    *['sum by (le) (rate(x{job="a",code=~"5.."}[5m])) > 0.1', "5m", "1h30m", "99.9%", "1_0:0", "0.1e-7", "a : b", "#"],
]

text = st.one_of(
    st.sampled_from(NASTY),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
    st.text(st.sampled_from(list(" \n\t:#-'\"ay1.{}[]|>&*!%@,?~\\\r\x85\u2028é")), max_size=12),
)
numbers = st.one_of(st.integers(), st.floats(allow_nan=False), st.booleans(), st.none())
data = st.recursive(
    text | numbers,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4),
    max_leaves=12,
)


def _ruamel(text: str, *, pure: bool) -> Any:
    return YAML(typ="safe", pure=pure).load(io.StringIO(text))


def _readers(text: str) -> dict[str, Any]:
    return {
        "PyYAML": yaml.load(text, Loader=yaml.SafeLoader),
        "libyaml 1.1": yaml.load(text, Loader=yaml.CSafeLoader),
        "ruamel": _ruamel(text, pure=True),
        "ruamel on libyaml": _ruamel(text, pure=False),
    }


def _typed(value: Any) -> Any:
    """As `==` would have it, but 1, 1.0 and True differ, and so do the orders of keys."""
    if isinstance(value, dict):
        return [(_typed(k), _typed(v)) for k, v in value.items()]
    if isinstance(value, list):
        return [_typed(v) for v in value]
    return type(value).__name__, value


def _reads_back(value: Any) -> None:
    written = dump(value)
    assert written.endswith("\n")
    for reader, read in _readers(written).items():
        assert _typed(read) == _typed(value), f"{reader} on {written!r}"


@pytest.mark.parametrize("value", NASTY, ids=ascii)
def test_nasty_text_reads_back_wherever_it_stands(value: str) -> None:
    _reads_back(value)
    _reads_back({"a": value, "b": [value, {"c": value, "d": value}, [value, value]], value: {value: value}})


@given(data)
def test_any_data_reads_back(value: Any) -> None:
    _reads_back(value)


@given(st.floats())
def test_a_float_is_still_the_same_float(value: float) -> None:
    for read in _readers(dump([value])).values():
        assert isinstance(read[0], float)
        assert read[0] == value or (math.isnan(value) and math.isnan(read[0]))


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_a_decimal_keeps_every_digit(value: Decimal) -> None:
    written = dump(value).strip()
    assert Decimal(written) == value
    assert len(written) < 700


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("0.999", "0.999"),
        ("14.40", "14.40"),
        ("30", "30"),
        ("1E+3", "1000"),
        ("1E-7", "0.0000001"),
        ("-Infinity", "-.inf"),
    ],
)
def test_decimals_are_written_as_people_do(value: str, written: str) -> None:
    assert dump({"d": Decimal(value)}) == f"d: {written}\n"


def test_rules_look_like_rules_that_a_person_wrote() -> None:
    rules = {
        "groups": [
            {
                "name": "api: errors",
                "rules": [
                    {
                        "alert": "ApiErrors",
                        "expr": 'sum(rate(errors{job="a"}[5m])) > 0.5',
                        "for": "5m",
                        "labels": {"severity": "critical", "enabled": "on", "objective": "99.9"},
                        "annotations": {
                            "summary": "{{ $labels.pod }} fails",
                            "description": "First line\nit's second: 1\n",
                        },
                    },
                    {"record": "a:b:c", "expr": "1 - up\n", "labels": {}},
                ],
            }
        ],
        "empty": [],
    }
    assert (
        dump(rules, "Generated: do not edit.\nSecond\rline")
        == """\
# Generated: do not edit.
# Second
# line
groups:
  - name: 'api: errors'
    rules:
      - alert: ApiErrors
        expr: sum(rate(errors{job="a"}[5m])) > 0.5
        for: 5m
        labels:
          severity: critical
          enabled: 'on'
          objective: '99.9'
        annotations:
          summary: '{{ $labels.pod }} fails'
          description: |
            First line
            it's second: 1
      - record: a:b:c
        expr: |
          1 - up
        labels: {}
empty: []
"""
    )


def test_the_same_object_twice_makes_no_alias() -> None:
    shared = {"a": ["b"]}
    assert dump({"x": shared, "z": shared}) == "x:\n  a:\n    - b\nz:\n  a:\n    - b\n"


@given(text)
def test_scalar_and_block_fit_into_a_text_template(value: str) -> None:
    assert "\n" not in scalar(value)
    template = f"top:\n  - one: {scalar(value)}\n    two: {block(value, 4)}\n    three: 3\n"
    for read in _readers(template).values():
        assert read == {"top": [{"one": value, "two": value, "three": 3}]}


def test_what_yaml_cannot_hold_is_refused() -> None:
    with pytest.raises(TypeError, match="set"):
        dump({"a": {1, 2}})
    with pytest.raises(TypeError, match="key"):
        dump({("a", "b"): 1})
    with pytest.raises(ValueError, match="U\\+D800"):
        dump("\ud800")


def test_a_header_cannot_break_out_of_its_comment() -> None:
    written = dump({"a": 1}, "one\x85b: 2\u2028c: 3\x0bd: 4\x00")
    assert all(read == {"a": 1} for read in _readers(written).values())


def test_rules_are_written_many_times_quicker_than_by_a_yaml_library() -> None:
    """A thousand services are 51,000 rules; the C dumper, some thirty times slower, is a yardstick on any machine."""
    rules = [
        {
            "alert": f"Service{i // 17}Burn{i % 17}",
            "expr": f'(slo:errors:ratio_rate1h{{service="s{i // 17}"}} > 14.4 * 0.001) and on() up{{n="{i}"}}',
            "for": "2m",
            "labels": {
                "severity": "critical",
                "service": f"s{i // 17}",
                "slo": "availability",
                "team": "a",
                "window": "1h",
            },
            "annotations": {
                "summary": f"Service s{i // 17} burns its budget: {{{{ $value | humanizePercentage }}}}",
                "description": "The error budget of 30 days\nis spent in two.\n",
                "runbook": f"https://runbooks.example.com/s{i // 17}#burn",
                "dashboard": f"https://grafana.example.com/d/s{i // 17}",
            },
        }
        for i in range(1_000)
    ]

    def quickest(work: Any) -> float:
        times = []
        for _ in range(3):
            yamltext._inline.clear()
            start = time.perf_counter()
            work()
            times.append(time.perf_counter() - start)
        return min(times)

    library = quickest(lambda: yaml.dump({"rules": rules}, Dumper=yaml.CSafeDumper, sort_keys=False))
    assert quickest(lambda: dump({"rules": rules})) < library / 6


@pytest.mark.parametrize(
    "value", ["a\n" * 30_000 + "\0", ("x" + " " * 20_000 + "\n") * 2 + "\0", "a :" * 30_000, " " * 90_000 + "#"]
)
def test_long_text_takes_no_longer_than_it_is(value: str) -> None:
    start = time.perf_counter()
    scalar(value)
    assert time.perf_counter() - start < 1


def test_go_reads_nasty_annotations_as_we_do(tmp_path: Path, promtool: Path) -> None:
    """promtool compares the annotations that it read with ones in which each character is escaped by its number."""
    assert promtool.exists()
    values = {f"a{i}": value for i, value in enumerate(NASTY) if "{{" not in value and "\ufffe" not in value}
    rule = {"alert": "A", "expr": "vector(1)", "annotations": values}
    (tmp_path / "rules.yml").write_text(dump({"groups": [{"name": "g", "rules": [rule]}]}), encoding="utf-8")

    def run_test(expected: dict[str, str]) -> tools.Result:
        escaped = {key: "".join(f"\\U{ord(char):08x}" for char in value) for key, value in expected.items()}
        lines = [f'{key}: "{value}"' for key, value in escaped.items()]
        test = tmp_path / "test.yml"
        test.write_text(
            "rule_files: [rules.yml]\nevaluation_interval: 1m\ntests:\n  - interval: 1m\n    alert_rule_test:\n"
            "      - eval_time: 1m\n        alertname: A\n        exp_alerts:\n          - exp_annotations:\n"
            + "".join(f"              {line}\n" for line in lines)
        )
        return tools.prove_rules([test])

    result = run_test(values)
    assert result.code == 0, result.output
    assert run_test({**values, "a0": "other"}).code == 1
