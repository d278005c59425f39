"""A baseline hides what was there before, whatever moves around it, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from monitorspec.cli import group
from monitorspec.compiler import compile_text
from monitorspec.fingerprints import fingerprints

SPEC = """\
version: 1
system: shop
owner: payments
services:
  api:
    thresholds:
      queue: {expr: queue_length, above: {warning: 5}}
      lag: {expr: lag, above: {warning: 5}}
receivers: {chat: {webhook: {url: 'http://chat.example'}}}
routes: {critical: {notify: chat}}
"""


class Ran:
    def __init__(self, *arguments: str) -> None:
        done = CliRunner().invoke(group, ["lint", *arguments])
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        self.code, self.out, self.err = done.exit_code, done.stdout, done.stderr


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("specs").mkdir()
    file = Path("specs/shop.monitorspec.yaml")
    file.write_text(SPEC)
    return file


def entries(file: str = "known.json") -> list[str]:
    return [entry["path"].rpartition(".")[2] for entry in json.loads(Path(file).read_text())["findings"]]


def test_only_new_findings_are_told(spec: Path) -> None:
    assert Ran().code == 1
    written = Ran("--write-baseline", "known.json")
    assert (written.code, written.out) == (0, "")
    assert entries() == ["lag", "queue"]
    after = Ran("--baseline", "known.json")
    assert (after.code, after.out) == (0, "")
    assert "2 findings of known.json not told again" in after.err
    spec.write_text(SPEC.replace("      lag:", "      age: {expr: age, above: {warning: 5}}\n      lag:"))
    more = Ran("--baseline", "known.json")
    assert more.code == 1
    assert more.out.count("routes/nobody") == 1
    assert "`api.age` reaches nobody" in more.out


def test_lines_and_keys_may_move_and_files_be_named_from_elsewhere(spec: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".git").mkdir()
    Ran("--write-baseline", "known.json")
    lines = SPEC.splitlines()
    lines[6], lines[7] = lines[7], lines[6] + "  # a comment"
    spec.write_text("# a line more\n\n" + "\n".join(lines[3:] + lines[:3]) + "\n")
    assert Ran("--baseline", "known.json").code == 0
    monkeypatch.chdir("specs")
    assert Ran("--baseline", "../known.json").code == 0
    assert Ran("shop.monitorspec.yaml", "--baseline", "../known.json").code == 0


def test_what_is_put_right_is_told_and_taken_out(spec: Path) -> None:
    Ran("--write-baseline", "known.json")
    spec.write_text(SPEC.replace("lag, above: {warning", "lag, above: {critical"))
    after = Ran("--baseline", "known.json")
    assert after.code == 0
    assert "1 entry of known.json can be removed" in after.err
    assert entries() == ["lag", "queue"]
    Ran("--write-baseline", "known.json")
    assert entries() == ["queue"]
    assert Path("known.json").read_text().endswith("}\n  ]\n}\n")


def test_with_both_options_a_baseline_only_becomes_shorter(spec: Path) -> None:
    Ran("--write-baseline", "known.json")
    spec.write_text(SPEC.replace("lag:", "age:"))
    both = Ran("--baseline", "known.json", "--write-baseline", "known.json")
    assert entries() == ["queue"]
    assert both.code == 1
    assert "`api.age`" in both.out


def test_entries_of_other_specs_stay_until_these_are_gone(spec: Path) -> None:
    other = Path("specs/other.monitorspec.yaml")
    other.write_text(SPEC.replace("system: shop", "system: other").replace("queue:", "jobs:"))
    Ran("--write-baseline", "known.json")
    assert entries() == ["jobs", "lag", "lag", "queue"]
    only = Ran(str(spec), "--baseline", "known.json")
    assert "can be removed" not in only.err
    Ran(str(spec), "--write-baseline", "known.json")
    assert entries() == ["jobs", "lag", "lag", "queue"]
    other.unlink()
    Ran(str(spec), "--write-baseline", "known.json")
    assert entries() == ["lag", "queue"]


def test_errors_that_leave_no_outputs_are_in_no_baseline(spec: Path) -> None:
    Ran("--write-baseline", "known.json")
    spec.write_text(SPEC.replace("notify: chat", "notify: chatt"))
    again = Ran("--baseline", "known.json")
    assert again.code == 1
    assert "routes/unknown-receiver" in again.out
    assert "can be removed" not in again.err, "what else there is was not looked for"
    before = Path("known.json").read_bytes()
    written = Ran("--write-baseline", "known.json")
    assert written.code == 1
    assert "was not written" in written.err
    assert Path("known.json").read_bytes() == before


def test_known_findings_can_be_shown(spec: Path) -> None:
    Ran("--write-baseline", "known.json")
    shown = Ran("--baseline", "known.json", "--show-ignored")
    assert shown.code == 0
    assert shown.out.count("note[routes/nobody]") == 2
    assert shown.out.count("= ignored: in the baseline") == 2
    run = json.loads(Ran("--baseline", "known.json", "--show-ignored", "--format", "sarif").out)["runs"][0]
    assert [result["suppressions"][0]["kind"] for result in run["results"]] == ["external"] * 2
    assert str(spec) == run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]


@pytest.mark.usefixtures("spec")
@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "there is no baseline `known.json`: make one with `monitorspec lint --write-baseline known.json`"),
        ("{", "`known.json` is not JSON"),
        ("[]", "is no baseline of monitorspec"),
        ('{"version": 1, "findings": [{"code": "a/b"}]}', "is no baseline of monitorspec"),
        ('{"version": 9, "findings": []}', "is of version 9, not 1"),
    ],
)
def test_a_baseline_that_is_none_is_misuse(text: str | None, said: str) -> None:
    if text is not None:
        Path("known.json").write_text(text)
    done = Ran("--baseline", "known.json")
    assert done.code == 2
    assert said in done.err


@pytest.mark.usefixtures("spec")
def test_a_baseline_is_of_all_environments() -> None:
    assert Ran("--env", "live", "--write-baseline", "known.json").code == 2


def marks(text: str) -> list[str]:
    return fingerprints(compile_text(text, "shop.yaml").diagnostics)


def test_a_fingerprint_changes_with_what_a_finding_is_about() -> None:
    assert set(marks(SPEC)) & set(marks(SPEC.replace("api:", "web:"))) == set()
    assert len(set(marks(SPEC)) & set(marks(SPEC.replace("lag:", "age:")))) == 1
    assert marks(SPEC) == marks(SPEC.replace("warning: 5", "warning: 7").replace("version", "\n\nversion"))


def test_the_same_finding_twice_has_two_fingerprints() -> None:
    text = SPEC.replace("notify: chat", "notify: [a, a, chat, a]")
    assert len(marks(text)) == 3
    assert len(set(marks(text))) == 3
    fewer = marks(SPEC.replace("notify: chat", "notify: [a, chat]"))
    assert set(fewer) < set(marks(text))
