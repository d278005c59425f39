"""A fixture that lets promtool evaluate rules over invented series."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

# (at, expression, {labels: value})
Value = tuple[str, str, Mapping[str, float]]
# (at, alert name, the labels of each firing alert)
Firing = tuple[str, str, Sequence[Mapping[str, str]]]
Play = Callable[..., None]


@pytest.fixture
def play(promtool: Path, tmp_path: Path) -> Play:
    """Evaluate rules over series and hold the outcome against what is expected; values are compared to six digits."""

    def run(
        rules: Sequence[Mapping[str, Any]],
        series: Mapping[str, str],
        *,
        values: Sequence[Value] = (),
        firing: Sequence[Firing] = (),
        interval: str = "1m",
    ) -> None:
        assert values or firing
        names = {rule.get("alert") for rule in rules}
        # promtool is content with an alert that no rule has, as long as it is not expected to fire.
        assert {name for _, name, _ in firing} <= names
        bare = [{**rule, "annotations": {}} if "alert" in rule else rule for rule in rules]
        group = {"name": "g", "interval": interval, "rules": bare}
        (tmp_path / "rules.yml").write_text(json.dumps({"groups": [group]}))
        case = {
            "interval": interval,
            "input_series": [{"series": name, "values": text} for name, text in series.items()],
            "alert_rule_test": [
                {"eval_time": at, "alertname": name, "exp_alerts": [{"exp_labels": dict(labels)} for labels in alerts]}
                for at, name, alerts in firing
            ],
            "promql_expr_test": [
                {
                    "eval_time": at,
                    "expr": f"round(1e6 * {expr}) / 1e6",
                    "exp_samples": [{"labels": labels, "value": value} for labels, value in samples.items()],
                }
                for at, expr, samples in values
            ],
        }
        test = {
            "rule_files": ["rules.yml"],
            "evaluation_interval": interval,
            "group_eval_order": ["g"],
            "tests": [case],
        }
        (tmp_path / "test.yml").write_text(json.dumps(test))
        result = subprocess.run(
            [promtool, "test", "rules", tmp_path / "test.yml"], capture_output=True, text=True, timeout=60, check=False
        )
        assert result.returncode == 0, result.stdout + result.stderr

    return run
