"""What runbooks say of alarms, from what the spec means."""

from __future__ import annotations

import pytest

from monitorspec.compiler import plan_of
from monitorspec.targets import runbook

SPEC = """
version: 1
system: shop
owner: web
receivers: {oncall: {sns: [pages, there]}, nobody: {webhook: {url: 'http://x.example'}}}
routes: {default: {notify: oncall}}
aws:
  parameters:
    Environment: {default: production, allowed: [production, staging]}
    PagerUrl: {secret: true}
    Workspace: {}
    Channel: {}
    Role: {}
  topics:
    pages:
      subscriptions:
        pager: {https: '${PagerUrl}'}
        mail: {email: web@shop.example}
        chat: {slack: {workspace: '${Workspace}', channel: '${Channel}', role: '${Role}'}}
    there: {parameter: ThereArn, description: The other team.}
services:
  api:
    slos:
      availability:
        objective: 99.9%
        cloudwatch: {bad: {namespace: Shop, metric: Failures}, total: {namespace: Shop, metric: Requests}}
    thresholds:
      errors:
        cloudwatch: {namespace: Shop, metric: Errors, stat: Sum, dimensions: {Stage: '${Environment}'}}
        above: {critical: 5}
        notify_on: [alarm]
      both: {cloudwatch: {namespace: Shop, metric: Both, dimensions: {Pod: [x, y]}}, above: {critical: 5}}
      health: {composite: {any_of: [errors, both]}, suppress: {by: errors}, severity: warning}
"""


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    plan, diagnostics = plan_of(SPEC)
    assert plan is not None, diagnostics
    return {artifact.path: artifact.text for artifact in runbook.emit(plan)}


def test_who_is_told_follows_the_topics(pages: dict[str, str]) -> None:
    told = (
        "topic pages (web hook pager, e-mail to web@shop.example, Slack channel chat); "
        "topic there (its subscribers; The other team)"
    )
    assert f"- Notified: {told}; when it begins\n" in pages["runbooks/api/ApiErrors.md"]
    assert f"- Notified: {told}; when it begins and when it ends\n" in pages["runbooks/api/ApiBoth.md"]


def test_an_alarm_has_its_name_in_the_usual_environment_and_a_drill(pages: dict[str, str]) -> None:
    name = "shop-production-api-errors-critical"
    assert f"- Alarm: `{name}`\n" in pages["runbooks/api/ApiErrors.md"]
    drill = f"aws cloudwatch set-alarm-state --alarm-name {name} --state-value ALARM --state-reason drill"
    assert f"`{drill}`" in pages["runbooks/api/ApiErrors.md"]


def test_alarms_of_several_things_are_told_apart(pages: dict[str, str]) -> None:
    page = pages["runbooks/api/ApiBoth.md"]
    assert "### ApiBoth (critical, x)" in page
    assert "### ApiBoth (critical, y)" in page


def test_a_composite_names_its_alarms_and_what_silences_it(pages: dict[str, str]) -> None:
    page = pages["runbooks/api/ApiHealth.md"]
    alarms = [f"`shop-production-api-{what}-critical`" for what in ("errors", "both-x", "both-y")]
    assert f"- Made of: {', '.join(alarms)}\n" in page
    assert f"- Silent while: {alarms[0]} is on\n" in page
    assert "set-alarm-state" not in page


def test_a_burn_that_cloudwatch_cannot_look_back_on_is_said_to_be_missing(pages: dict[str, str]) -> None:
    page = pages["runbooks/api/ApiAvailability.md"]
    assert "An alarm looks back 1d at most, so there is no ticket-slow (1 times over 3d)" in page
    assert page.count("\n### ") == 3
