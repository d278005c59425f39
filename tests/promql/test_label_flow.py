"""Inferred labels against Prometheus: random expressions over random series, evaluated by promtool.

Every label of a result must be one that it can carry, and every label that is said to be there must be on all of it. Half of
the expressions read series that recording rules of the same file write. The long run: `make test-labels`.
"""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from monitorspec.promql.expression import check
from monitorspec.promql.labels import Known, Recorded, output_labels
from monitorspec.promql.tokens import quote

CASES = int(os.environ.get("MONITORSPEC_CASES", "400"))
BATCH = 500
LABELS = ("a", "b", "c", "d")
VALUES = ("1", "2", "3")


class World(NamedTuple):
    """Series to read, rules that record more of them, expressions to evaluate."""

    series: dict[str, str]
    records: list[tuple[str, str, dict[str, str]]]
    exprs: list[str]


class Writer:
    """Writes random expressions; everything comes from one seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.metrics = ["m", "n", "o"]

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def some(self, least: int = 0, most: int = 3) -> list[str]:
        return self.random.sample(LABELS, self.random.randint(least, most))

    def label(self) -> str:
        return self.random.choice((*LABELS, "z"))

    def matcher(self) -> str:
        op = self.random.choice(("=", "=", "!=", "=~", "!~"))
        value = self.random.choice(("1", "2", "3", "", "1|2", ".*", ".+") if "~" in op else ("1", "2", ""))
        return f"{self.label()}{op}{quote(value)}"

    def selector(self) -> str:
        matchers = [self.matcher() for _ in range(self.random.choice((0, 0, 1, 1, 2)))]
        metric = self.random.choice(self.metrics)
        if self.chance(0.1):
            return "{" + ",".join([f'__name__=~"{metric}|x"', *matchers]) + "}"
        return metric + ("{" + ",".join(matchers) + "}" if matchers else "")

    def range(self, depth: int) -> str:
        return f"{self.selector()}[3m]" if self.chance(0.7) else f"({self.vector(depth - 1)})[3m:1m]"

    def grouping(self) -> str:
        word = self.random.choice(("by", "without", ""))
        return f" {word} ({', '.join(self.some())}) " if word else ""

    def vector(self, depth: int) -> str:
        if depth <= 0:
            return self.selector()
        write: Callable[[int], str] = getattr(self, "_" + self.random.choice(_KINDS))
        return write(depth - 1)

    def _plain(self, _: int) -> str:
        return self.selector()

    def _aggregate(self, depth: int) -> str:
        op = self.random.choice(("sum", "avg", "max", "count", "group", "stddev"))
        return f"{op}{self.grouping()}({self.vector(depth)})"

    def _parametric(self, depth: int) -> str:
        op = self.random.choice(("topk(2, ", "bottomk(1, ", "quantile(0.5, ", f"count_values({quote(self.label())}, "))
        name, _, rest = op.partition("(")
        return f"{name}{self.grouping()}({rest}{self.vector(depth)})"

    def _over_time(self, depth: int) -> str:
        function = self.random.choice(
            ("rate", "max_over_time", "last_over_time", "count_over_time", "delta", "absent_over_time")
        )
        return f"{function}({self.range(depth)})"

    def _function(self, depth: int) -> str:
        function = self.random.choice(("abs", "-", "+", "sort", "timestamp", "absent", "ceil", "sgn", "(", "hour"))
        return f"{function}{'' if function == '(' else '('}{self.vector(depth)})"

    def _clamp(self, depth: int) -> str:
        return f"clamp_max({self.vector(depth)}, scalar({self.vector(depth - 1)}))"

    def _constant(self, _: int) -> str:
        return self.random.choice(("vector(1)", "vector(time())", "hour()"))

    def _quantile(self, depth: int) -> str:
        inner = "h_bucket" if self.chance(0.5) else f"sum by (le, {', '.join(self.some(1))}) (h_bucket)"
        return f"histogram_quantile(0.9, {inner if self.chance(0.8) else self.vector(depth)})"

    def _replace(self, depth: int) -> str:
        replacement = self.random.choice(("$1", "x$1", "x", "", "${1}", "$1$2", "$$1"))
        pattern = self.random.choice(("(.*)", "(.+)", ".*", "", "1", "(1)(.*)", "(2|)"))
        source = self.random.choice((*LABELS, "z", ""))
        return (
            f"label_replace({self.vector(depth)}, {quote(self.label())}, {quote(replacement)}, {quote(source)}, "
            f"{quote(pattern)})"
        )

    def _join(self, depth: int) -> str:
        sources = "".join(f", {quote(label)}" for label in self.some())
        return (
            f"label_join({self.vector(depth)}, {quote(self.label())}, {quote(self.random.choice(('', '-')))}{sources})"
        )

    def _scalar(self, depth: int) -> str:
        op = self.random.choice(("+", "*", ">", "== bool", "<=", "!= bool"))
        sides = [self.vector(depth), self.random.choice(("1", "0", f"scalar({self.vector(depth - 1)})"))]
        self.random.shuffle(sides)
        return f"({sides[0]}) {op} ({sides[1]})"

    def _sets(self, depth: int) -> str:
        matching = f" {self.random.choice(('on', 'ignoring'))} ({', '.join(self.some())})" if self.chance(0.6) else ""
        return f"({self.vector(depth)}) {self.random.choice(('and', 'or', 'unless'))}{matching} ({self.vector(depth)})"

    def _arithmetic(self, depth: int) -> str:
        op = self.random.choice(("+", "*", "/", ">", "< bool", "==", "!="))
        if self.chance(0.3):
            return f"({self.vector(depth)}) {op} ({self.vector(depth)})"
        # One side has to be without duplicates in what is matched: most of the time it is, after an aggregation.
        keys = self.some(0, 2)
        matched = f"on ({', '.join(keys)})"
        if self.chance(0.5):
            matched = f"ignoring ({', '.join(label for label in LABELS if label not in keys)})"
        group = self.random.choice(("", "group_left", "group_right"))
        included = [] if self.chance(0.4) else [label for label in self.some(1, 2) if label not in keys]
        one = f"max by ({', '.join(dict.fromkeys((*keys, *included)))}) ({self.vector(depth)})"
        if "ignoring" in matched and included:
            matched = f"on ({', '.join(keys)})"
        many = self.vector(depth) if group else f"max by ({', '.join(keys)}) ({self.vector(depth)})"
        if not group and self.chance(0.3):
            many = self.selector()
        over = f" {group} ({', '.join(included)})" if group else ""
        left, right = (one, many) if group == "group_right" else (many, one)
        return f"({left}) {op} {matched}{over} ({right})"


_KINDS = (
    *("plain", "aggregate", "aggregate", "parametric", "over_time", "function", "clamp", "constant", "quantile"),
    *("replace", "replace", "join", "scalar", "sets", "sets", "arithmetic", "arithmetic"),
)


def world(seed: int, count: int) -> World:
    writer = Writer(seed)
    series = {}
    for metric in ("m", "n", "o"):
        for _ in range(writer.random.randint(2, 5)):
            labels = {label: writer.random.choice(VALUES) for label in LABELS if writer.chance(0.6)}
            text = ",".join(f'{k}="{v}"' for k, v in labels.items())
            series[f"{metric}{{{text}}}"] = f"{writer.random.randint(0, 3)}+{writer.random.randint(0, 2)}x10"
    for bound in ("1", "2", "+Inf"):
        series[f'h_bucket{{a="1",b="2",le="{bound}"}}'] = f"0+{len(bound)}x10"
    records: list[tuple[str, str, dict[str, str]]] = []
    for name in ("r:one", "r:two", "r:two", "r:three"):
        # A rule must not write one series twice, nor fail: what tells its series apart is left alone by its own labels.
        labels = {label: writer.random.choice((*VALUES, "")) for label in LABELS if writer.chance(0.3)}
        if name == "r:two":
            labels["d"] = str(1 + len(records))
        kept = [label for label in writer.some() if label not in labels]
        grouping = f"by ({', '.join(kept)})" if writer.chance(0.6) else f"without ({', '.join(labels)})"
        inner = writer.selector() if writer.chance(0.5) else f"({writer.selector()} or rate({writer.selector()}[3m]))"
        records.append((name, f"max {grouping} ({inner})", labels))
    writer.metrics += ["r:one", "r:two", "r:three"]
    exprs: list[str] = []
    while len(exprs) < count:
        expr = writer.vector(3)
        if check(expr) is None:
            exprs.append(expr)
    return World(series, [r for r in records if check(r[1]) is None], exprs)


def known(records: Sequence[tuple[str, str, dict[str, str]]]) -> Known:
    found: dict[str, list[Recorded]] = {}
    for name, expr, labels in records:
        found.setdefault(name, []).append(Recorded.of(name, output_labels(expr), labels))
    return lambda name: found.get(name, ())


def evaluated(promtool: Path, folder: Path, made: World) -> Iterator[tuple[str, list[set[str]]]]:
    """Each expression with the label names of its results, as promtool evaluates it; those that fail are left out."""
    rules = [{"record": name, "expr": expr, "labels": labels} for name, expr, labels in made.records]
    (folder / "rules.yml").write_text(json.dumps({"groups": [{"name": "g", "interval": "1m", "rules": rules}]}))
    tests = [{"expr": expr, "eval_time": "5m", "exp_samples": []} for expr in made.exprs]
    input_series = [{"series": series, "values": values} for series, values in made.series.items()]
    content = {
        "rule_files": ["rules.yml"],
        "evaluation_interval": "1m",
        "tests": [{"interval": "1m", "input_series": input_series, "promql_expr_test": tests}],
    }
    (folder / "test.yml").write_text(json.dumps(content))
    done = subprocess.run([promtool, "test", "rules", folder / "test.yml"], capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    found = re.findall(r'expr: ("(?:\\.|[^"\\])*"), time: 5m,\s+exp: ?\S*\s+got: ?(.*)', said)
    assert found, said
    for text, got in found:
        yield json.loads(text), [set(re.findall(r'(\w+)="', labels)) for labels in re.findall(r"\{([^}]*)\}", got)]


@pytest.mark.parametrize("start", range(0, CASES, BATCH))
def test_what_prometheus_returns(promtool: Path, tmp_path: Path, start: int) -> None:
    made = world(start, min(BATCH, CASES - start))
    recorded = known(made.records)
    wrong, with_results, sharp = [], 0, 0
    for expr, results in evaluated(promtool, tmp_path, made):
        labels = output_labels(expr, recorded)
        with_results += bool(results)
        sharp += labels.possible is not None or bool(labels.dropped)
        for got in results:
            if any(not labels.can_carry(label) for label in got) or not labels.present <= got:
                wrong.append((expr, sorted(got), labels))
    assert not wrong, "\n".join(f"{expr}\n  has {got}\n  said {labels}" for expr, got, labels in wrong[:5])
    # Most expressions say something, and of most something is known: otherwise nothing was compared.
    assert with_results > len(made.exprs) // 3
    assert sharp > len(made.exprs) // 3
