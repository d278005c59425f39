"""`monitorspec diff` as it is called: against a commit, between two files and two folders, with acknowledgements."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from monitorspec.cli import group

SPEC = """\
version: 1
system: shop
owner: web
services:
  api:
    thresholds:
      queue: {expr: queue_size, unit: count, above: {warning: 100, critical: 500}, for: 5m}
receivers:
  oncall: {pagerduty: {routing_key_file: /etc/alertmanager/key}}
  chat: {slack: {channel: '#shop', api_url_file: /etc/alertmanager/slack}}
routes:
  critical: {notify: [oncall, chat]}
  default: {notify: [chat]}
"""


def diff(*arguments: str) -> Result:
    result = CliRunner().invoke(group, ["diff", "--color", "never", *arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=me", "-c", "user.email=me@example.com", "-c", "init.defaultBranch=main")
    done = subprocess.run(["git", "-C", str(folder), *identity, *arguments], capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with one spec committed; the current folder is in it."""
    (tmp_path / "specs").mkdir()
    (tmp_path / "specs" / "shop.monitorspec.yaml").write_text(SPEC, encoding="utf-8")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "first")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "specs" / "shop.monitorspec.yaml"


def test_nothing_changed(repository: Path) -> None:
    repository.write_text("# A comment\n" + SPEC.replace("warning: 100, critical: 500", "critical: 500, warning: 100"))
    result = diff()
    assert result.exit_code == 0
    assert result.stdout == "no changes\n"


def test_who_gets_paged(repository: Path) -> None:
    repository.write_text(SPEC.replace("notify: [oncall, chat]", "notify: [chat]"))
    result = diff()
    assert result.exit_code == 0
    assert "api.queue.critical: no longer pages anyone: oncall, chat → chat" in result.stdout
    assert diff("--fail-on", "risky").exit_code == 1


def test_the_repository_is_left_as_it_was(repository: Path) -> None:
    repository.write_text(SPEC.replace("500", "700"))
    before = git(repository.parent, "status", "--porcelain", "--branch"), git(repository.parent, "for-each-ref")
    index = (repository.parents[1] / ".git" / "index").read_bytes()
    assert "LOOSER" in diff("--against", "HEAD").stdout
    assert (
        git(repository.parent, "status", "--porcelain", "--branch"),
        git(repository.parent, "for-each-ref"),
    ) == before
    assert (repository.parents[1] / ".git" / "index").read_bytes() == index


def test_a_branch_is_compared_with_where_it_left(repository: Path) -> None:
    root = repository.parents[1]
    git(root, "checkout", "-q", "-b", "mine")
    git(root, "checkout", "-q", "-B", "trunk")
    repository.write_text(SPEC.replace("warning: 100", "warning: 50"))
    git(root, "commit", "-q", "-a", "-m", "somebody else's")
    git(root, "checkout", "-q", "mine")
    repository.write_text(SPEC.replace("critical: 500", "critical: 700"))
    said = diff("--against", "trunk").stdout
    assert "api.queue.critical: above 500 → 700: LOOSER" in said
    assert "api.queue.warning" not in said


def test_a_spec_that_is_new_or_gone(repository: Path) -> None:
    other = repository.with_name("other.monitorspec.yaml")
    other.write_text(SPEC.replace("system: shop", "system: other"))
    said = diff().stdout
    assert "new spec `specs/other.monitorspec.yaml`" in said
    assert "api.queue.critical: newly pages oncall" in said
    other.unlink()
    repository.unlink()
    said = diff().stdout
    assert "spec `specs/shop.monitorspec.yaml` is gone" in said
    assert "api.queue.critical: no longer pages anyone, paged oncall" in said


def test_two_files_and_two_folders(tmp_path: Path) -> None:
    for name, text in (("a", SPEC), ("b", SPEC.replace("for: 5m", "for: 10m"))):
        (tmp_path / name).mkdir()
        (tmp_path / name / "shop.monitorspec.yaml").write_text(text)
    files = [str(tmp_path / name / "shop.monitorspec.yaml") for name in "ab"]
    folders = [str(tmp_path / name) for name in "ab"]
    for paths in (files, folders):
        assert "`for` 5m → 10m: LATER" in diff(*paths).stdout


def test_acknowledged_changes_do_not_fail(repository: Path, tmp_path: Path) -> None:
    repository.write_text(SPEC.replace("critical: 500", "critical: 700"))
    found = json.loads(diff("--format", "json").stdout)
    marks = [c["fingerprint"] for s in found["systems"] for c in s["changes"] if c["level"] == "risky"]
    assert len(marks) == 1
    listed = tmp_path / "acknowledged.txt"
    listed.write_text(f"# decided\n{marks[0]} the queue is longer now\n")
    result = diff("--fail-on", "risky", "--acknowledged", str(listed))
    assert result.exit_code == 0
    assert "acknowledged: the queue is longer now" in result.stdout
    # Lines that move and other changes leave the fingerprint as it is.
    repository.write_text("\n\n" + SPEC.replace("critical: 500", "critical: 700").replace("owner: web", "owner: shop"))
    assert diff("--fail-on", "risky", "--acknowledged", str(listed)).exit_code == 0
    # Another value is another change.
    repository.write_text(SPEC.replace("critical: 500", "critical: 900"))
    assert diff("--fail-on", "risky", "--acknowledged", str(listed)).exit_code == 1


def test_a_ticked_box_acknowledges(repository: Path, tmp_path: Path) -> None:
    repository.write_text(SPEC.replace("critical: 500", "critical: 700"))
    comment = diff("--format", "markdown").stdout
    ticked = tmp_path / "comment.md"
    ticked.write_text(comment)
    assert diff("--fail-on", "risky", "--acknowledged", str(ticked)).exit_code == 1
    ticked.write_text(comment.replace("- [ ] <!-- acknowledge", "- [x] <!-- acknowledge"))
    assert diff("--fail-on", "risky", "--acknowledged", str(ticked)).exit_code == 0
    assert "[x]" in diff("--format", "markdown", "--acknowledged", str(ticked)).stdout


def test_a_broken_spec_is_told(repository: Path) -> None:
    repository.write_text(SPEC.replace("notify: [chat]", "notify: [chta]"))
    result = diff()
    assert result.exit_code == 1
    assert "unknown receiver `chta`" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--against", "nowhere"), "there is no commit `nowhere` here"),
        (("--against", "--output=x"), "there is no commit"),
        (("missing/",), "there is no file or folder `missing`"),
        (("specs", "specs/shop.monitorspec.yaml"), "have to be two specs or two folders"),
    ],
)
def test_misuse(repository: Path, arguments: tuple[str, ...], said: str) -> None:
    assert repository.exists()
    result = diff(*arguments)
    assert result.exit_code == 2
    assert said in result.stderr
    assert not Path("x").exists()


def test_a_spec_with_errors_is_no_spec_without_changes(repository: Path) -> None:
    repository.write_text(SPEC.replace("notify: [chat]", "notify: [chta]"))
    assert "### Monitoring: 1 error\n" in diff("--format", "markdown").stdout
    other = repository.with_name("other.monitorspec.yaml")
    other.write_text(SPEC.replace("system: shop", "system: other"))
    assert re.search(r"^### Monitoring: 1 error; \d+ added", diff("--format", "markdown").stdout, re.M)
