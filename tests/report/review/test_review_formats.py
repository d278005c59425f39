"""A review in every format: samples that stand beside this file, and texts of specs that try to break out of them.

With MONITORSPEC_UPDATE_CASES=1 the samples are written: read them before you commit them.
"""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import cmarkgfm
import jsonschema
import pytest
from cmarkgfm.cmark import Options
from hypothesis import given, settings
from hypothesis import strategies as st

from monitorspec import __version__
from monitorspec.acknowledgements import TICKED, read
from monitorspec.diagnostics import Position
from monitorspec.diff.change import At, Change
from monitorspec.diff.deploy import Effect
from monitorspec.report.review import FORMATS, render
from monitorspec.report.review.markdown import LIMIT, SUMMARY_LIMIT
from monitorspec.report.review.markdown import render as comment
from monitorspec.review import Pair, Review, SystemReview, Told, review

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
UPDATE = os.environ.get("MONITORSPEC_UPDATE_CASES") == "1"
SCHEMA = json.loads((ROOT / "schemas" / "monitorspec-diff.schema.json").read_text(encoding="utf-8"))
DOCUMENT = jsonschema.Draft202012Validator(SCHEMA)
SARIF = jsonschema.Draft202012Validator(json.loads((HERE.parent / "sarif.schema.json").read_text(encoding="utf-8")))
SAMPLES = {
    "text": "text.txt",
    "colour": "colour.txt",
    "verbose": "verbose.txt",
    "json": "json.json",
    "markdown": "markdown.md",
    "github": "github.txt",
    "sarif": "sarif.json",
    "gitlab": "gitlab.json",
    "junit": "junit.xml",
}


def sample(folder: Path) -> Review:
    """What the change from specs/before.yaml to specs/after.yaml does; one risky change of it is acknowledged."""
    old, new = Path("before/shop.monitorspec.yaml"), Path("specs/shop.monitorspec.yaml")
    for path, name in ((old, "before"), (new, "after")):
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_bytes((HERE / "specs" / f"{name}.yaml").read_bytes())
    pairs = [Pair(old, new, str(new))]
    found = review(pairs, "origin/main (0123456789ab)", "working tree")
    mark = next(t.fingerprint for t in found.told if t.change.code == "detection/narrower")
    return review(pairs, found.before, found.after, acknowledged={mark: "/tmp is emptied at night"})


@pytest.fixture
def found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Review:
    monkeypatch.chdir(tmp_path)  # files are named from the top of their project
    return sample(tmp_path)


@pytest.mark.parametrize("name", SAMPLES)
def test_sample(found: Review, name: str) -> None:
    format_ = name if name in FORMATS else "text"
    report = render(found, format_, color=name == "colour", verbose=name == "verbose")
    # A release is no reason to change a sample.
    report = report.replace(f'"{__version__}"', '"0.0.0"')
    file = HERE / "samples" / SAMPLES[name]
    if UPDATE:
        file.write_text(report, encoding="utf-8")
    assert report == file.read_text(encoding="utf-8")


def test_there_is_a_sample_of_every_format() -> None:
    assert set(FORMATS) <= set(SAMPLES)


@pytest.mark.parametrize("format_", FORMATS)
def test_a_review_of_nothing(format_: str) -> None:
    report = render(Review("a", "b", (), (), {}), format_)
    if format_ in ("text", "markdown"):
        assert "no changes" in report
    elif format_ == "github":
        assert report == ""
    elif format_ == "junit":
        assert ElementTree.fromstring(report).get("failures") == "0"
    else:
        json.loads(report)


def test_a_spec_that_cannot_be_compared_is_not_said_to_be_unchanged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("old.yaml").write_text("version: 1\n")
    Path("new.yaml").write_bytes((HERE / "specs" / "after.yaml").read_bytes())
    found = review([Pair(Path("old.yaml"), Path("new.yaml"), "new.yaml")], "old", "new")
    for format_ in ("text", "markdown"):
        assert "no changes" not in render(found, format_)
        assert "1 spec not compared" in render(found, format_)
    DOCUMENT.validate(json.loads(render(found, "json")))


# ---- JSON


def test_json_holds_to_its_schema(found: Review) -> None:
    document = json.loads(render(found, "json"))
    DOCUMENT.validate(document)
    summary = document["summary"]
    changes = document["systems"][0]["changes"]
    loud = [c for c in changes if c["level"] != "cosmetic"]
    signs = Counter(c["sign"] for c in loud)
    assert [summary[k] for k in ("added", "changed", "replaced", "removed")] == [
        signs[s] for s in ("+", "~", "-/+", "-")
    ]
    assert summary["acknowledged"] == 1
    assert summary["risky"] == sum(c["level"] == "risky" and not c["acknowledged"] for c in changes)


def test_the_schema_says_what_every_field_is_and_knows_no_others(found: Review) -> None:
    records = [SCHEMA, *SCHEMA["$defs"].values()]
    for record in records:
        assert record["additionalProperties"] is False
        assert set(record["required"]) == set(record["properties"])
        assert all("$ref" in field or field["description"] for field in record["properties"].values())
    document = json.loads(render(found, "json"))
    document["systems"][0]["changes"][0]["more"] = 1
    assert not DOCUMENT.is_valid(document)


