"""`check` against promtool over a corpus, its places and hints, and what is read from valid expressions."""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitorspec.promql.expression import (
    check,
    has_comparison,
    metric_names,
    quote,
    selectors,
    value_type,
    with_matchers,
)
from monitorspec.promql.functions import FUNCTIONS, Version
from monitorspec.promql.tokens import Problem, unquote

HERE = Path(__file__).parent
# Verdicts that differ from promtool 2.42's, each with the reason.
DIFFERENCES = {
    "rate(x[5m x])": "2.42's lexer swallows a word after a range's duration",
    "(" * 200 + "x" + ")" * 200: "nesting is limited to 128",
    "+".join(["x"] * 300): "operators are limited to 256",
}


def _blocks(name: str) -> list[str]:
    """A corpus file's expressions; an indented line, or a lone ')', goes on with the one before."""
    text = "\n".join(line for line in (HERE / name).read_text("utf-8").splitlines() if not line.startswith("# "))
    return [block for block in re.split(r"\n(?![ )])", text) if block.strip()]


ACCEPTED = _blocks("accepted.txt")
REFUSED = [(*line.split(" | ", 1),) for line in _blocks("refused.txt")]
MARK = "▸"


def _promtool_refuses(promtool: Path, folder: Path, expressions: list[str]) -> dict[str, str]:
    """What promtool says of each expression it refuses, from one run over one rules file."""
    rules = [{"record": "r", "expr": expr} for expr in expressions]
    (folder / "rules.json").write_text(json.dumps({"groups": [{"name": "g", "rules": rules}]}), "utf-8")
    done = subprocess.run(
        [str(promtool), "check", "rules", "rules.json"], cwd=folder, capture_output=True, text=True, check=False
    )
    said = re.findall(r'group "g", rule (\d+), "r": could not parse expression: (.*)', done.stdout + done.stderr)
    return {expressions[int(number) - 1]: text for number, text in said}


def _version(promtool: Path) -> Version:
    shown = subprocess.run([str(promtool), "--version"], capture_output=True, text=True, check=True).stdout
    found = re.search(r"version (\d+)\.(\d+)", shown)
    assert found
    return int(found[1]), int(found[2])


def test_the_corpus_is_large_enough() -> None:
    assert len(ACCEPTED) >= 75
    assert len(REFUSED) >= 75


def test_promtool_gives_the_same_verdicts(promtool: Path, tmp_path: Path) -> None:
    version = _version(promtool)
    expressions = [*ACCEPTED, *(expr.replace(MARK, "") for _, expr in REFUSED)]
    refused = _promtool_refuses(promtool, tmp_path, expressions)
    assert {expr for expr in expressions if check(expr, version)} == set(refused)
    if version == (2, 42):
        assert set(refused) == {expr.replace(MARK, "") for _, expr in REFUSED}


def test_known_differences_are_still_differences(promtool: Path, tmp_path: Path) -> None:
    if _version(promtool) != (2, 42):
        pytest.skip("the list is of 2.42")
    refused = _promtool_refuses(promtool, tmp_path, list(DIFFERENCES))
    assert {expr for expr in DIFFERENCES if (expr in refused) == bool(check(expr))} == set()


def test_promtool_gives_the_same_verdicts_on_mangled_expressions(promtool: Path, tmp_path: Path) -> None:
    """Tokens dropped, doubled and swapped, so that the verdict does not rest on what the corpus foresaw."""
    chance = random.Random(20260101)
    pieces = [re.findall(r'"(?:[^"\\]|\\.)*"|\w+|\s+|.', expr) for expr in ACCEPTED if "\n" not in expr]
    everything = [piece for listed in pieces for piece in listed if piece.strip()]
    mangled: dict[str, None] = {}
    for _ in range(3000):
        tokens = list(chance.choice(pieces))
        for _ in range(chance.randint(1, 2)):
            at = chance.randrange(len(tokens) + 1)
            new = chance.choice([[], [" ", chance.choice(everything), " "]])
            tokens[at : at + chance.randint(0, 1)] = new
        if "".join(tokens).strip():
            mangled["".join(tokens)] = None
    # A word after a duration within brackets: listed above.
    expressions = [expr for expr in mangled if not re.search(r"\[[^\]:]*[a-z]\s+[^\]\s:]", expr)]
    refused = _promtool_refuses(promtool, tmp_path, expressions)
    version = _version(promtool)
    differing = {expr: refused.get(expr) for expr in expressions if bool(check(expr, version)) != (expr in refused)}
    assert differing == {}


@pytest.mark.parametrize(("said", "marked"), REFUSED, ids=[expr for _, expr in REFUSED])
def test_a_refusal_says_where_and_what(said: str, marked: str) -> None:
    problem = check(marked.replace(MARK, ""))
    assert problem is not None
    assert said in f"{problem.message}; {problem.hint}"
    assert problem.offset == marked.index(MARK)


