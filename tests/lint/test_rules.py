"""The rules over PromQL and rules: what promtool lets pass, what Prometheus makes of it, what reading once must not lose."""

from __future__ import annotations

import copy
import re
from pathlib import Path

import pytest
import yaml

from monitorspec import tools
from monitorspec.compiler import compile_text, emit, plan_of
from monitorspec.explain import codes, page
from monitorspec.lint import PAGES, promql
from tests.test_explain import examples, whole

ROOT = Path(__file__).parent.parent.parent
AREAS = ("promql", "alerts", "records", "metrics", "annotations")
RULES = [
    code
    for code in PAGES
    if code.partition("/")[0] in AREAS or code in ("labels/overridden", "slos/retention", "slos/scrape")
]
WRONG = {code: text for code, kind, text in examples() if kind == "wrong"}
# A rule that is there twice is all that promtool's own lint looks for.
DUPLICATES = {"records/twice"}


def _rules(code: str, folder: Path) -> list[Path]:
    """The rule files of a code's wrong example, which accepts the finding to be built at all."""
    text = f"{whole(WRONG[code])}ignore: {{{code}: {{'*': {{reason: it is to be built}}}}}}\n"
    compiled = compile_text(text, str(folder / "spec.yaml"))
    assert compiled.plan is not None, compiled.diagnostics
    files = []
    for artifact in emit(compiled.plan, ("prometheus",)):
        if artifact.path.endswith(".rules.yml"):
            file = folder / Path(artifact.path).name
            file.write_text(artifact.text, encoding="utf-8")
            files.append(file)
    assert files
    return files


@pytest.mark.tools
@pytest.mark.usefixtures("promtool")
@pytest.mark.parametrize("code", RULES)
def test_promtool_lets_it_pass(code: str, tmp_path: Path) -> None:
    files = map(str, _rules(code, tmp_path))
    done = tools.run("promtool", ["check", "rules", "--lint=all", "--lint-fatal", *files])
    assert (done.code != 0) == (code in DUPLICATES), done.stdout + done.stderr


QUEUES = {'length{queue="in",pod="1"}': "7+0x20", 'length{queue="out",pod="1"}': "9+0x20", "workers": "3+0x20"}
BUCKETS = {
    'seconds_bucket{le="1"}': "0+6x20",
    'seconds_bucket{le="2"}': "0+9x20",
    'seconds_bucket{le="+Inf"}': "0+9x20",
}


@pytest.mark.tools
@pytest.mark.usefixtures("promtool")
@pytest.mark.parametrize(
    ("code", "wrong", "right", "series"),
    [
        ("promql/impossible", "count(up == 1) == 0", "absent(up == 1)", {"up": "0+0x20"}),
        ("promql/impossible", "length > 5 and length < 3", "length > 5 or length < 3", QUEUES),
        ("promql/impossible", "length > 8 < 5", "length > 5 < 8", QUEUES),
        ("promql/impossible", "day_of_week() == 7", "day_of_week() == 4", {}),
        ("promql/impossible", "1 - clamp_max(length, 1) < 0", "1 - clamp_max(length, 1) <= 0", QUEUES),
        ("promql/contradiction", 'length{queue="in",queue="out"}', 'length{queue=~"in|out"}', QUEUES),
        ("promql/contradiction", 'length{queue="in",queue!~"in|x"}', 'length{queue="in",queue!~"x"}', QUEUES),
        ("promql/contradiction", 'length{queue!~".*"}', 'length{queue=~".*"}', QUEUES),
        (
            "promql/no-match",
            'length{queue="in"} / length{queue="out"}',
            'length{queue="in"} / ignoring (queue) length{queue="out"}',
            QUEUES,
        ),
        (
            "promql/no-match",
            "sum by (queue) (length) / sum(workers)",
            "sum by (queue) (length) / on () group_left () sum(workers)",
            QUEUES,
        ),
        (
            "promql/no-match",
            'sum by (pod, queue) (length{queue="in"}) and sum by (pod) (length)',
            'sum by (pod, queue) (length{queue="in"}) and on (pod) sum by (pod) (length)',
            QUEUES,
        ),
        (
            "promql/quantile",
            "histogram_quantile(0.5, sum(rate(seconds_bucket[5m])))",
            "histogram_quantile(0.5, sum by (le) (rate(seconds_bucket[5m])))",
            BUCKETS,
        ),
        ("promql/offset", "length offset -10m", "length offset 10m", {"length": "1+0x12"}),
    ],
)
def test_prometheus_has_no_result(code: str, wrong: str, right: str, series: dict[str, str], tmp_path: Path) -> None:
    """promtool evaluates both: the wrong one is empty, the right one is not, and lint tells one from the other."""
    assert code in _codes_of(wrong)
    assert code not in _codes_of(right)
    assert not _passes(f"count({right}) > 0", series, tmp_path), "the right one is empty too"
    assert _passes(wrong, series, tmp_path)