# ---- SARIF, GitLab, JUnit, GitHub


def looked_at(found: Review) -> Counter[str]:
    """Codes of changes that somebody has to look at, as lines that fold the same change of many things."""
    lines = {
        (t.change.code, t.change.sign, t.change.text, t.change.details, t.only)
        for t in found.told
        if t.level != "cosmetic" and not t.acknowledged
    }
    return Counter(code for code, *_ in lines)


def test_every_format_for_findings_tells_all_that_somebody_has_to_look_at(found: Review) -> None:
    wanted = looked_at(found)
    run = json.loads(render(found, "sarif"))
    SARIF.validate(run)
    results = run["runs"][0]["results"]
    assert Counter(result["ruleId"] for result in results) == wanted
    assert all(r["help"]["text"].strip() for r in run["runs"][0]["tool"]["driver"]["rules"])
    marks = [result["partialFingerprints"]["monitorspec/v1"] for result in results]
    assert len(set(marks)) == len(marks)
    issues = json.loads(render(found, "gitlab"))
    assert Counter(issue["check_name"] for issue in issues) == wanted
    assert {issue["location"]["path"] for issue in issues} == {"specs/shop.monitorspec.yaml"}
    titles = re.findall(r"(?m)^::(?:warning|notice) .*?title=([a-z/-]+)::", render(found, "github"))
    assert Counter(titles) == wanted
    # Who gets paged is among the first, which are all that GitHub shows.
    assert titles[0].startswith("paging/")
    root = ElementTree.fromstring(render(found, "junit"))
    assert len(root.findall(".//testcase")) >= sum(wanted.values())


# ---- Markdown


def html(text: str) -> str:
    """What GitHub's own renderer makes of a comment, raw HTML included."""
    made: str = cmarkgfm.github_flavored_markdown_to_html(text, options=Options.CMARK_OPT_UNSAFE)
    return made