@pytest.mark.parametrize(
    ("expr", "since"),
    [
        ("limitk(3, x)", (2, 54)),
        ("histogram_avg(x)", (2, 51)),
        ("x > 10m", (2, 54)),
        ("rate(x[300])", (2, 54)),
        ("x > 1_000", (2, 54)),
        ('{"x.y", "a.b"="c"}', (3, 0)),
        ('sum by ("a.b") (x)', (3, 0)),
        ("rate(x[5m + 1m])", (3, 14)),
        ("first_over_time(x[5m])", (3, 7)),
        ("clamp(x, 0, 1)", (2, 26)),
        ("absent_over_time(x[5m])", (2, 16)),
    ],
)
def test_a_release_has_what_its_changelog_says(expr: str, since: Version) -> None:
    before = (since[0], since[1] - 1) if since[1] else (2, 55)
    problem = check(expr, before, experimental=True)
    assert problem is not None
    assert f"{since[0]}.{since[1]}" in problem.message + problem.hint
    assert check(expr, since, experimental=True) is None


def test_a_removed_function_names_its_successor() -> None:
    problem = check("holt_winters(x[5m], 0.5, 0.5)", (3, 0))
    assert problem is not None
    assert "removed in Prometheus 3.0" in problem.message
    assert "double_exponential_smoothing" in problem.hint


def test_an_experimental_function_names_its_flag() -> None:
    problem = check("mad_over_time(x[5m])", (3, 0))
    assert problem is not None
    assert "promql-experimental-functions" in problem.hint
    assert check("mad_over_time(x[5m])", (3, 0), experimental=True) is None
    assert check("first_over_time(x[5m])", (3, 7)) is not None
    assert check("first_over_time(x[5m])", (3, 14)) is None


@pytest.mark.parametrize(
    "expr",
    [
        "(" * 20_000 + "x" + ")" * 20_000,
        "-" * 20_000 + "x",
        "x" + "+x" * 20_000,
        "x" + "^x" * 5_000,
        "sum(" * 5_000,
        "x{" + 'a="b",' * 100_000,
        "[" * 50_000,
        "x" * 100_000,
    ],
    ids=lambda expr: expr[:8],
)
def test_a_hostile_expression_is_refused_quickly(expr: str) -> None:
    started = time.perf_counter()
    assert isinstance(check(expr), Problem)
    assert time.perf_counter() - started < 1


@given(st.text(max_size=60))
def test_any_text_gets_a_verdict(text: str) -> None:
    found = check(text)
    assert found is None or found.offset is None or 0 <= found.offset <= len(text)


def test_a_verdict_does_not_leak_between_expressions_of_one_shape() -> None:
    assert check('x{a="b"}') is None
    assert check('x{a="\\d"}') is not None
    assert check('{a="b"}') is None
    assert check('{a=""}') is not None
    assert check('{a=~"b.+"}') is None
    assert check('{a=~"(b)?"}') is not None
    assert check('{a=~"b("}') is not None
    assert check('label_replace(x, "a=", "b=", \'c="\', "d")') is None


def test_ten_thousand_expressions_of_one_shape_take_no_time() -> None:
    expressions = [f'sum(rate(x_total{{job="j{i}",code=~"5.."}}[5m]))' for i in range(10_000)]
    started = time.perf_counter()
    assert not any(check(expr) for expr in expressions)
    # About 60 ms; without sharing verdicts it is more than ten times that.
    assert time.perf_counter() - started < 0.6


def test_selectors_are_read_in_order() -> None:
    first, second = selectors('rate(a{b!~"c|d",e="f"}[5m] offset 1h) / {__name__="g"}')
    assert (first.name, first.range_ms, first.offset_ms) == ("a", 300_000, 3_600_000)
    assert first.matchers == (("b", "!~", "c|d"), ("e", "=", "f"))
    assert (second.name, second.range_ms) == ("", None)
    assert metric_names('a + b + a + {__name__="c"} + {__name__=~"d"}') == ("a", "b", "c")


@pytest.mark.parametrize(
    ("kind", "expressions"),
    {
        "scalar": ["1 + 2", "time()", "scalar(x) + 1"],
        "vector": ["x", "1 + x", "(sum(x))"],
        "matrix": ["x[5m]", "x[1h:5m]"],
        "string": ['"s"'],
    }.items(),
)
def test_value_type(kind: str, expressions: list[str]) -> None:
    assert [value_type(expr) for expr in expressions] == [kind] * len(expressions)


@pytest.mark.parametrize(
    ("expr", "filters"),
    [
        *((expr, True) for expr in ("x > 5", "(x > 5)", "x > 5 and y", "x or y > 5")),
        *((expr, False) for expr in ("x > bool 5", "sum(x > 5)", "x", "x and y > 5", "x unless y > 5")),
    ],
)
def test_has_comparison(expr: str, filters: bool) -> None:
    assert has_comparison(expr) is filters


