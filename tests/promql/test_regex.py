"""RE2 patterns: refusals, and matching where Python's own syntax says something else. promtool is the judge of both."""

from __future__ import annotations

import json
import re
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from monitorspec import tools
from monitorspec.promql.expression import quote
from monitorspec.promql.regex import Fault, Pattern, compiled
from tests.oracle.writer import Writer

VALID = [
    "", "a", "a|b", "(a|b)+", "a{2}", "a{2,}", "a{2,5}?", "a{,5}", "a{", "{", "}", "]", "a*", "[]a]", "[^]a]", "[a-z-]",
    "[[:alpha:]_]", "[\\d\\-]", "\\d\\D\\s\\S\\w\\W", "\\pL\\p{Greek}\\PN", "\\x41\\x{1F600}\\101\\0", "\\Qa.b\\E", "(?i)a",
    "(?i:a)b", "(?:a)", "(?P<n>a)", "(?P<n>a)(?P<n>b)", "(?s).", "(?-s).", "(?m)^a$", "\\Aa\\z", "\\ba\\b", "a.*b", ".+",
    "()", "(|a)", "a\\.b",
    "\\n\\t\\a", "[\\n-\\r]", "(?U)a+", "é+", "\\-", "a{1000}",
]  # fmt: skip
INVALID = [
    "(", ")", "a)", "(a", "[", "[a", "[z-a]", "*", "+a", "?", "a**", "a{2}{3}", "a+*", "(?=a)", "(?!a)", "(?<=a)", "(?<!a)",
    "(a)\\1", "\\Z", "\\", "a\\", "\\e", "\\y", "[[:nope:]]", "a{1001}", "a{5,2}", "(?P<>a)", "(?z)a",
    "\\x{110000}", "\\u0041", "(?#a)", "a|*", "(?P=n)", "\\xZZ",
]  # fmt: skip
PAIRS = [
    ("a", "a", True), ("a", "ab", False), ("a$", "a\n", False), ("\\d", "٣", False), ("\\w", "é", False), ("\\s", "\v", False),
    (".", "\n", False), ("(?s).", "\n", True), ("a{,5}", "aa", False), ("a{,5}", "a{,5}", True), ("(?i)Ab", "aB", True),
    ("(?i:a)b", "AB", False), ("(?i:a)b", "Ab", True), ("[^a]", "\n", True), ("[[:alpha:]]", "b", True), ("a|", "", True),
    ("\\Qa.b\\E", "a.b", True), ("\\Qa.b\\E", "axb", False), ("5..", "503", True), ("[&&]", "&", True), ("a(?i)b|c", "aB", True),
    ("x*", "", True), ("a(?i)b|c", "C", True), ("\\101", "A", True), ("[a\\-z]", "-", True), ("[a\\-z]", "b", False),
]  # fmt: skip


def _refused(promtool: Path, folder: Path, patterns: list[str]) -> set[str]:
    rules = [{"record": "r", "expr": f"x{{a=~{quote(pattern)}}}"} for pattern in patterns]
    (folder / "rules.json").write_text(
        json.dumps({"groups": [{"name": "g", "rules": rules}]}, ensure_ascii=False), "utf-8"
    )
    done = subprocess.run(
        [str(promtool), "check", "rules", "rules.json"], cwd=folder, capture_output=True, text=True, check=False
    )
    numbers = re.findall(r'group "g", rule (\d+), "r": could not parse', done.stdout + done.stderr)
    return {patterns[int(number) - 1] for number in numbers}


def test_promtool_refuses_the_same_patterns(promtool: Path, tmp_path: Path) -> None:
    patterns = [*VALID, *INVALID]
    ours = {pattern for pattern in patterns if isinstance(compiled(pattern), Fault)}
    assert ours == _refused(promtool, tmp_path, patterns)
    assert ours == set(INVALID)


