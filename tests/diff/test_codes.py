"""Every code of a change is reached: by the history, or by an edit here; and what its fingerprint stays the same for."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from monitorspec.explain import codes_of_changes
from monitorspec.review import Pair, Review, review
from tests.diff.history import COMMITS
from tests.diff.test_history import lines

BASE = """\
version: 1
system: shop
owner: web
severities:
  critical: {page: true}
  warning: {}
windows:
  office: {days: mon-fri, hours: '08:00-18:00'}
services:
  api:
    description: Sells.
    slos:
      up: {objective: 99.9%, cloudwatch: {bad: {namespace: Shop, metric: Bad, stat: Sum, dimensions: {App: shop}},
           total: {namespace: Shop, metric: All, stat: Sum, dimensions: {App: shop}}}}
    records:
      shop:queue:max: {expr: max(queue_size), unit: count, interval: 1m}
    thresholds:
      queue: {expr: queue_size, unit: count, above: {warning: 100, critical: 500}, for: 5m}
      length: {expr: 'shop:queue:max', unit: count, above: {warning: 100}, for: 5m}
      errors: {cloudwatch: {namespace: Shop, metric: Errors, stat: Sum, period: 1m, dimensions: {App: shop}},
               unit: count, above: {critical: 5}, parameter: MaxErrors}
    runbooks:
      queue: {steps: [Look.]}
  worker:
    thresholds:
      age: {expr: time() - last_success, unit: seconds, above: {warning: 1h}, for: 5m}
receivers:
  oncall: {pagerduty: {routing_key_file: /etc/alertmanager/key}, sns: pages}
  chat: {slack: {channel: '#shop', api_url_file: /etc/alertmanager/slack}, sns: notices}
routes:
  worker: {match: {service: worker}, notify: [chat], during: office}
  critical: {notify: [oncall, chat]}
  default: {notify: [chat]}
alertmanager: {global: {resolve_timeout: 5m}}
aws: {region: eu-west-1, topics: {pages: {parameter: pages}, notices: {parameter: notices}}}
dashboards:
  main:
    title: Main
    rows:
      One: {panels: {Queue: {expr: max(queue_size), unit: count}, Age: {expr: max(last_success), unit: seconds}}}
      Two: {panels: {Length: {expr: 'shop:queue:max', unit: count}}}
