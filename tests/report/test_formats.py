"""The formats that services read: SARIF, GitLab's code quality, JUnit and Markdown, as samples that stand beside this file.

With MONITORSPEC_UPDATE_CASES=1 the samples are written: read them before you commit them.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitorspec import __version__
from monitorspec.baseline import KNOWN
from monitorspec.compiler import compile_file
from monitorspec.diagnostics import Diagnostic, Edit, Fix, Position
from monitorspec.explain import codes
from monitorspec.report import FORMATS

HERE = Path(__file__).parent
UPDATE = os.environ.get("MONITORSPEC_UPDATE_CASES") == "1"
SARIF = jsonschema.Draft202012Validator(json.loads((HERE / "sarif.schema.json").read_text(encoding="utf-8")))
TEXTS = {
    "specs/shop.yaml": "version: 1\nroutes:\n  critical: {notify: [onkall]}  # `é` & <b>\n",
    "specs/clean.yaml": "version: 1\n",
}
FOUND = [
    Diagnostic(
        "area/error",
        "unknown receiver `onkall` & <b>",
        Position("specs/shop.yaml", 3, 22, 6),
        label="not declared under `receivers`",
        help=("did you mean `oncall`?", "one\ntwo"),
        effect="nobody is told",
        path=("routes", "critical", "notify", 0),
        fix=Fix("write `oncall`", (Edit("specs/shop.yaml", 3, 22, 3, 28, "oncall"),)),
    ),
    Diagnostic("area/fatal", "the file holds no spec", Position("specs/ü 1.yaml"), fatal=True),
    Diagnostic(
        "area/warning",
        'said "twice"',
        Position("specs/shop.yaml", 1, 1, 7),
        "warning",
        path=("version",),
        fix=Fix("remove it", (Edit("specs/shop.yaml", 1, 1, 2, 1, ""),)),
    ),
    Diagnostic(
        "area/note",
        "known",
        Position("specs/shop.yaml", 2, 1, 6),
        "note",
        ignored="the night shift starts in March",
        until="2027-03-01",
    ),
    Diagnostic("area/note", "known", Position("specs/shop.yaml", 3, 3, 8), "note", ignored=KNOWN),
]
SAMPLES = {
    "sarif": "json",
    "gitlab": "json",
    "junit": "xml",
    "markdown": "md",
    "json": "json",
    "github": "txt",
    "text": "txt",
}
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # files are named from the top of their project


@pytest.mark.parametrize("format_", list(FORMATS))
def test_sample(format_: str) -> None:
    file = HERE / "samples" / f"{format_}.{SAMPLES[format_]}"
    # A release is no reason to change a sample.
    report = FORMATS[format_](FOUND, TEXTS).replace(f'"{__version__}"', '"0.0.0"')
    if UPDATE:
        file.write_text(report, encoding="utf-8")
    assert report == file.read_text(encoding="utf-8")


@pytest.mark.parametrize("format_", list(FORMATS))
def test_a_report_of_nothing(format_: str) -> None:
    report = FORMATS[format_]([], {"specs/clean.yaml": ""})
    if format_ in ("text", "github", "markdown"):
        assert report == ""
    elif format_ == "gitlab":
        assert json.loads(report) == []
    elif format_ == "junit":
        (suite,) = ElementTree.fromstring(report)
        assert [len(case) for case in suite] == [0]
    else:
        assert isinstance(json.loads(report), dict)


# ---- SARIF


def sarif(*found: Diagnostic) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(FORMATS["sarif"](found, TEXTS))
    SARIF.validate(document)
    run: dict[str, Any] = document["runs"][0]
    return run


def test_sarif_holds_to_the_standard() -> None:
    run = sarif(*FOUND)
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert [rules[result["ruleIndex"]] for result in run["results"]] == [d.code for d in FOUND]
    assert len({result["partialFingerprints"]["monitorspec/v1"] for result in run["results"]}) == len(FOUND)
    assert [result.get("suppressions", [{}])[0].get("kind") for result in run["results"]] == [
        None,
        None,
        None,
        "inSource",
        "external",
    ]


def test_sarif_explains_every_code() -> None:
    found = [Diagnostic(code, "x", Position("a.yaml", 1, 1)) for code in codes()]
    rules = sarif(*found)["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == sorted(codes())
    for rule in rules:
        assert rule["shortDescription"]["text"] == codes()[rule["id"]]
        assert rule["help"]["text"].startswith(codes()[rule["id"]])


@given(TEXT, TEXT, TEXT)
@settings(max_examples=50, deadline=None)
def test_sarif_of_any_text(message: str, label: str, file: str) -> None:
    found = Diagnostic(
        f"x{message}", message, Position(f"x{file}".replace("\0", ""), 1, 1), label=label, path=(message,)
    )
    sarif(found)


def test_the_schema_would_notice_what_is_no_sarif() -> None:
    document = json.loads(FORMATS["sarif"](FOUND, TEXTS))
    document["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"] = 0
    assert not SARIF.is_valid(document)


# ---- GitLab


def test_gitlab_asks_for_these_keys() -> None:
    issues = json.loads(FORMATS["gitlab"](FOUND, TEXTS))
    assert [issue["severity"] for issue in issues] == ["major", "critical", "minor", "info", "info"]
    assert len({issue["fingerprint"] for issue in issues}) == len(FOUND)
    for issue in issues:
        assert set(issue) == {"description", "check_name", "fingerprint", "severity", "location"}
        assert issue["location"]["lines"]["begin"] >= 1
        assert not issue["location"]["path"].startswith(("/", "./"))


# ---- JUnit


def test_junit_counts_what_it_holds() -> None:
    root = ElementTree.fromstring(FORMATS["junit"](FOUND, TEXTS))
    assert [suite.get("name") for suite in root] == ["specs/shop.yaml", "specs/clean.yaml", "specs/ü 1.yaml"]
    for node in (root, *root):
        cases = node.findall(".//testcase")
        assert node.get("tests") == str(len(cases))
        assert node.get("failures") == str(sum(case.find("failure") is not None for case in cases))
        assert node.get("skipped") == str(sum(case.find("skipped") is not None for case in cases))
    assert root.get("failures") == "2"


@given(TEXT, TEXT)
@settings(max_examples=100, deadline=None)
def test_junit_is_xml_whatever_a_spec_holds(text: str, file: str) -> None:
    found = Diagnostic(text, text, Position(f"x{file}", 1, 1), label=text, help=(text,))
    root = ElementTree.fromstring(FORMATS["junit"]([found], {f"x{file}": text}))
    assert root.get("failures") == "1"


# ---- Markdown


def test_markdown_is_short_enough_for_a_comment_and_says_what_is_left_out() -> None:
    many = [FOUND[n % 3]._replace(message=f"finding {n} {'x' * 300}") for n in range(1000)]
    report = FORMATS["markdown"](many, TEXTS)
    assert len(report) < 65_536
    said = re.search(r"… and (\d+) errors?, (\d+) warnings? more", report)
    assert said
    assert report.count("\n- ") + int(said[1]) + int(said[2]) == 1000
    assert report.count("<details>") == report.count("</details>")


def test_markdown_of_a_spec_ends_no_fence() -> None:
    evil = Diagnostic("a/b", "x\n```\n# no heading", Position("s.yaml", 1, 1), help=("```\n</details>",))
    report = FORMATS["markdown"]([evil], {"s.yaml": "```` </details> <script>"})
    fences = [line.strip() for line in report.splitlines() if re.fullmatch(r"\s*`{3,}", line)]
    assert fences[0] == fences[-1]
    assert len(fences[0]) > 4
    assert "# no heading" not in [line.strip() for line in report.split(fences[0])[0].splitlines()]


# ---- GitHub


def test_github_tells_the_log_of_what_it_will_not_show() -> None:
    report = FORMATS["github"]([FOUND[0]] * 11, TEXTS)
    assert report.splitlines()[-1] == "11 errors; GitHub shows the first 10 of each"
    assert FORMATS["github"]([FOUND[0]] * 10, TEXTS).count("\n") == 10


# ---- fixes as data


def test_a_fix_is_told_to_programs() -> None:
    spec = Path("shop.monitorspec.yaml")
    spec.write_text(
        "version: 1\nsystem: shop\nowner: web\nservices: {api: {thresholds: {cpu: {expr: cpu, above: {warning: 1}}}}}\n"
        "ignore: {routes/nobody: {'*': {reason: gone}}}\n"
    )
    found = compile_file(spec).diagnostics
    (issue,) = json.loads(FORMATS["json"](found, {}))["diagnostics"]
    edit = {"file": str(spec), "line": 5, "column": 1, "end_line": 6, "end_column": 1, "text": ""}
    assert issue["fix"] == {"title": "remove it", "edits": [edit]}
    region = sarif(*found)["results"][0]["fixes"][0]["artifactChanges"][0]["replacements"][0]["deletedRegion"]
    assert region == {"startLine": 5, "startColumn": 1, "endLine": 6, "endColumn": 1}
