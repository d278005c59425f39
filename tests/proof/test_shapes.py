"""Tests made from a template are those that would have been made without one."""

from __future__ import annotations

from monitorspec.compiler import plan_of
from monitorspec.plan import Plan, Service, Threshold
from monitorspec.proof.groups import Block
from monitorspec.proof.shapes import Part, Shapes
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
    shapes = Shapes()

    def make(threshold: Threshold) -> Part:
        calls.append(threshold.service)
        title = f"{threshold.service} {threshold.alerts[0].name}"
        return Part(
            ([Block(title, frozenset({title}), 30_000, 60_000, f"name: {threshold.service}\n", "", "")], [], [], []), []
        )

    def blocks(service: Service) -> list[Block]:
        return shapes.part(service.name, service.thresholds[0], (), make).blocks[0]

    services = plan().services
    made = [blocks(service)[0] for service in services]
    assert [block.title for block in made] == [f"{s.name} {s.thresholds[0].alerts[0].name}" for s in services]
    assert [block.keys for block in made] == [frozenset({block.title}) for block in made]
    assert [block.series for block in made] == [f"name: {name}\n" for name in NAMES]
    assert len(calls) < len(NAMES)


def test_what_is_left_unproven_is_told_for_each() -> None:
    shapes = Shapes()
    for service in plan().services:
        item = service.thresholds[0]
        assert shapes.part(service.name, item, (), lambda t: Part(([], [], [], []), [(t.alerts[0], "why")])) == Part(
            ([], [], [], []), [(item.alerts[0], "why")]
        )
