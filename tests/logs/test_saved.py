"""Saved queries in runbooks: named once, shown wherever they help."""

from __future__ import annotations

from monitorspec.compiler import emit, plan_of

SPEC = """
version: 1
system: shop
owner: web
services:
  api:
    thresholds: {cpu: {expr: avg(cpu_ratio), above: {critical: 95%}}}
    runbooks:
      cpu:
        queries:
          what fails: {logs: Errors}
          in words of its own: {description: Look at the worst., logs: Errors}
          another: {logs: fields @message}
aws:
  log_groups: {api: {}}
  log_queries:
    Errors:
      description: Which errors there are.
      groups: [api]
      query: |
        filter @message like /\\$${!x}/
        | limit 20
"""


def test_the_title_of_a_saved_query_stands_for_it() -> None:
    plan, diagnostics = plan_of(SPEC)
    assert plan is not None, diagnostics
    (page,) = (page for page in plan.runbooks if page.queries)
    saved = "filter @message like /\\$${x}/\n| limit 20\n"
    assert [(query.name, query.text, query.description) for query in page.queries] == [
        ("what fails", saved, "Which errors there are."),
        ("in words of its own", saved, "Look at the worst."),
        ("another", "fields @message", ""),
    ]
    texts = "".join(artifact.text for artifact in emit(plan, ("runbook",)))
    assert texts.count("| limit 20") == 2
