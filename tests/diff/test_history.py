"""A repository of commits that change the five systems' specs, and what is told of each: `history` says what that has to be."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from monitorspec.cli import group
from monitorspec.report.review import render
from monitorspec.review import Pair, Review, Told, review
from monitorspec.revision import merge_base, unpack
from tests.diff.history import COMMITS, Commit, file_of, specs


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=me", "-c", "user.email=me@example.com", "-c", "init.defaultBranch=main")
    quick = ("-c", "core.fsync=none", "-c", "gc.auto=0")
    done = subprocess.run(
        ["git", "-C", str(folder), *identity, *quick, *arguments], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository, with its last commit checked out."""
    folder = tmp_path_factory.mktemp("history")
    git(folder, "init", "-q")
    files = specs()
    for n, made in enumerate((Commit("Monitor five systems", ()), *COMMITS)):
        for edit in made.edits:
            name = file_of(edit.system)
            files[name] = edit.apply(files.get(name, ""))
            if not files[name]:
                del files[name]
                (folder / name).unlink()
        for name, text in files.items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
        git(folder, "add", "-A")
        git(folder, "commit", "-q", "-m", made.title)
        git(folder, "tag", f"c{n}")
    return folder


def told(repository: Path, number: int, folder: Path) -> Review:
    """What is said of a commit, of the specs that it touches or that extend what it touches."""
    sides = []
    for name, n in (("old", number), ("new", number + 1)):
        unpack(repository, merge_base(repository, f"c{n}"), folder / name)
        sides.append(folder / name / "specs")
    before, after = ({p.name: p for p in side.glob("*.monitorspec.yaml")} for side in sides)
    extended = {edit.system for edit in COMMITS[number].edits if "." in edit.system}
    touched = {Path(file_of(edit.system)).name for edit in COMMITS[number].edits}
    touched |= {n for n, p in after.items() if any(f"extends: {name}" in p.read_text("utf-8") for name in extended)}
    names = sorted(name for name in {*before, *after} if name in touched)
    return review([Pair(before.get(name), after.get(name), name) for name in names], "before", "after")


def lines(text: str) -> Iterator[tuple[str, str, str]]:
    for line in text.splitlines():
        if line.strip():
            level, code, subject = line.split(None, 2)
            yield level, code, subject


@pytest.mark.parametrize("number", range(len(COMMITS)), ids=[made.title for made in COMMITS])
def test_commit(repository: Path, number: int, tmp_path: Path) -> None:
    made = COMMITS[number]
    found = told(repository, number, tmp_path)
    assert [d for d in found.diagnostics if d.level == "error"] == []
    if made.silent:
        assert [t.change for t in found.told] == []
        assert [s.effects for s in found.systems if s.effects] == []
        return
    assert found.told
    wanted = set(lines(made.told))
    loud: dict[tuple[str, str, str], Told] = {
        (t.level, t.change.code, t.change.subject): t for t in found.told if t.level != "cosmetic"
    }
    # What lint finds is its own affair, but what the history says that it finds.
    shown = {key for key in loud if not key[1].startswith("findings/") or key in wanted}
    assert shown == wanted
    for key in wanted:
        assert loud[key].only == made.only
    text = render(found, "text", verbose=True)
    for words in made.says:
        assert words in text
    if made.deploys is not None:
        assert {f"{e.target} {e.action}" for s in found.systems for e in s.effects} == set(made.deploys.splitlines())
    # Everything that is told stands somewhere, and is known by a name of its own.
    for t in found.told:
        assert t.position.file.endswith(".yaml")
        assert t.position.line >= 1
    marks = [t.fingerprint for t in found.told if not t.only]
    assert len(marks) == len(set(marks))


def test_the_history_is_long_enough(repository: Path) -> None:
    assert int(git(repository, "rev-list", "--count", "HEAD")) > 40


def test_the_command_tells_of_all_of_it(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the first commit to the working tree, whose specs are those of the last one."""
    monkeypatch.chdir(repository)
    result = CliRunner().invoke(group, ["diff", "--against", "c0", "--format", "json", "--fail-on", "risky"])
    assert result.exit_code == 1, result.output
    document = json.loads(result.stdout)
    assert {s["system"] for s in document["systems"]} >= {
        "jobs",
        "datavault",
        "datapunk-lake",
        "kessan",
        "weight-validation",
    }
    assert document["summary"]["risky"] > 10
    # A spec on each side only.
    whole = {
        c["code"]: c["subject"] for s in document["systems"] for c in s["changes"] if c["code"].startswith("system/")
    }
    assert whole["system/added"] == "jobs"
    assert whole["system/removed"] == "sf-user-pipeline"
    same = CliRunner().invoke(group, ["diff"])
    assert (same.exit_code, same.stdout) == (0, "no changes\n")
