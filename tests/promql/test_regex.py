"""RE2 patterns: refusals, and matching where Python's own syntax says something else. promtool is the judge of both."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from monitorspec import tools
from monitorspec.promql.expression import quote
from monitorspec.promql.regex import Fault, Pattern, compiled

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
    (folder / "rules.json").write_text(json.dumps({"groups": [{"name": "g", "rules": rules}]}), "utf-8")
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
    test = {"rule_files": [], "evaluation_interval": "1m", "group_eval_order": [], "tests": tests}
    (tmp_path / "test.json").write_text(json.dumps(test), "utf-8")
    done = subprocess.run(
        [str(promtool), "test", "rules", "test.json"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


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


def test_a_fault_has_its_place() -> None:
    assert compiled("abc(d") == Fault("this '(' is never closed", 3)
    found = compiled("ab(?=c)")
    assert isinstance(found, Fault)
    assert (found.offset, "lookaround" in found.message) == (2, True)
