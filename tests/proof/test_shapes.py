"""Tests made from a template are those that would have been made without one."""

from __future__ import annotations

from monitorspec.compiler import plan_of
from monitorspec.plan import Plan
from monitorspec.proof.shapes import Shapes
from monitorspec.targets import promtest

SERVICE = """
  '{name}':
    slos:
      availability:
        objective: 99.9%
        ratio: {{bad: '{metric}_total{{job="{name}",code=~"5.."}}', total: '{metric}_total{{job="{name}"}}'}}
    thresholds:
      cpu: {{expr: 'avg by (pod) (cpu_ratio{{job="{name}"}})', unit: ratio, above: {{warning: 80%}}, for: 5m}}
      up: {{absent: 'up{{job="{name}"}}', for: 5m}}
"""
NAMES = ("cart", "checkout", "search-api", "fires", "data", "severity", "rate", "null", "api", "rapid")


def plan() -> Plan:
    services = "".join(SERVICE.format(name=name, metric=name.replace("-", "_")) for name in NAMES)
    found, diagnostics = plan_of(
        f"version: 1\nsystem: market\nowner: market\nservices:{services}"
        "receivers: {chat: {slack: {channel: '#x', api_url_file: /etc/x}}}\nroutes: {default: {notify: [chat]}}\n"
    )
    assert found is not None, diagnostics
    return found


def test_the_same_as_one_by_one() -> None:
    whole = plan()
    apart = [artifact for service in whole.services for artifact in promtest.emit(whole._replace(services=(service,)))]
    assert list(promtest.emit(whole)) == apart


def test_templates_are_used() -> None:
    calls: list[str] = []
    whole = plan()
    shapes = Shapes(lambda service: calls.append(service.name) or [("", f"name: {service.name}\n")])  # type: ignore[func-returns-value]
    texts = [shapes.texts(service)[0][1] for service in whole.services]
    assert texts == [f"name: {name}\n" for name in NAMES]
    assert len(calls) < len(NAMES)
