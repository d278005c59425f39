"""Slices: which rules a test needs, and that promtool says of the runs what it says of whole files."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitorspec.compiler import emit, plan_of
from monitorspec.plan import Plan
from monitorspec.rules import writing
from monitorspec.scenario import pool, slices
from monitorspec.scenario.runs import load, runs_of
from monitorspec.targets.promtest import proofs

NOTES = {"summary": "Text."}
FILE = writing.file(
    [
        writing.group(
            "records",
            60_000,
            [
                writing.record("raw:rate", "rate(raw[5m])", ""),
                writing.record("raw:ratio", "raw:rate / total", writing.labels({"slo": "a"})),
                writing.record("raw:ratio", "other / total", writing.labels({"slo": "b"})),
            ],
        ),
        writing.group(
            "alerts",
            60_000,
            [
                writing.alert("High", 'raw:ratio{slo="a"} > 1\nor\nstale > 2', 0, 0, {"severity": "page"}, NOTES),
                writing.alert("Sticky", 'x > 1 or (x > 0 and ALERTS{alertname="Sticky"})', 0, 0, {}, NOTES),
                writing.alert("Meta", 'count(ALERTS{severity="page"}) > 1', 0, 0, {}, NOTES),
                writing.alert("All", 'count({job="x"}) > 1', 0, 0, {"severity": "{{ $labels.x }}"}, NOTES),
            ],
        ),
    ],
    "Head.",
)
RATE, A, B, HIGH, STICKY, META, ALL = range(7)


@pytest.mark.parametrize(
    ("alerts", "exprs", "needed"),
    [
        (["High"], [], {RATE, A, HIGH}),
        (["Sticky"], [], {STICKY}),
        # A label that is a template may be anything.
        (["Meta"], [], {RATE, A, B, HIGH, STICKY, META, ALL}),
        ([], ['raw:ratio{slo="b"}'], {B}),
        ([], ['raw:ratio{slo!="b"}'], {RATE, A}),
        ([], ['raw:ratio{slo=~"b|c"}'], {RATE, A, B}),
        ([], ["raw:ratio"], {RATE, A, B}),
        ([], ["round(raw:rate, 0.1)"], {RATE}),
        ([], ['{__name__="raw:rate"}'], {RATE}),
        ([], ['{__name__=~"raw.rate"}'], {RATE, A, B, HIGH, STICKY, META, ALL}),
        ([], ['ALERTS_FOR_STATE{alertname="High"}'], {RATE, A, HIGH}),
        (["Missing"], ["missing"], set()),
    ],
)
def test_only_rules_that_have_a_part_are_needed(alerts: list[str], exprs: list[str], needed: set[int]) -> None:
    file = slices.read(FILE)
    assert file is not None
    assert len(file) == 7
    assert file.needed(alerts, exprs) == frozenset(needed)


@pytest.mark.parametrize(
    ("series", "busy"),
    [
        (["missing"], set()),
        (['y{job="y"}'], set()),
        # What they make may have any label that the rule does not set.
        (['y{job="x"}'], {ALL, META}),
        (["raw"], {RATE, A, HIGH, META, ALL}),
        (["stale"], {HIGH, META, ALL}),
        (["x"], {STICKY, META, ALL}),
        (["other"], {B, META, ALL}),
        (["other", 'total{a="b"}'], {A, B, HIGH, META, ALL}),
    ],
)
def test_rules_are_busy_that_series_can_reach(series: list[str], busy: set[int]) -> None:
    file = slices.read(FILE)
    assert file is not None
    assert file.busy(map(slices.labels_of, series)) == frozenset(busy)


@pytest.mark.parametrize(
    ("expr", "idle"),
    [
        ("a > 1", True),
        ("count(a) or sum by (b) (rate(c[5m]))", True),
        ("1 - a / 2 unless b", True),
        ("label_replace(a, 'b', 'c', '', '')", True),
        ("max_over_time(a[5m:1m])", True),
        ("a or vector(0)", False),
        ("absent(a)", False),
        ("1 - absent_over_time(a[5m])", False),
        ("hour() > 5 and a", False),
        ("time()", False),
        ("1 > bool 2", False),
        ("scalar(a)", False),
    ],
)
def test_rules_are_idle_that_make_nothing_of_nothing(expr: str, idle: bool) -> None:
    group = writing.group("g", 60_000, [writing.record("r", expr, "")])
    file = slices.read(writing.file([group], "Head."))
    assert file is not None
    assert file.busy([]) == frozenset(() if idle else (0,))


def test_rules_stand_in_a_slice_as_in_the_file() -> None:
    file = slices.read(FILE)
    assert file is not None
    assert file.text(range(7)) == FILE
    assert file.text(()) == "groups: []\n"
    kept = file.text({A, META}).splitlines()
    assert [line for line in kept if line.startswith(("  - ", "      - "))] == [
        "  - name: records",
        "      - record: raw:ratio",
        "  - name: alerts",
        "      - alert: Meta",
    ]
    assert set(kept) <= set(FILE.splitlines())


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("groups:", "grups:"),
        ("rate(raw[5m])", "rate(raw["),
        ("        expr: rate", "        exprs: rate"),
        ("severity: page", "severity: 1"),
        ("      - record: raw:rate", "      -  record: raw:rate"),
        ("  - name: alerts", "   - name: alerts"),
        (FILE, ""),
        (FILE, "groups:\n  - name: a\n"),
        (FILE, "groups:\n  - a\n"),
        (FILE, "groups:\n  - name: a\n    rules:\n      - record: a\n        expr: b\n        labels: c\n"),
    ],
)
def test_what_is_not_understood_is_not_sliced(old: str, new: str) -> None:
    assert slices.read(FILE.replace(old, new)) is None


SPEC = """
version: 1
system: shop
owner: web
services:
  api:
    slos:
      availability: {objective: 99%, min_traffic: 1/s, ratio: {bad: 'all_total{code="5"}', total: all_total}}
    records: {'pod:busy:ratio': {expr: avg by (pod) (busy_ratio)}}
    thresholds:
      cpu: {expr: 'avg by (pod) (cpu_ratio)', unit: ratio, above: {warning: 80%, critical: 95%}, for: 5m}
      busy: {expr: 'pod:busy:ratio', unit: ratio, above: {warning: 80%}, recover: 60%, for: 3m}
      errors: {expr: 'sum(rate(all_total{code="5"}[5m]))', above: {warning: 3}, missing: breaching, severity: warning}
    rules:
      own: {rules: [{alert: Deep, expr: 'queue_depth{queue="a"} > 100', for: 2m, labels: {severity: warning}}]}