class Tags(HTMLParser):
    """The tags and comments of a page, its text, and whether they are balanced."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.comments: list[str] = []
        self.text = ""
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert {name for name, _ in attrs} <= {"type", "checked", "disabled", "lang", "class"}, (tag, attrs)
        self.tags[tag] += 1
        self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open, tag
        assert self.open.pop() == tag

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)

    def handle_data(self, data: str) -> None:
        if "code" not in self.open:
            self.text += data


def parsed(text: str) -> Tags:
    page = Tags()
    page.feed(html(text))
    page.close()
    assert page.open == []
    return page


OURS = {"h3", "h4", "p", "strong", "em", "ul", "li", "input", "code", "pre", "details", "summary"}


def test_a_comment_is_ticked_and_read(found: Review) -> None:
    text = comment(found)
    boxes = re.findall(r"(?m)^- \[( |x)\] ((?:<!-- acknowledge:[0-9a-f]{12} -->)+)", text)
    risky = {t.fingerprint for t in found.told if t.level == "risky"}
    assert set(re.findall("[0-9a-f]{12}", "".join(marks for _, marks in boxes))) == risky
    assert [box for box, _ in boxes].count("x") == 1
    # As GitHub gives it back once somebody ticked all.
    ticked = text.replace("- [ ] <!--", "- [x] <!--").replace("\n", "\r\n")
    assert read(ticked) == dict.fromkeys(risky, TICKED)


def many(number: int) -> Review:
    told = [
        Told(
            Change(
                "detection/removed",
                "risky" if n % 2 else "notable",
                "-",
                f"s.t{n}",
                f"gone: {n}",
                At(()),
                details=("- `x` " + "y" * (n % 90), "+ ``` z"),
            ),
            f"{n:012x}",
            (),
            Position("specs/a.yaml", 1, 1),
        )
        for n in range(number)
    ]
    told += [
        Told(
            Change("cosmetic/text", "cosmetic", "~", f"s.c{n}", f"text {n}", At(())),
            f"{n:012x}",
            (),
            Position("a", 1, 1),
        )
        for n in range(number)
    ]
    effects = (Effect("Prometheus", "reload", tuple(f"rules/{n}.yml" for n in range(number))),)
    return Review("a", "b", (SystemReview("s", "specs/a.yaml", tuple(told), effects),), (), {})


@pytest.mark.parametrize("number", [2, 700, 2000])
def test_a_comment_is_short_enough_and_says_where_it_is_cut(number: int) -> None:
    found = many(number)
    text = comment(found)
    assert len(text) <= LIMIT
    page = parsed(text)
    assert set(page.tags) <= OURS
    assert page.tags["details"] == page.tags["summary"]
    shown = len(set(re.findall(r"s\.[tc]\d+", text)))
    if number == 2:
        assert "Cut here" not in text
        assert shown == 4
        return
    said = re.search(r"\*\*Cut here: about (\d+) more changes\.\*\*", text)
    assert said
    assert abs(2 * number + 1 - shown - int(said[1])) <= 2
    assert "Cut here" not in text.rsplit("</details>", 1)[0] or "</details>" not in text
    # What was ticked in what is shown is still read, and the whole report has all.
    marks = re.findall("acknowledge:([0-9a-f]{12})", text)
    assert set(read(text.replace("- [ ]", "- [x]"))) == set(marks)
    if number == 700:
        whole = comment(found, SUMMARY_LIMIT)
        assert len(set(re.findall(r"s\.[tc]\d+", whole))) == 2 * number


@pytest.mark.parametrize("limit", range(700, 2600, 37))
def test_wherever_it_is_cut_everything_is_closed(limit: int) -> None:
    page = parsed(comment(many(6), limit))
    assert set(page.tags) <= OURS
    assert page.text.rstrip().endswith("monitorspec diff") is False
    assert page.tags["details"] == page.tags["summary"]


# ---- texts of specs that try to break out

EVIL = (
    "# heading",
    "a\n\n# heading\n",
    "</details><script>alert(1)</script>",
    "<!-- acknowledge:aaaaaaaaaaaa -->",
    "- [x] <!-- acknowledge:aaaaaaaaaaaa -->",
    "x\n- [x] <!-- acknowledge:aaaaaaaaaaaa --> y",
    "aaaaaaaaaaaa because",
    "x\naaaaaaaaaaaa because",
    "@everyone see #1, GH-2 and !3",
    "`` ` ```",
    "```\n</details>",
    "~~~\nx",
    "![x](https://evil.example/x.png)",
    "[x](javascript:alert(1)) <https://evil.example> https://evil.example www.evil.example me@evil.example",
    "| a | b |\n| - | - |",
    "**b** _i_ ~~s~~ \\",
    "::error file=x::y",
    "x\r\n::set-env name=A::b",
    "\x1b[31mred\x1b]0;title\x07\x9b1m",
    "\u202eevil\u2066",
    "&lt;b&gt; &#60;i&#62;",
    "]]></failure><x/>",
    "1. one\n2. two",
    "\t\tcode",
    "",
)


def hostile(text: str) -> Review:
    """A review that has some text in every place to which a text of a spec may come."""
    told = []
    for level, sign in (("risky", "~"), ("notable", "+"), ("cosmetic", "-")):
        said = f"says {text}"
        details = (text, f"- {text}", f"+ {text}")
        change = Change("detection/signal", level, sign, f"s{text}", said, At(()), text, text, details)  # type: ignore[arg-type]
        told.append(Told(change, "0" * 12, (f"e{text}",), Position(f"specs/{text}.yaml", 1, 1), f"{text} so"))
        told.append(Told(change, "1" * 12, (), Position("specs/a.yaml", 1, 1), ""))
    effects = (Effect("CloudFormation", "replace", (text,), (text,)),)
    return Review("main", "tree", (SystemReview(text, "a.yaml", tuple(told), effects),), (), {})


def check(text: str) -> None:
    found, plain = hostile(text), hostile("plain")
    # A terminal gets lines, and no commands.
    for color in (False, True):
        report = render(found, "text", color, verbose=True)
        assert not re.search(
            r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]", re.sub(r"\x1b\[[\d;]*m", "", report)
        )
        if not color:
            assert "\x1b" not in report
    DOCUMENT.validate(json.loads(render(found, "json")))
    SARIF.validate(json.loads(render(found, "sarif")))
    json.loads(render(found, "gitlab"))
    ElementTree.fromstring(render(found, "junit"))
    for line in render(found, "github").rstrip("\n").split("\n"):
        assert re.match(r"::(warning|notice) file=|\d+ (warning|note)s?", line), line
    assert "\r" not in render(found, "github")
    # A comment has the same form whatever a spec says.
    report = comment(found)
    page, usual = parsed(report), parsed(comment(plain))
    assert set(page.tags) <= OURS
    for tag in ("h3", "h4", "input", "pre", "details", "summary"):
        assert page.tags[tag] == usual.tags[tag], tag
    assert page.comments == usual.comments
    assert not re.search(r"@\w|[#!]\d|\bGH-\d|://|www\.", page.text)
    assert "aaaaaaaaaaaa" not in read(report)
    assert "aaaaaaaaaaaa" not in read(report.replace("- [ ]", "- [x]"))


@pytest.mark.parametrize("text", EVIL)
def test_no_text_breaks_out(text: str) -> None:
    check(text)


@given(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
    | st.lists(st.sampled_from(EVIL), max_size=3).map("".join)
)
@settings(max_examples=60, deadline=None)
def test_no_text_at_all_breaks_out(text: str) -> None:
    check(text)


def test_acknowledgements_are_a_line_each() -> None:
    text = "# decided\naaaaaaaaaaaa\nbbbbbbbbbbbb the queue is longer # since May\r\ncccccccccccc\r\n"
    assert read(text) == {
        "aaaaaaaaaaaa": "no reason given",
        "bbbbbbbbbbbb": "the queue is longer",
        "cccccccccccc": "no reason given",
    }