def _passes(expr: str, series: dict[str, str], folder: Path) -> bool:
    """Whether an expression is empty after ten minutes."""
    test = {
        "rule_files": [],
        "evaluation_interval": "1m",
        "tests": [
            {
                "interval": "1m",
                "input_series": [{"series": name, "values": values} for name, values in series.items()],
                "promql_expr_test": [{"expr": expr, "eval_time": "10m30s", "exp_samples": []}],
            }
        ],
    }
    file = folder / "empty.test.yml"
    file.write_text(yaml.safe_dump(test))
    return tools.prove_rules([file]).code == 0


def _spec(*exprs: str) -> str:
    """A spec with a service for each expression."""
    services = "".join(
        f"  s{n}:\n    records:\n      's:made{n}:now':\n        expr: {yaml.safe_dump(expr, width=10**6).splitlines()[0]}\n"
        for n, expr in enumerate(exprs)
    )
    head = "version: 1\nsystem: shop\nowner: shop\nprometheus:\n  scrape_interval: 30s\n"
    return f"{head}  scrape: {{slow: {{targets: ['a:1'], interval: 5m}}}}\nservices:\n{services}"


def _codes_of(*exprs: str) -> list[str]:
    return [d.code for d in plan_of(_spec(*exprs))[1]]


@pytest.mark.parametrize(
    ("sound", "wrong", "code"),
    [
        ('a{q="in"} / b{q="in"}', 'a{q="in"} / b{q="out"}', "promql/no-match"),
        ('a{q=~"in|out"}', 'a{q=~"in|"}', "promql/regexp"),
        ('a{q="in",q!="out"}', 'a{q="in",q!="in"}', "promql/contradiction"),
        ('a{q="in",q=~"i.*"}', 'a{q="in",q=~"o.*"}', "promql/contradiction"),
        ('rate(a_total{job="quick"}[5m])', 'rate(a_total{job="slow"}[5m])', "promql/rate-window"),
        (
            'histogram_quantile(0.9, sum by (le) (rate(a_bucket{q="x"}[5m])))',
            "quantile_over_time(90, a[5m])",
            "promql/quantile",
        ),
    ],
)
def test_expressions_of_one_shape_are_told_apart(sound: str, wrong: str, code: str) -> None:
    """Whichever comes first, and however often."""
    assert _codes_of(sound, sound) == []
    for exprs in ((sound, wrong, sound, wrong), (wrong, wrong, sound)):
        assert _codes_of(*exprs) == [code] * exprs.count(wrong)


@pytest.mark.parametrize("code", [code for code in promql.RULES if not code.startswith("dashboards/")])
def test_each_service_is_told(code: str) -> None:
    """What is read once for all services is told for each of them."""
    data = yaml.safe_load(whole(WRONG[code]))
    assert list(data["services"]) == ["api"]
    once = [d.code for d in plan_of(yaml.safe_dump(data))[1]].count(code)
    data["services"]["web"] = copy.deepcopy(data["services"]["api"])
    twice = [d.code for d in plan_of(yaml.safe_dump(data))[1]].count(code)
    assert (once, twice) == (1, 2)


def test_codes_for_peers_checks_exist() -> None:
    text = (ROOT / "docs" / "lint.md").read_text(encoding="utf-8")
    table = text.partition("## Coming from another linter")[2].partition("## All codes")[0]
    named = re.findall(r"`(\w+/[\w-]+)`", table)
    assert len(named) > 30
    assert sorted(set(named) - set(codes())) == []


def test_a_page_says_more_than_its_title() -> None:
    assert all(len(page(code).split("\n\n")) > 3 for code in RULES)
