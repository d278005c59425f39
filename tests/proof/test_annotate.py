"""Rendered annotations against promtool's own rendering."""

from __future__ import annotations

import subprocess
from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from monitorspec.proof.annotate import render

TEMPLATES = [
    "plain",
    "{{ $value }}",
    "{{$value|humanize}}",
    "{{ $value | humanize1024 }}B",
    "{{ humanizePercentage $value }}",
    "{{ $value | humanizeDuration }}",
    '{{ $value | printf "%.2f" }} of {{ $labels.pod }}',
    '{{ printf "%.3e" $value }}',
    "a {{- $labels.pod -}} b",
    "{{ $labels.none }}|{{ .Labels.pod | toUpper }}|{{ .Value }}",
    '{{ "{{" }}',
]
VALUES = [
    "0",
    "0.00123",
    "0.951",
    "1",
    "12.5",
    "59.99",
    "999.96",
    "1000",
    "4096",
    "86399",
    "123456",
    "1234567",
    "1e9",
    "-3700.5",
    "2e15",
]


def test_as_promtool_does(promtool: Path, tmp_path: Path) -> None:
    rules = [
        {"alert": f"A{n}", "expr": f'm{{n="{v}"}}', "annotations": {f"t{i}": t for i, t in enumerate(TEMPLATES)}}
        for v, n in zip(VALUES, range(len(VALUES)), strict=True)
    ]
    series, tests = [], []
    for n, value in enumerate(VALUES):
        series.append({"series": f'm{{n="{value}",pod="api-1"}}', "values": value})
        labels = {"n": value, "pod": "api-1"}
        texts = {f"t{i}": render(t, labels, Decimal(value)) for i, t in enumerate(TEMPLATES)}
        assert None not in texts.values()
        expected = [{"exp_labels": labels, "exp_annotations": texts}]
        tests.append({"eval_time": "0s", "alertname": f"A{n}", "exp_alerts": expected})
    (tmp_path / "r.yml").write_text(yaml.safe_dump({"groups": [{"name": "g", "rules": rules}]}))
    group = {"interval": "1m", "input_series": series, "alert_rule_test": tests}
    document = {"rule_files": ["r.yml"], "evaluation_interval": "1m", "tests": [group]}
    (tmp_path / "t.yml").write_text(yaml.safe_dump(document))
    done = subprocess.run(
        [promtool, "test", "rules", tmp_path / "t.yml"], capture_output=True, text=True, timeout=30, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    "template",
    [
        '{{ query "up" }}',
        "{{ if $value }}x{{ end }}",
        "{{ $value",
        "{{ $externalLabels.x }}",
        "{{ $value | nothing }}",
        '{{ printf "%d" $value }}',
    ],
)
def test_what_it_does_not_know_it_does_not_guess(template: str) -> None:
    assert render(template, {}, Decimal(1)) is None


def test_an_unknown_value_is_only_a_problem_where_it_is_shown() -> None:
    assert render("{{ $labels.pod }}", {"pod": "a"}, None) == "a"
    assert render("{{ $value }}", {"pod": "a"}, None) is None