"""

# Code, subject; what stands in the spec, and what it becomes.
EDITS = (
    ("cosmetic/expression", "api.queue.warning", "expr: queue_size,", "expr: '  queue_size{ }',"),
    ("cosmetic/runbook", "runbook api/ApiQueue.md", "steps: [Look.]", "steps: [Look well.]"),
    ("cosmetic/text", "api", "description: Sells.", "description: Sells a lot."),
    ("dashboards/added", "dashboard more", "dashboards:\n", "dashboards:\n  more: {panels: {P: {expr: up}}}\n"),
    ("dashboards/changed", "dashboard main", "    title: Main\n", "    title: Main\n    refresh: 5m\n"),
    ("dashboards/panel-moved", "dashboard main: Age", ", Age: {expr: max(last_success), unit: seconds}}}\n      Two: {panels: {",
     "}}\n      Two: {panels: {Age: {expr: max(last_success), unit: seconds}, "),
    ("dependents/interval", "record shop:queue:max", "unit: count, interval: 1m", "unit: count, interval: 5m"),
    ("detection/application-signals", "api.up", "up: {objective: 99.9%,", "up: {objective: 99.9%, application_signals: true,"),
    ("detection/parameter", "api.errors.critical", "parameter: MaxErrors", "parameter: MostErrors"),
    ("detection/property", "api.errors.critical", "parameter: MaxErrors",
     "parameter: MaxErrors, properties: {EvaluateLowSampleCountPercentile: ignore}"),
    ("detection/unit", "api.queue.warning", "expr: queue_size, unit: count", "expr: queue_size, unit: bytes"),
    ("paging/hours", "worker.age.warning", "'08:00-18:00'", "'09:00-19:00'"),
    ("paging/nobody", "worker.lost.warning", "      age: {expr",
     "      lost: {cloudwatch: {namespace: Shop, metric: Lost, stat: Sum, period: 1m, dimensions: {App: shop}}, unit: count,\n"
     "             above: {warning: 5}, actions_enabled: false}\n      age: {expr"),
    ("paging/states", "api.errors.critical", "parameter: MaxErrors", "parameter: MaxErrors, notify_on: [alarm]"),
    ("routing/alertmanager", "alertmanager", "resolve_timeout: 5m", "resolve_timeout: 10m"),
    ("routing/matchers", "route worker", "match: {service: worker}", "match: {alerts: worker.age}"),
    ("routing/order", "route default",
     "  worker: {match: {service: worker}, notify: [chat], during: office}\n  critical: {notify: [oncall, chat]}",
     "  critical: {notify: [oncall, chat]}\n  worker: {match: {service: worker}, notify: [chat], during: office}"),
    ("system/service", "idle", "  worker:\n    thresholds",
     "  idle: {metrics: {idle_total: {type: counter, unit: count}}}\n  worker:\n    thresholds"),
)  # fmt: skip
ELSEWHERE = {"findings/resolved", "review/old-spec"}
"""Of these two are tests of their own below."""


def compare(folder: Path, old: str, new: str, sound: bool = True) -> Review:
    """The review of two texts of a spec."""
    paths = [folder / "old.yaml", folder / "new.yaml"]
    for path, text in zip(paths, (old, new), strict=True):
        path.write_text(text, encoding="utf-8")
    found = review([Pair(paths[0], paths[1], "shop.yaml")], "old", "new")
    assert sound is False or [d.message for d in found.diagnostics] == []
    return found


def edited(old: str, new: str, text: str = BASE) -> str:
    assert text.count(old) == 1, old
    return text.replace(old, new)


def marks(found: Review) -> dict[str, tuple[str, str]]:
    """Fingerprint → code and subject, but what lint finds: other changes may bring that too."""
    return {t.fingerprint: (t.change.code, t.change.subject) for t in found.told}


@pytest.mark.parametrize(("code", "subject", "old", "new"), EDITS, ids=[code for code, *_ in EDITS])
def test_a_code_is_reached(code: str, subject: str, old: str, new: str, tmp_path: Path) -> None:
    assert (code, subject) in marks(compare(tmp_path, BASE, edited(old, new))).values()


def test_a_finding_that_is_gone(tmp_path: Path) -> None:
    wrong = edited(
        "  default: {notify: [chat]}",
        "  late: {match: {severity: critical}, notify: [chat]}\n  default: {notify: [chat]}",
    )
    assert ("findings/resolved", "routes/unreachable routes.late") in marks(compare(tmp_path, wrong, BASE)).values()


def test_a_spec_that_had_errors(tmp_path: Path) -> None:
    found = compare(tmp_path, "version: 1\n", BASE, sound=False)
    assert [d.code for d in found.diagnostics] == ["review/old-spec"]


def test_every_code_is_reached() -> None:
    history = {code for made in COMMITS for _, code, _ in lines(made.told)}
    assert sorted(history | {code for code, *_ in EDITS} | ELSEWHERE) == sorted(codes_of_changes())


# ---- fingerprints


def reordered(text: str) -> str:
    """The same spec with all keys the other way round, but where their order says something."""

    def turned(data: Any, key: str = "") -> Any:
        if isinstance(data, Mapping):
            items = [(k, turned(v, k)) for k, v in data.items()]
            return dict(items if key in ("routes", "severities", "rows", "panels") else reversed(items))
        return [turned(item) for item in data] if isinstance(data, list) else data

    return json.dumps(turned(yaml.safe_load(text)))


@pytest.mark.parametrize(("code", "subject", "old", "new"), EDITS, ids=[code for code, *_ in EDITS])
def test_a_fingerprint_survives_further_pushes(code: str, subject: str, old: str, new: str, tmp_path: Path) -> None:
    after = edited(old, new)
    first = {mark for mark, known in marks(compare(tmp_path, BASE, after)).items() if known == (code, subject)}
    assert first
    moved = "# A comment\n\n\n" + after
    assert first <= marks(compare(tmp_path, BASE, moved)).keys()
    assert first <= marks(compare(tmp_path, BASE, reordered(after))).keys()
    # Something else changes too, on main or in the branch.
    other = ("last_success, unit: seconds, above: {warning: 1h}", "last_success, unit: seconds, above: {warning: 2h}")
    assert first <= marks(compare(tmp_path, BASE, edited(*other, after))).keys()
    assert first <= marks(compare(tmp_path, edited(*other), edited(*other, after))).keys()


def test_only_another_order_of_keys_is_no_change(tmp_path: Path) -> None:
    found = compare(tmp_path, BASE, reordered(BASE))
    assert [t.change for t in found.told] == []


@given(st.integers(101, 10_000), st.integers(101, 10_000))
@settings(max_examples=15, deadline=None)
def test_another_value_is_another_change(one: int, other: int) -> None:
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        found = [
            {
                mark
                for mark, known in marks(compare(Path(folder), BASE, edited("critical: 500", f"critical: {n}"))).items()
                if known[0] in ("detection/looser", "detection/tighter")
            }
            for n in (one, other)
        ]
    assert (found[0] == found[1]) == (one == other)


def test_a_fingerprint_is_the_same_on_every_run(tmp_path: Path) -> None:
    after = BASE
    for _, _, old, new in EDITS[:8]:
        after = edited(old, new, after)
    here = sorted(marks(compare(tmp_path, BASE, after)))
    program = (
        "import sys; from pathlib import Path; from monitorspec.review import *; "
        "print(*sorted(t.fingerprint for t in review([Pair(Path('old.yaml'), Path('new.yaml'), 'x')], '', '').told))"
    )
    for seed in ("1", "2"):
        run = subprocess.run(
            [sys.executable, "-c", program],
            capture_output=True,
            text=True,
            check=True,
            cwd=tmp_path,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(Path(__file__).parents[2])},
        )
        assert sorted(set(run.stdout.split())) == here
