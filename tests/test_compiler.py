"""Layers of a spec: what it extends, its environments, presets; and that an error never hides another one."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from monitorspec.compiler import compile_file, compile_text, plan_of
from monitorspec.plan import Limit, Plan

BASE = """
version: 1
system: shop
owner: payments
services:
  api:
    slos: {availability: {objective: 99.9%, ratio: {bad: errors_total, total: requests_total}}}
    thresholds:
      cpu: {expr: cpu_ratio, above: {warning: 80%, critical: 95%}, for: 10m}
      disk: {expr: disk_ratio, above: {critical: 90%}}
"""


def planned(text: str, environment: str = "") -> Plan:
    plan, diagnostics = plan_of(text, environment=environment)
    assert plan is not None, diagnostics
    return plan


def limits(plan: Plan) -> dict[str, Decimal]:
    return {a.id: a.condition.value for a in plan.alerts if isinstance(a.condition, Limit)}


def test_an_environment_changes_what_it_names_and_nothing_else() -> None:
    text = BASE + "environments: {staging: {services: {api: {thresholds: {cpu: {above: {critical: 99%}}}}}}}\n"
    assert limits(planned(text)) == limits(planned(BASE))
    assert limits(planned(text, "staging")) == {**limits(planned(BASE)), "api.cpu.critical": Decimal("0.99")}
    assert planned(text, "staging").environment == "staging"


def test_null_deletes() -> None:
    text = (
        BASE
        + "environments: {staging: {services: {api: {thresholds: {cpu: {above: {critical: null}}, disk: null}}}}}\n"
    )
    assert set(limits(planned(text, "staging"))) == {"api.cpu.warning"}


def test_an_environment_can_drop_a_default_burn_tier() -> None:
    text = BASE + "environments: {dev: {services: {api: {slos: {availability: {alerts: {page-fast: null}}}}}}}\n"
    tiers = [a.id for a in planned(text, "dev").services[0].slos[0].tiers]
    assert tiers == ["api.availability.page-slow", "api.availability.ticket-fast", "api.availability.ticket-slow"]


def test_later_specs_lie_over_earlier_ones_and_the_spec_over_all(tmp_path: Path) -> None:
    (tmp_path / "monitorspec.toml").write_text("")
    (tmp_path / "one.yaml").write_text("owner: one\ntitle: one\ndescription: one\nlabels: {a: '1', b: '1'}\n")
    (tmp_path / "two.yaml").write_text("owner: two\ntitle: two\nlabels: {b: '2'}\n")
    spec = tmp_path / "specs" / "shop.monitorspec.yaml"
    spec.parent.mkdir()
    spec.write_text(BASE + "extends: [../one.yaml, ../two.yaml]\n")
    plan = compile_file(spec).plan
    assert plan is not None
    assert (plan.owner, plan.title, plan.description) == ("payments", "two", "one")
    assert {k: v for k, v in plan.labels.items() if k in "ab"} == {"a": "1", "b": "2"}


def test_a_spec_reads_nothing_outside_of_its_project(tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (project / "monitorspec.toml").write_text("")
    (tmp_path / "secret.yaml").write_text("owner: someone\n")
    (project / "link.yaml").symlink_to(tmp_path / "secret.yaml")
    for name in ("../secret.yaml", str(tmp_path / "secret.yaml"), "link.yaml"):
        spec = project / "shop.monitorspec.yaml"
        spec.write_text(BASE + f"extends: {name}\nrunbooks: {{x: {{file: {name}}}}}\n")
        compiled = compile_file(spec)
        assert compiled.plan is None
        assert {d.code for d in compiled.diagnostics} <= {"extends/file", "runbooks/file"}
        assert "someone" not in str(compiled)


@pytest.mark.parametrize(
    "broken", ["{expr: 'sum(', above: {critical: 1}}", "{exp: up, above: {critical: 1}}", "{expr: up}", "3"]
)
def test_one_error_hides_no_other(broken: str) -> None:
    text = BASE + "receivers: {chat: {slak: {}}}\nroutes: {critical: {notify: [chta]}}\n"
    text = text.replace("    thresholds:\n", f"    thresholds:\n      broken: {broken}\n")
    compiled = compile_text(text)
    codes = [d.code for d in compiled.diagnostics]
    assert compiled.plan is None
    assert "receivers/unknown-kind" in codes
    assert "routes/unknown-receiver" in codes
    assert len(codes) == 3


def test_an_entry_with_an_error_is_not_unknown_as_well() -> None:
    text = BASE.replace("{expr: disk_ratio, above: {critical: 90%}}", "{expr: disk_ratio, above: {critical: 90 %%}}")
    text += "receivers: {chat: {webhook: {url: 'http://x'}}}\n"
    text += "routes: {default: {notify: chat}, disk: {match: {alerts: api.disk}, notify: chat}}\n"
    assert [d.code for d in compile_text(text).diagnostics] == ["spec/value"]
