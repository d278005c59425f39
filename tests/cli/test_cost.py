"""`monitorspec cost`: the estimate as text and as JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from monitorspec.cli import group

ALARM = "{cloudwatch: {namespace: AWS/Lambda, metric: Errors, stat: Sum, period: 10s}, above: {critical: 5}}"
SPEC = f"""\
version: 1
system: shop
owner: web
services:
  api: {{thresholds: {{errors: {ALARM}}}, dashboard: false}}
aws:
  region: eu-west-1
  monthly_budget: 8 USD
  parameters: {{Role: {{}}}}
  canaries: {{health: {{urls: 'https://shop.example.com', artifacts: 's3://runs', role: '${{Role}}', every: 10m}}}}
environments:
  staging: {{aws: {{canaries: {{health: {{every: 1h}}}}}}}}
"""


def cost(folder: Path, *arguments: str) -> Result:
    result = CliRunner().invoke(group, ["cost", *arguments, str(folder)])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "shop.monitorspec.yaml").write_text(SPEC)
    return tmp_path


def test_text(folder: Path) -> None:
    result = cost(folder, "--env", "staging")
    assert result.exit_code == 0
    # A high-resolution alarm, and 730 runs of which 100 are free.
    assert result.stdout.startswith("shop (staging): 1.06 USD a month, by the prices of us-east-1 on ")
    lines = [line.split() for line in result.stdout.splitlines()]
    for line in (
        "High-resolution alarms 1 metric 0.30 0.30",
        "Canary runs 730 runs 0.0012 0.88",
        "Free: canary runs 100 runs -0.12",
        "Total 1.06",
        "api 0.30",
        "(no service) 0.88",
        "Budget: 8.00 USD a month, 6.94 USD left",
        "The prices of eu-west-1 are not known here: they differ.",
    ):
        assert line.split() in lines
    assert result.stderr == ""


def test_a_budget_that_is_not_kept_is_told_but_no_failure(folder: Path) -> None:
    (folder / "shop.monitorspec.yaml").write_text(SPEC.replace("8 USD", "1 USD"))
    result = cost(folder)
    assert result.exit_code == 0
    assert "Budget: 1.00 USD a month, over it by 4.44 USD" in result.stdout
    assert result.stderr == "shop costs 4.44 USD more than its monthly budget\n"


def test_json(folder: Path) -> None:
    result = cost(folder, "--format", "json")
    document = json.loads(result.stdout)
    (system,) = document["systems"]
    assert (document["version"], document["currency"], document["together"]) == (1, "USD", [])
    assert (system["system"], system["region"], system["prices"]["region"]) == ("shop", "eu-west-1", "us-east-1")
    assert {item["kind"]: (item["amount"], item["cost"]) for item in system["items"]} == {
        "alarm-high-resolution": (1, 0.3),
        "canary-run": (4380, 5.256),
    }
    assert system["free"] == [{"kind": "canary-run", "amount": 100, "unit": "run", "cost": 0.12}]
    assert (system["total"], system["total_without_free"], system["budget"]) == (5.44, 5.56, 8)
    assert system["assumed"]
    assert system["not_counted"]


def test_systems_together_have_what_is_free_once(folder: Path) -> None:
    other = SPEC.replace("system: shop", "system: other")
    (folder / "other.monitorspec.yaml").write_text(other)
    result = cost(folder)
    # Twice 5.556 USD, less one hundred runs.
    assert "Together, with what is free counted once: 10.99 USD a month" in result.stdout
    assert json.loads(cost(folder, "--format", "json").stdout)["together"] == [{"prices": "us-east-1", "total": 10.99}]


def test_without_anything_on_cloudwatch(tmp_path: Path) -> None:
    text = SPEC.partition("aws:")[0].replace(ALARM, "{absent: up, severity: critical}")
    (tmp_path / "shop.monitorspec.yaml").write_text(text)
    assert cost(tmp_path).stdout == "shop: nothing on CloudWatch\n"
    (tmp_path / "shop.monitorspec.yaml").write_text("targets: {only: [prometheus]}\n" + SPEC)
    assert cost(tmp_path).stdout == "shop: nothing on CloudWatch\n"


@pytest.mark.parametrize("format_", ["text", "json"])
def test_a_spec_with_errors_has_no_price(folder: Path, format_: str) -> None:
    (folder / "shop.monitorspec.yaml").write_text(SPEC.replace("10m", "10 minutes"))
    result = cost(folder, "--format", format_)
    assert result.exit_code == 1
    assert "spec/value" in result.stdout
    assert "USD" not in result.stdout