def _proven(promtool: Path, folder: Path, tests: list[dict[str, Any]]) -> None:
    test = {"rule_files": [], "evaluation_interval": "1m", "group_eval_order": [], "tests": tests}
    (folder / "test.json").write_text(json.dumps(test, ensure_ascii=False), "utf-8")
    done = subprocess.run(
        [str(promtool), "test", "rules", "test.json"], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_promtool_matches_the_same_values(promtool: Path, tmp_path: Path) -> None:
    tests = [
        {
            "interval": "1m",
            "input_series": [{"series": f"x{{a={quote(value)}}}", "values": "1"}],
            "promql_expr_test": [
                {
                    "expr": f"sum(x{{a=~{quote(pattern)}}}) or vector(0)",
                    "eval_time": "0m",
                    "exp_samples": [{"labels": "{}", "value": int(matches)}],
                }
            ],
        }
        for pattern, value, matches in PAIRS
        # From 3.0 on, `.` matches a line break too (which no label of ours holds).
        if (pattern, value) != (".", "\n") or tools.version("promtool") < (3, 0)
    ]
    _proven(promtool, tmp_path, tests)


def test_promtool_reads_random_patterns_the_same(promtool: Path, tmp_path: Path) -> None:
    """Which ones it takes, which values match, and which groups label_replace finds."""
    writer = Writer(1)
    asked = {
        pattern: sample for pattern, sample in (writer.regex() for _ in range(250)) if (pattern + sample).isprintable()
    }
    refused = _refused(promtool, tmp_path, list(asked))
    tests = []
    for pattern, sample in asked.items():
        found = compiled(pattern)
        if isinstance(found, Fault):
            # Newer releases take `(?<name>…)`.
            assert pattern in refused or "older releases" in found.message, (pattern, found)
            continue
        assert pattern not in refused
        if found.matches("") is None:
            assert "\\p" in pattern.lower()
            continue
        values = dict.fromkeys((sample, "", sample.swapcase(), "abab", "a1", "Abc"))
        rows = [{"i": str(n)} | ({"a": value} if value else {}) for n, value in enumerate(values)]
        matching = [row for row in rows if found.matches(row.get("a", ""))]
        replaced = []
        for row in rows:
            new = found.replaced(row.get("a", ""), "<$1>")
            replaced.append(row if new is None else row | {"b": new})
        tests.append(
            {
                "interval": "1m",
                "input_series": [{"series": _series("x", row), "values": "1"} for row in rows],
                "promql_expr_test": [
                    {
                        "expr": expr,
                        "eval_time": "0m",
                        "exp_samples": [{"labels": _series(name, r), "value": 1} for r in out],
                    }
                    for expr, name, out in (
                        (f"x{{a=~{quote(pattern)}}}", "x", matching),
                        (f'label_replace(x, "b", "<$1>", "a", {quote(pattern)})', "x", replaced),
                    )
                ],
            }
        )
    assert len(tests) > 100
    _proven(promtool, tmp_path, tests)


def _series(name: str, labels: dict[str, str]) -> str:
    return f"{name}{{{', '.join(f'{label}={quote(value)}' for label, value in sorted(labels.items()))}}}"


@pytest.mark.parametrize(("pattern", "value", "matches"), PAIRS)
def test_matching(pattern: str, value: str, matches: bool) -> None:
    found = compiled(pattern)
    assert isinstance(found, Pattern)
    assert found.matches(value) is matches
    assert found.matches_empty is bool(found.matches(""))


@pytest.mark.parametrize(
    "pattern", ["5..|429", "api-[a-z]+", "a|b|c", "(?i)x{3}", ".*orders.*", "[^a-z]{2}", "svc-(.*)"]
)
def test_samples_match(pattern: str) -> None:
    found = compiled(pattern)
    assert isinstance(found, Pattern)
    assert found.samples
    assert all(re.fullmatch(pattern, sample) for sample in found.samples)


def test_every_alternative_is_sampled() -> None:
    found = compiled("cpu_percent|cpu_usage|load")
    assert isinstance(found, Pattern)
    assert {"cpu_percent", "cpu_usage", "load"} <= set(found.samples)


@pytest.mark.parametrize(
    ("marked", "said", "help"),
    [
        ("abc▸(d", "never closed", "[(]"), ("ab▸(?=c)", "lookaround", ""), ("a▸)b", "closes nothing", "[)]"),
        ("x▸[a", "never closed", "[[]"), ("▸*.example.com", "nothing to repeat", ".*"), ("a*▸*", "repeats a repetition", "group"),
        ("ab▸{3,2}", "backwards", "{2,3}"), ("a▸{1001}", "at most 1000", ""), (f"a▸{{{'9' * 5000}}}", "at most 1000", ""),
        ("(?:a{20})▸{51}", "within", ""), ("[a▸z-b]", "range `z-b`", "first or last"), ("[▸[:word_:]]", "[:word_:]", "`word`"),
        ("é▸\\Z", "no escape `\\Z`", "\\z"), ("(a)▸\\1", "backreferences", ""), ("(?P<a>x)▸(?P=a)", "backreferences", ""),
        ("a▸\\", "ends within an escape", "[\\\\]"), ("▸\\p{Nope}", "no class `\\p{Nope}`", "Greek"), ("▸\\Qa", "no end", "\\E"),
        ("▸(?<n>a)", "older releases", "(?P<"), ("▸\\x{110000}", "no character", "10FFFF"), ("▸(?#a)", "no group", "(?:"),
    ],
)  # fmt: skip
def test_a_fault_has_its_place(marked: str, said: str, help: str) -> None:
    found = compiled(marked.replace("▸", ""))
    assert isinstance(found, Fault)
    assert said in found.message
    assert help in found.help
    assert found.offset == marked.index("▸")
    assert found.offset + found.length <= len(marked) - 1


@pytest.mark.parametrize(
    ("pattern", "value", "replacement", "new"),
    [
        ("(.*):(.*)", "a:b:c", "$2-$1", "c-a:b"), ("(.*?):(.*)", "a:b:c", "$1", "a"), ("(?P<host>.+)-.*", "a-b", "${host}x", "ax"),
        ("(a)|(b)", "b", "$1$2", "b"), ("a", "b", "x", None), ("(a+)", "aa", "$1_x$$$3", "$"), ("(?U)(a+)(a*)", "aaa", "$1", "a"),
    ],
)  # fmt: skip
def test_what_label_replace_makes_of_it(pattern: str, value: str, replacement: str, new: str | None) -> None:
    found = compiled(pattern)
    assert isinstance(found, Pattern)
    assert found.replaced(value, replacement) == new


@pytest.mark.parametrize("pattern", ["(a|aa)+b", "(?:a+)+b", "(a*)*b", "((a|a)*)*(b)"])
def test_no_pattern_keeps_us_busy(pattern: str) -> None:
    found = compiled(pattern)
    assert isinstance(found, Pattern)
    start = time.process_time()
    assert found.matches("a" * 2_000) is False
    assert found.replaced("a" * 2_000, "$1") is None
    assert compiled("\\." * 100_000) is not None
    assert time.process_time() - start < 5
