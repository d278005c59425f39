"""Stimuli against promtool: the alert `expression > threshold` is silent just below, fires just above, and is silent
again, with the labels that the stimulus says; every test starts from raw series."""

from __future__ import annotations

import json
import math
import re
import subprocess
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import pytest

from monitorspec.promql.expression import DEFAULT_VERSION, check
from monitorspec.promql.functions import Version
from monitorspec.promql.labels import output_labels
from monitorspec.promql.stimulus import Stimulus, Undriven, drive, timeline
from monitorspec.promql.timeline import SeriesPlan, values

INTERVAL = 60
# Why these cannot be driven; the table must not lose others.
UNDRIVEN = {
    'absent(up{job="x"})': "between 1 and 1",
    "count_over_time(x[10m])": "between 11 and 11",
    "rate(x_total[30s])": "needs two samples",
    "sum(rate(requests_total[5m])) - sum(rate(requests_total[5m] offset 1h))": "between 0 and 0",
    "sum(rate(requests_total[5m])) / sum(rate(requests_total[5m] offset 1d))": "between 1 and 1",
    "x and on () hour() > 8": "hour() follows the clock",
}


class Case(NamedTuple):
    expr: str
    threshold: float


def _cases() -> list[Case]:
    lines = (Path(__file__).parent / "expressions.txt").read_text("utf-8").splitlines()
    rows = [line.strip().split(" | ", 1) for line in lines if line.strip() and not line.startswith("#")]
    return [Case(expr, float(threshold)) for threshold, expr in rows]


CASES = _cases()


@lru_cache
def _pair(case: Case, version: Version = DEFAULT_VERSION) -> tuple[Stimulus | Undriven, Stimulus | Undriven]:
    step = max(abs(case.threshold) * 0.005, 1e-3)
    at, low, high = case.threshold, case.threshold - step, case.threshold + step
    below = drive(case.expr, low, side="below", scale=at, missing=True, version=version)
    return below, drive(case.expr, high, side="above", scale=at, version=version)


@lru_cache
def _driven(version: Version = DEFAULT_VERSION) -> list[tuple[Case, Stimulus, Stimulus]]:
    found: list[tuple[Case, Stimulus, Stimulus]] = []
    for case in CASES:
        if version != DEFAULT_VERSION and check(case.expr, version):
            continue
        below, above = _pair(case, version)
        if isinstance(below, Stimulus) and isinstance(above, Stimulus):
            found.append((case, below, above))
    return found


def _files(index: int, case: Case, below: Stimulus, above: Stimulus) -> tuple[dict[str, object], dict[str, object]]:
    """A rule file and a test file: below for long enough, above for long enough, below again."""
    points = math.ceil(max(below.settle_s, above.settle_s) / INTERVAL) + 3
    phases: list[tuple[Stimulus | None, int]] = [(below, points), (above, points), (below, points)]
    ends = [points - 1, 2 * points - 1, 3 * points - 1]
    labels = {**above.labels, "alertname": "Above"}
    rules: dict[str, object] = {
        "groups": [{"name": "g", "rules": [{"alert": "Above", "expr": f"({case.expr}) > {case.threshold}"}]}]
    }
    test: dict[str, object] = {
        "rule_files": [f"{index}.rules.json"],
        "evaluation_interval": "1m",
        "group_eval_order": ["g"],
        "tests": [
            {
                "interval": "1m",
                "input_series": [{"series": s, "values": v} for s, v in timeline(phases, INTERVAL)],
                "alert_rule_test": [
                    {
                        "eval_time": f"{end}m",
                        "alertname": "Above",
                        "exp_alerts": [{"exp_labels": labels}] if end == ends[1] else [],
                    }
                    for end in ends
                ],
            }
        ],
    }
    return rules, test