"""
CHANGES = [
    ("", ""),
    ("> 0.95", "> 0.96"),
    ("record: slo:error:ratio_rate1h", "record: slo:error:ratio_rate1d1h"),
    ("[3d])\n          /", "[2d])\n          /"),
    ("avg by (pod) (busy_ratio)", "max by (pod) (busy_ratio) * 2"),
    ("record: pod:busy:ratio", "record: pod:busy:share"),
    ("severity: warning", "severity: info"),
    ("groups:", "groups:\n  - name: api\n    rules: []"),
]


@pytest.fixture(scope="module")
def plan() -> Plan:
    made, found = plan_of(SPEC)
    assert made is not None, found
    return made


@pytest.mark.usefixtures("promtool")
def test_runs_notice_what_whole_files_notice(plan: Plan, tmp_path: Path) -> None:
    made = {artifact.path: artifact.text for artifact in emit(plan, ("prometheus", "promtest"))}
    (proof,) = proofs(plan)
    right = made["prometheus/api.rules.yml"]
    whole: dict[Path, int] = {}
    parts: dict[Path, int] = {}
    for n, (old, new) in enumerate(CHANGES):
        assert old in right, old
        rules = right.replace(old, new) if old else right
        folder = tmp_path / str(n)
        for path, text in made.items():
            file = folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(rules if file.name == "api.rules.yml" else text, encoding="utf-8")
            if file.name.endswith(".test.yml"):
                whole[file] = n
        for m, run in enumerate((load("api", rules), *runs_of("api", proof, rules))):
            file = folder / str(m) / "prometheus" / "tests" / "api.test.yml"
            file.parent.mkdir(parents=True)
            file.write_text(run.test, encoding="utf-8")
            (file.parent.parent / "api.rules.yml").write_text(run.rules, encoding="utf-8")
            parts[file] = n
    said = pool.run([pool.TestFile(file, 1, 0, False) for file in (*whole, *parts)], 2)
    noticed, seen = ({files[file] for file in files if not said[file].passed} for files in (whole, parts))
    assert seen == noticed
    assert noticed == set(range(1, len(CHANGES)))


def test_a_run_has_only_the_rules_that_it_looks_at(plan: Plan) -> None:
    (proof,) = proofs(plan)
    text = next(a.text for a in emit(plan, ("prometheus",)) if a.path == "prometheus/api.rules.yml")
    runs = list(runs_of("api", proof, text))
    assert load("api", text).rules == text
    (cpu,) = (run for run in runs if "alertname: ApiCpu\n" in run.test)
    assert "record: slo:" not in cpu.rules
    # Every check is in one of the runs.
    checks = [file for file in emit(plan, ("promtest",)) if "/tests/" in file.path]
    assert sum(run.test.count("eval_time:") for run in runs) == sum(file.text.count("eval_time:") for file in checks)