@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        ("x", 'x{job="a"}'),
        ("x{}", 'x{job="a"}'),
        ('x{ b="c", }', 'x{job="a", b="c", }'),
        ('x{job="a"}', 'x{job="a"}'),
        ('sum(rate(x[5m])) by (x) / {__name__="y"}', 'sum(rate(x{job="a"}[5m])) by (x) / {job="a",__name__="y"}'),
        ('x # x "x', 'x{job="a"} # x "x'),
        ('label_replace(x, "x", "x", "y", "x")', 'label_replace(x{job="a"}, "x", "x", "y", "x")'),
        ("sum(sum) + offset offset 5m", 'sum(sum{job="a"}) + offset{job="a"} offset 5m'),
    ],
)
def test_with_matchers_keeps_the_text(expr: str, expected: str) -> None:
    assert with_matchers(expr, {"job": "a"}) == expected
    assert check(expected) is None


@pytest.mark.parametrize("expr", [expr for expr in ACCEPTED if value_type(expr) in ("vector", "scalar")])
def test_with_matchers_reaches_every_selector_of_the_corpus(expr: str) -> None:
    changed = with_matchers(expr, {"zone": 'a"\\'})
    assert check(changed) is None
    assert len(selectors(changed)) == len(selectors(expr))
    assert all(("zone", "=", 'a"\\') in selector.matchers for selector in selectors(changed))


def _yaml(data: object) -> str:
    """JSON that is YAML as well, which has no surrogate pairs."""
    pair = r"\\u(d[89ab][0-9a-f]{2})\\u(d[c-f][0-9a-f]{2})"
    return re.sub(
        pair, lambda p: f"\\U{0x10000 + (int(p[1], 16) - 0xD800) * 1024 + int(p[2], 16) - 0xDC00:08x}", json.dumps(data)
    )


def test_quoted_strings_reach_prometheus_unchanged(promtool: Path, tmp_path: Path) -> None:
    """absent() hands the matcher's value on to the alert's label, where promtool compares it."""
    chance = random.Random(7)
    alphabet = "".join(map(chr, [*range(1, 128), 0x85, 0xA0, 0xE9, 0x2028, 0x4E2D, 0xFEFF, 0x1F600]))
    values = [*alphabet, "\\", '"', "'", "`", "a\\nb", "$1", "{{ x }}", "%s", "\\x41", "é\u0301"]
    values += ["".join(chance.choices(alphabet, k=12)) for _ in range(60)]
    rules = [{"alert": f"A{i}", "expr": f"absent(nothing{{v={quote(value)}}})"} for i, value in enumerate(values)]
    tests = [
        {"eval_time": "1m", "alertname": f"A{i}", "exp_alerts": [{"exp_labels": {"v": value}}]}
        for i, value in enumerate(values)
    ]
    (tmp_path / "rules.json").write_text(_yaml({"groups": [{"name": "g", "rules": rules}]}), "utf-8")
    test = {
        "rule_files": ["rules.json"],
        "evaluation_interval": "1m",
        "group_eval_order": ["g"],
        "tests": [{"interval": "1m", "input_series": [{"series": "x", "values": "1"}], "alert_rule_test": tests}],
    }
    (tmp_path / "test.json").write_text(_yaml(test), "utf-8")
    done = subprocess.run(
        [str(promtool), "test", "rules", "test.json"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@given(st.text())
def test_unquote_undoes_quote(value: str) -> None:
    assert unquote(quote(value)) == value


def test_the_function_table_covers_the_wheel() -> None:
    """Signatures agree with those the parser wheel has for the functions both know."""
    import promql_parser

    letters = {"Vector": "v", "Scalar": "s", "Matrix": "m", "String": "t"}
    samples = {"v": "x", "s": "1", "m": "x[5m]", "t": '"a"'}
    compared = 0
    for function in FUNCTIONS.values():
        call = f"{function.name}({', '.join(samples[letter] for letter in function.arguments)})"
        try:
            parsed = promql_parser.parse(call)
        except ValueError:
            continue
        if not isinstance(parsed, promql_parser.Call):
            continue
        theirs = parsed.func
        compared += 1
        types = "".join(letters[str(kind).split(".")[-1]] for kind in theirs.arg_types)
        assert types.startswith(function.arguments) or function.arguments.startswith(types), function.name
        assert letters[str(theirs.return_type).split(".")[-1]] == function.returns, function.name
    assert compared > 60


def test_the_wheel_is_not_loaded_with_the_module() -> None:
    code = "import sys, monitorspec.promql.expression; print('promql_parser' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@pytest.mark.parametrize(
    "expr",
    ["x[1e308]", "x[1e308*10]", "x[1e308*10-1e308*10]", "x[(-8)^0.5]", f"x[{'9' * 5000}m]", f"x offset {'9' * 5000}m",
     f"x > 0x{'f' * 2000}", f"x > {'9' * 5000}h", f"x @ {'9' * 5000}", "x[10000000000]"],
)  # fmt: skip
def test_numbers_beyond_all_bounds_are_refused(expr: str) -> None:
    problem = check(expr, (99, 0))
    assert problem is not None
    assert "out of range" in problem.message or "no value" in problem.message
    assert len(problem.message) < 100
