"""`lint --fix`: what is certain is put right, and nothing else changes, byte for byte."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from monitorspec import source
from monitorspec.cli import group
from monitorspec.compiler import compile_everywhere
from monitorspec.diagnostics import Diagnostic, Position
from monitorspec.fixes import certain, listed, quoted, rewritten, scalar
from monitorspec.repair import edited
from monitorspec.source.cut import cut
from monitorspec.source.positions import Text

CASES = Path(__file__).parent / "cases"
DAY = "2026-11-26"

SPEC = """\
# the shop
version: 1
system: shop   # of three
owner: payments
services:
  api:
    labels: {canary: true, country: NO}  # both are texts
    thresholds:
      cpu:

        expr: >-
          avg(cpu_ratio)
        abov: {critical: 95%}
receivers: {chat: {webhook: {url: 'http://chat.example'}}}
routes:
  default: {notify: [chta, 'chat']}
"""
RIGHT = (
    SPEC.replace("canary: true", 'canary: "true"')
    .replace("NO}", '"NO"}')
    .replace("abov:", "above:")
    .replace("[chta, 'chat']", "[chat]")
)


class Ran:
    def __init__(self, *arguments: str) -> None:
        done = CliRunner().invoke(group, ["lint", *arguments])
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        self.code, self.out, self.err = done.exit_code, done.stdout, done.stderr


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def written(text: str | bytes, name: str = "shop.monitorspec.yaml") -> Path:
    file = Path(name)
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return file


# ---- whole files


def test_it_goes_on_until_nothing_is_left() -> None:
    file = written(SPEC)
    done = Ran("--fix")
    assert file.read_text() == RIGHT
    assert (done.code, done.out) == (0, "")
    assert "fixed shop.monitorspec.yaml:7: quote it (spec/type)" in done.err
    assert "fixed shop.monitorspec.yaml:16: write `chat` (routes/unknown-receiver)" in done.err
    assert "fixed shop.monitorspec.yaml:16: remove it (routes/twice)" in done.err
    assert "5 findings put right in 1 file" in done.err
    again = Ran("--fix")
    assert (again.code, again.out, file.read_text()) == (0, "", RIGHT)
    assert "fixed" not in again.err


def test_what_is_not_certain_is_told_and_left() -> None:
    file = written(RIGHT.replace("notify: [chat]", "notify: [pager]"))
    done = Ran("--fix")
    assert done.code == 1
    assert "unknown receiver `pager`" in done.out
    assert "pager" in file.read_text()


def test_without_it_nothing_is_written_and_one_is_told_what_could_be() -> None:
    file = written(SPEC)
    done = Ran()
    assert "can be put right with `monitorspec lint --fix`" in done.err
    assert file.read_text() == SPEC


def test_line_ends_and_a_byte_order_mark_stay() -> None:
    file = written(b"\xef\xbb\xbf" + SPEC.replace("\n", "\r\n").encode())
    assert Ran("--fix").code == 0
    assert file.read_bytes() == b"\xef\xbb\xbf" + RIGHT.replace("\n", "\r\n").encode()


def test_the_mode_of_a_file_and_a_link_to_it_stay() -> None:
    file = written(SPEC, "elsewhere/spec.yaml")
    file.chmod(0o640)
    Path("shop.monitorspec.yaml").symlink_to(file)
    assert Ran("--fix").code == 0
    assert Path("shop.monitorspec.yaml").is_symlink()
    assert file.read_text() == RIGHT
    assert file.stat().st_mode & 0o777 == 0o640
    assert [p.name for p in file.parent.iterdir()] == ["spec.yaml"]


def test_a_diff_shows_what_would_be_done() -> None:
    file = written(SPEC)
    done = Ran("--diff")
    assert done.code == 1
    assert file.read_text() == SPEC
    assert done.out.startswith("--- a/shop.monitorspec.yaml\n+++ b/shop.monitorspec.yaml\n@@ ")
    changed = [line for line in done.out.splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---")]
    assert "-        abov: {critical: 95%}" in changed
    assert "+        above: {critical: 95%}" in changed
    assert len(changed) == 6
    written(RIGHT)
    assert (Ran("--diff").code, Ran("--diff").out) == (0, "")


def test_a_file_that_cannot_be_read_is_let_alone_and_others_are_put_right() -> None:
    other = written(SPEC.replace("system: shop", "system: other"), "other.monitorspec.yaml")
    file = written(SPEC + "broken: [\n")
    done = Ran("--fix", ".")
    assert done.code == 1
    assert file.read_text() == SPEC + "broken: [\n"
    assert "abov:" not in other.read_text()


def test_extended_files_are_put_right_once() -> None:
    base = written("labels: {canary: true}  # everywhere\n", "org.yaml")
    for name in ("a", "b"):
        text = RIGHT.replace("system: shop", f"system: {name}\nextends: ../org.yaml")
        written(text, f"specs/{name}.monitorspec.yaml")
    Path(".git").mkdir()
    done = Ran("--fix")
    assert done.code == 0
    assert base.read_text() == 'labels: {canary: "true"}  # everywhere\n'


def test_nothing_outside_of_the_project_is_touched() -> None:
    base = written("labels: {canary: true}\n", "org.yaml")
    Path("project").mkdir()
    Path("project/.git").mkdir()
    written(RIGHT + "extends: ../org.yaml\n", "project/shop.monitorspec.yaml")
    Ran("--fix", "project")
    assert base.read_text() == "labels: {canary: true}\n"


def test_environments_are_put_right_too() -> None:
    file = written(RIGHT + "environments:\n  live:\n    services: {api: {thresholds: {cpu: {for: 5 minutes}}}}\n")
    assert Ran("--fix").code == 0
    assert "{for: 5m}" in file.read_text()


def test_what_is_ignored_is_not_put_right() -> None:
    text = RIGHT.replace("[chat]}", "[chat, chat]}  # monitorspec: ignore routes/twice: told twice on purpose")
    file = written(text)
    assert Ran("--fix").code == 0
    assert file.read_text() == text


def test_what_ignores_nothing_is_taken_out() -> None:
    file = written(
        RIGHT.replace("95%}\n", "95%}  # monitorspec: ignore routes/nobody: has gone\n")
        + "# known\nignore:\n  routes/nobody:\n    services.api:\n      # for now\n      reason: has gone\n"
        + "  metrics/near-name: {'*': {reason: one}, services: {reason: two}}\nlinks: {}\n"
    )
    assert Ran("--fix").code == 0
    assert file.read_text() == RIGHT + "# known\nlinks: {}\n"


# ---- every fix of every case


def _with_fixes() -> list[Path]:
    return [
        path
        for path in sorted(CASES.rglob("*.yaml"))
        if path.parent.name != "parts" and any(d.fix for d in compile_everywhere(path, DAY).diagnostics)
    ]


@pytest.mark.parametrize("case", _with_fixes(), ids=lambda p: str(p.relative_to(CASES)))
def test_a_fix_puts_right_what_it_is_for_and_nothing_else(
    case: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(case.parent, tmp_path / "case")
    monkeypatch.chdir(tmp_path / "case")
    name = Path(case.name)
    before = compile_everywhere(name, DAY)
    assert before.texts
    Ran("--fix", str(name))
    after = compile_everywhere(name, DAY)
    assert [d for d in after.diagnostics if d.fix] == []
    known = {(d.code, d.message) for d in before.diagnostics if not d.fix}
    gone = {(d.code, d.message) for d in before.diagnostics if d.fix} - known
    assert gone
    assert gone & {(d.code, d.message) for d in after.diagnostics} == set()
    # Later stages may now see more; what was read and validated has no new error.
    early = {
        (d.code, d.message) for d in after.diagnostics if d.level == "error" and d.code.startswith(("yaml/", "spec/"))
    }
    assert early <= known
    for file, old in before.texts.items():
        new = Path(file).read_text(encoding="utf-8")
        touched = {
            n for d in before.diagnostics for e in (d.fix.edits if d.fix else ()) for n in range(e.line, e.end_line + 1)
        }
        rest = iter(new.splitlines())
        for n, line in enumerate(old.splitlines(), 1):
            assert n in touched or line in rest, f"line {n} is lost: {line}"


def test_there_are_fixes_of_many_kinds() -> None:
    codes = {d.code for path in _with_fixes() for d in compile_everywhere(path, DAY).diagnostics if d.fix}
    assert len(codes) >= 18, sorted(codes)


def test_an_emptied_registry_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """That the property above is about something: edits that do nothing leave the findings."""
    monkeypatch.setattr("monitorspec.repair.edited", lambda text, _: text)
    written(SPEC)
    assert Ran("--fix").code == 1


# ---- which word is meant


@pytest.mark.parametrize(
    ("word", "known", "meant"),
    [
        ("onkall", ["oncall", "chat"], "oncall"),
        ("chta", ["oncall", "chat"], "chat"),
        ("objektive", ["objective", "objectives-x"], "objective"),
        ("objectiv", ["objective"], "objective"),
        ("objectivee", ["objective"], "objective"),
        ("Sum", ["SUM", "other"], "SUM"),
        ("chat", ["chats", "chast"], ""),  # two candidates
        ("web-1", ["web-2"], ""),  # another one, not misspelt
        ("web-12", ["web-1"], ""),
        ("cpu", ["cpus"], ""),  # too short to tell
        ("pager", ["chat"], ""),
        ("onkal", ["oncall"], ""),  # two slips
        ("a", [], ""),
    ],
)
def test_the_word_that_is_certainly_meant(word: str, known: list[str], meant: str) -> None:
    assert certain(word, known) == meant


LETTERS = st.text("abcde", min_size=5, max_size=8)


@given(LETTERS, st.data())
def test_one_slip_is_found_whatever_it_is(word: str, data: st.DataObject) -> None:
    n = data.draw(st.integers(0, len(word) - 1))
    letter = data.draw(st.sampled_from("xyz"))
    swapped = word[:n] + word[n : n + 2][::-1] + word[n + 2 :]
    for wrong in (word[:n] + word[n + 1 :], word[:n] + letter + word[n + 1 :], word[:n] + letter + word[n:], swapped):
        assert certain(wrong, [word]) == word


# ---- scalars


@given(st.text(min_size=1, max_size=20))
def test_a_scalar_is_the_same_text_when_it_is_read(text: str) -> None:
    found = source.parse(f"a: {scalar(text)}\n", "f")
    if found.diagnostics == () and "\n" not in text and "\r" not in text:
        assert found.data == {"a": text}


def place(text: str, path: tuple[str | int, ...]) -> Position:
    at = source.parse(text, "f").positions.value(path)
    assert at is not None
    return at


@pytest.mark.parametrize(
    ("text", "held"),
    [("a: >-\n  word\n", "word"), ('a: "w\\x6frd"', "word"), ("a: one\n  two", "one two"), ("a: |\n  x\n", "x\n")],
)
def test_a_scalar_of_several_lines_or_with_escapes_is_let_alone(text: str, held: str) -> None:
    assert source.parse(text, "f").data == {"a": held}
    assert rewritten(place(text, ("a",)), held, "other", "") is None
    assert listed(place(text, ("a",)), held) is None


@pytest.mark.parametrize("text", ["one, two", "a: b", "[a]", "a # b", "*a", "{a}", "it's"])
def test_a_text_that_would_be_several_items_is_let_alone(text: str) -> None:
    assert listed(Position("f", 1, 1, len(text)), text) is None


@pytest.mark.parametrize("number", ["0123", "1.50", "0x1F", "true", "1e3", "+5"])
def test_quotes_keep_what_is_written(number: str) -> None:
    text = f"a: {number}  # why\n"
    made = edited(text, quoted(place(text, ("a",))).edits)
    assert made == f'a: "{number}"  # why\n'
    assert source.parse(made, "f").data == {"a": number}


# ---- taking out


def without(text: str, path: tuple[str | int, ...], with_empty: bool = False) -> str | None:
    edit = cut(Text("f", text), path, with_empty=with_empty)
    return edited(text, [edit]) if edit else None


@pytest.mark.parametrize(
    ("text", "path", "left"),
    [
        ("a: 1\nb: 2\n", ("a",), "b: 2\n"),
        ("a: 1\nb: 2", ("b",), "a: 1\n"),
        ("a:\n  - 1\n  - 2  # two\n  - 3\nb: 2\n", ("a", 1), "a:\n  - 1\n  - 3\nb: 2\n"),
        ("# one\na:\n  b: 1\n\n  # two\n  c: 2\n# three\nd: 3\n", ("a",), "# one\n# three\nd: 3\n"),
        ("a: {b: 1, c: 2, d: 3}\n", ("a", "b"), "a: {c: 2, d: 3}\n"),
        ("a: {b: 1, c: 2, d: 3}\n", ("a", "c"), "a: {b: 1, d: 3}\n"),
        ("a: {b: 1, c: 2, d: {e: []}}  # x\n", ("a", "d"), "a: {b: 1, c: 2}  # x\n"),
        ("a: [1, 2,]\n", ("a", 1), "a: [1,]\n"),
        ("a: |\n  text\n  more\n\nb: 2\n", ("a",), "b: 2\n"),
        ("a: x\n b: y\n", ("a",), None),
        ("a:\nb: 2\n", ("a",), "b: 2\n"),
        ("a: {b: 1}\n", ("a", "b"), None),
        ("a: &x 1\nb: *x\n", ("a",), None),
        ("a: {b: 1, # why\n  c: 2}\n", ("a", "b"), None),
        ("- {a: 1}\n- b: 1\n  c: 2\n", (1, "b"), None),
        ("a: 1\n", ("z",), None),
    ],
)
def test_an_entry_is_taken_out(text: str, path: tuple[str | int, ...], left: str | None) -> None:
    assert without(text, path) == left


def test_what_would_be_empty_goes_too() -> None:
    text = "a:\n  b:\n    c: {d: 1}\ne: 2\n"
    assert without(text, ("a", "b", "c", "d")) is None
    assert without(text, ("a", "b", "c", "d"), with_empty=True) == "e: 2\n"


NODES = st.recursive(
    st.integers(0, 9) | st.sampled_from(["x", "a b", "it's", ""]),
    lambda inner: st.dictionaries(st.sampled_from("abcd"), inner, max_size=3) | st.lists(inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from("abcd"), NODES, min_size=2, max_size=4), st.data(), st.booleans())
def test_what_is_left_is_what_was_there(value: dict[str, object], data: st.DataObject, flow: bool) -> None:
    import yaml

    text = yaml.safe_dump(value, default_flow_style=flow, sort_keys=False)
    key = data.draw(st.sampled_from(sorted(value)))
    left = without(text, (key,))
    assert left is not None
    assert yaml.safe_load(left) == {k: v for k, v in value.items() if k != key}


def test_edits_are_made_at_their_places() -> None:
    found: list[Diagnostic] = []
    text = "ab: 1\r\ncd: 2\r\n"
    for path in (("ab",), ("cd",)):
        at = source.parse(text, "f").positions.value(path)
        assert at is not None
        fix = quoted(at)
        found.append(Diagnostic("a/b", "", at, fix=fix))
    edits = [edit for d in found if d.fix for edit in d.fix.edits]
    assert edited(text, edits) == 'ab: "1"\r\ncd: "2"\r\n'
    assert edited(text, reversed(edits)) == 'ab: "1"\r\ncd: "2"\r\n'


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may write everywhere")
def test_a_file_that_cannot_be_written_is_told() -> None:
    file = written(SPEC, "shut/shop.monitorspec.yaml")
    file.parent.chmod(0o500)
    try:
        assert Ran("--fix", "shut").code == 2
    finally:
        file.parent.chmod(0o700)