def test_promtool_agrees_with_every_stimulus(promtool: Path, tmp_path: Path) -> None:
    shown = subprocess.run([str(promtool), "--version"], capture_output=True, text=True, check=True).stdout
    found = re.search(r"version (\d+)\.(\d+)", shown)
    assert found
    driven = _driven((int(found[1]), int(found[2])))
    tests: list[str] = []
    for index, (case, below, above) in enumerate(driven):
        rules, test = _files(index, case, below, above)
        (tmp_path / f"{index}.rules.json").write_text(json.dumps(rules), "utf-8")
        (tmp_path / f"{index}.test.json").write_text(json.dumps(test), "utf-8")
        tests.append(f"{index}.test.json")
    done = subprocess.run(
        [str(promtool), "test", "rules", *tests], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    blocks = re.split(r"^(?:Unit Testing|Processing test file): +", done.stdout, flags=re.M)[1:]
    failed = [driven[int(block.split(".")[0])][0].expr for block in blocks if "SUCCESS" not in block]
    assert done.returncode == 0, "\n".join([*failed, done.stderr])
    assert done.stdout.count("SUCCESS") == len(driven)


def test_output_labels_agree_with_the_labels_that_promtool_confirmed() -> None:
    for case, _, above in _driven():
        labels = output_labels(case.expr)
        assert {label for label in above.labels if not labels.can_carry(label)} == set(), case.expr
        assert labels.present - {"__name__"} <= set(above.labels), case.expr


def test_nine_in_ten_real_expressions_are_driven() -> None:
    assert len(CASES) >= 60
    assert len(_driven()) >= 0.9 * len(CASES)


@pytest.mark.parametrize("case", [case for case in CASES if case.expr in UNDRIVEN], ids=lambda case: case.expr)
def test_what_cannot_be_driven_says_why(case: Case) -> None:
    reasons = [found.reason for found in _pair(case) if isinstance(found, Undriven)]
    assert any(UNDRIVEN[case.expr] in reason for reason in reasons), reasons


def test_everything_else_is_driven() -> None:
    assert {case.expr for case in CASES} - {case.expr for case, _, _ in _driven()} == set(UNDRIVEN)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.expr)
def test_the_value_is_on_the_right_side_of_the_threshold(case: Case) -> None:
    below, above = _pair(case)
    if isinstance(above, Stimulus):
        assert above.achieved > case.threshold
    if isinstance(below, Stimulus):
        assert below.achieved < case.threshold or math.isnan(below.achieved)


def test_without_a_side_a_value_between_steps_is_refused() -> None:
    found = drive("count(up == 0)", 2.5)
    assert isinstance(found, Undriven)
    assert isinstance(drive("count(up == 0)", 3), Stimulus)


def test_an_invalid_or_endless_expression_is_no_crash() -> None:
    assert isinstance(drive("sum(", 1), Undriven)
    assert isinstance(drive("x[5m]", 1), Undriven)
    assert isinstance(drive("-" * 250 + "x", 1), Stimulus | Undriven)
    assert isinstance(drive("{__name__!~'.+',a='b'}", 1), Undriven)


def test_missing_gives_series_that_are_read_and_no_result() -> None:
    assert isinstance(drive("absent(up)", 0, side="below"), Undriven)
    found = drive("absent(up)", 0, side="below", missing=True)
    assert isinstance(found, Stimulus)
    assert math.isnan(found.achieved)
    assert found.series


def test_counters_go_on_and_levels_jump_between_phases() -> None:
    counter = Stimulus((SeriesPlan({"__name__": "c_total"}, 1000, 2, "counter"),), {}, 2, 0)
    faster = Stimulus((SeriesPlan({"__name__": "c_total"}, 5000, 3, "counter"),), {}, 3, 0)
    assert timeline([(counter, 3), (None, 2), (faster, 2)], 10) == [("c_total", "1000+20x2 _x2 1070+30x1")]
    level = Stimulus((SeriesPlan({"__name__": "g", "a": 'q"\n'}, 7, 0, "level"),), {}, 7, 0)
    assert timeline([(None, 2), (level, 1)], 10) == [('g{a="q\\"\\n"}', "_x2 7+0x0")]
    both = level._replace(series=(*level.series, *counter.series))
    assert timeline([(both, 2), (level, 3), (None, 1)], 10)[1] == ("c_total", "1000+20x1 stale _x2 _x1")
    clock = Stimulus((SeriesPlan({"__name__": "t"}, -100, 1, "clock"),), {}, 100, 0)
    assert timeline([(clock, 2), (clock, 2)], 60) == [("t", "-100+60x1 20+60x1")]


def test_values_count_samples_not_steps() -> None:
    assert values(1.5, -0.5, 4) == "1.5-0.5x3"
