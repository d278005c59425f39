"""promtool as an eye: test files that ask which alerts are active, and what promtool answers.

In: questions (an expression at a time) about rules that some series drive. Out: the samples of every answer.

promtool only tells of a test what it got when that was not expected. So every question expects nothing, and adds a sample
of its own to what it asks for: it always fails, its answer can be told from all others whatever else is printed, and rules
that were not loaded cannot pass for silent ones. Held on promtool 2.42 and 3.x.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from monitorspec import tools
from monitorspec.spec.units import duration_text
from monitorspec.yamltext import dump

PROBE = "monitorspec_probe"
ACTIVE = "ALERTS or ALERTS_FOR_STATE"
"""Every pending or firing alert, and since when its condition holds."""

# Rules are written to a folder that means nothing to anybody.
_FOLDER = re.compile(r"/\S*/(?=prometheus/[^/]+\.rules\.yml)")
_LINES, _LONGEST = 3, 300

_PAIR = r'(?:[^\s{}=",]+|"(?:\\.|[^"\\])*")\s*=\s*"(?:\\.|[^"\\])*"'
_SAMPLE = re.compile(rf"(?P<name>[A-Za-z_:][\w:]*)?\{{(?P<labels>(?:{_PAIR}(?:,\s*)?)*)\}}\s+(?P<value>[^\s,]+)")
_LABEL = re.compile(r'([^\s{}=",]+|"(?:\\.|[^"\\])*")\s*=\s*("(?:\\.|[^"\\])*")')


class Question(NamedTuple):
    """What `expr` is at `at` ms."""

    number: int
    at: int
    expr: str


class Group(NamedTuple):
    """Series with their samples, one each `interval` ms, and what is asked of them."""

    name: str
    interval: int
    series: tuple[tuple[str, str], ...]
    questions: tuple[Question, ...]


class Sample(NamedTuple):
    """One series of an answer; `labels` has `__name__` where it has a name."""

    labels: Mapping[str, str]
    value: float


def text(rule_files: Sequence[str], order: Sequence[str], step: int, groups: Sequence[Group]) -> str:
    """A test file; rules are evaluated every `step` ms, their groups in `order`."""
    return dump(
        {
            "rule_files": list(rule_files),
            "evaluation_interval": duration_text(step),
            "group_eval_order": list(order),
            "tests": [
                {
                    "name": group.name,
                    "interval": duration_text(group.interval),
                    "input_series": [{"series": series, "values": values} for series, values in group.series],
                    "promql_expr_test": [
                        {
                            "expr": f"{q.expr} or {_marked(q.number)}",
                            "eval_time": duration_text(q.at),
                            "exp_samples": [],
                        }
                        for q in group.questions
                    ],
                }
                for group in groups
            ],
        },
        "Asks which alerts are active.",
    )


def answers(output: str) -> dict[int, list[Sample]]:
    """The answer to each question that was answered, by its number."""
    out: dict[int, list[Sample]] = {}
    for line in output.splitlines():
        if PROBE not in line or not line.lstrip().startswith("got:"):
            continue
        found = samples(line)
        number = next((s.labels[PROBE] for s in found if PROBE in s.labels), None)
        if number is not None:
            out[int(number)] = [s for s in found if PROBE not in s.labels]
    return out


def samples(text: str) -> list[Sample]:
    """The samples in a text of promtool's."""
    return [_sample(m) for m in _SAMPLE.finditer(text)]


def said(output: str) -> list[str]:
    """What promtool says where it gives no answers: rules that cannot be loaded or evaluated, in its own words."""
    lines = (_FOLDER.sub("", line.strip()) for line in tools.TESTED.sub("", output).splitlines())
    told = [line for line in lines if line and line not in ("FAILED:", "SUCCESS")]
    # A label that is read twice fails at every evaluation.
    return [line[:_LONGEST] for line in dict.fromkeys(told) if PROBE not in line][:_LINES] or ["nothing"]


def _marked(number: int) -> str:
    return f'label_replace(vector(0), "{PROBE}", "{number}", "", "")'


def _sample(m: re.Match[str]) -> Sample:
    labels = {_unquoted(name): _unquoted(value) for name, value in _LABEL.findall(m["labels"])}
    if m["name"]:
        labels["__name__"] = m["name"]
    return Sample(labels, float(m["value"]))


def _unquoted(text: str) -> str:
    """The text that Go quoted; its escapes are Python's."""
    return str(ast.literal_eval(text)) if text.startswith('"') else text
