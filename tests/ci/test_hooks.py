""".pre-commit-hooks.yaml, as pre-commit itself runs its hooks in a repository."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tests.ci.conftest import BROKEN, ROOT, SPEC, git
from tests.ci.programs import program, skip_offline

FILE = ROOT / ".pre-commit-hooks.yaml"
HOOKS = {hook["id"]: hook for hook in yaml.safe_load(FILE.read_text(encoding="utf-8"))}
IDENTITY = {f"GIT_{who}_{what}": "me@example.com" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}

Commit = Callable[[], "subprocess.CompletedProcess[str]"]


def pre_commit(folder: Path, *arguments: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    whole = {**os.environ, **IDENTITY, "NO_COLOR": "1", **(env or {})}
    whole.pop("PYTHONPATH", None)  # what is installed is what runs
    command = [str(program("pre-commit")), *arguments]
    return subprocess.run(
        command,
        cwd=folder,
        env=whole,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=500,
        check=False,
    )


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with a spec and its outputs, all of it staged."""
    folder = tmp_path / "shop"
    (folder / "specs").mkdir(parents=True)
    (folder / "specs" / "shop.monitorspec.yaml").write_text(SPEC, encoding="utf-8")
    git(folder, "init", "-q")
    git(folder, "config", "user.name", "me")
    git(folder, "config", "user.email", "me@example.com")
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-m", "monitorspec", "build"], cwd=folder, env=env, check=True, capture_output=True)
    git(folder, "add", ".")
    return folder


def test_the_manifest_is_one(tmp_path: Path) -> None:
    done = pre_commit(tmp_path, "validate-manifest", str(FILE))
    assert done.returncode == 0, done.stdout
    assert list(HOOKS) == ["monitorspec-lint", "monitorspec-build-check"]


@pytest.mark.parametrize(
    ("path", "lint", "check"),
    [
        ("specs/shop.monitorspec.yaml", True, True),
        ("monitoring/shop.monitorspec.yml", True, True),
        ("specs/base.yaml", True, True),
        ("team/specs/runbooks/queue.md", True, True),
        ("monitorspec.toml", True, True),
        ("generated/shop/prometheus/api.rules.yml", False, True),
        ("README.md", False, False),
        ("src/generated_code.py", False, False),
        ("aspects/a.py", False, False),
    ],
)
def test_which_files_run_a_hook(path: str, lint: bool, check: bool) -> None:
    found = [bool(re.search(HOOKS[id_]["files"], path)) for id_ in ("monitorspec-lint", "monitorspec-build-check")]
    assert found == [lint, check]


@pytest.mark.parametrize("id_", HOOKS)
def test_a_hook_of_the_same_entry_as_pre_commit_runs_it(id_: str, repository: Path) -> None:
    """Without installing anything: the hook's own lines in a `local` repository, with the program that is here."""
    shims = repository.parent / "bin"
    shims.mkdir()
    (shims / "monitorspec").write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m monitorspec "$@"\n')
    (shims / "monitorspec").chmod(0o755)
    hook = {key: value for key, value in HOOKS[id_].items() if key != "minimum_pre_commit_version"}
    config = {"repos": [{"repo": "local", "hooks": [{**hook, "language": "system"}]}]}
    (repository / ".pre-commit-config.yaml").write_text(yaml.safe_dump(config))
    git(repository, "add", ".")
    env = {"PATH": f"{shims}:{os.environ['PATH']}", "PRE_COMMIT_HOME": str(repository.parent / "home")}
    _fails_when_it_should(id_, repository, lambda: pre_commit(repository, "run", env=env))


def _fails_when_it_should(id_: str, repository: Path, run: Commit) -> None:
    spec = repository / "specs" / "shop.monitorspec.yaml"
    done = run()
    assert done.returncode == 0, done.stdout
    assert "Passed" in done.stdout
    # Only what is staged counts.
    spec.write_text(BROKEN, encoding="utf-8")
    assert run().returncode == 0
    git(repository, "add", ".")
    done = run()
    assert done.returncode == 1
    assert f"hook id: {id_}" in done.stdout
    assert "routes/unknown-receiver" in done.stdout
    spec.write_text(SPEC.replace("500", "600"), encoding="utf-8")
    git(repository, "add", ".")
    done = run()
    assert done.returncode == (1 if id_ == "monitorspec-build-check" else 0), done.stdout
    git(repository, "commit", "-q", "--no-verify", "-m", "All of it")
    (repository / "README.md").write_text("Hello\n")
    git(repository, "add", ".")
    assert "(no files to check)Skipped" in run().stdout


@pytest.mark.network
def test_pre_commit_installs_the_package_and_runs_both(repository: Path) -> None:
    """From a clone, as for anybody who names this repository in their configuration."""
    source = repository.parent / "source"
    source.mkdir()
    files = subprocess.check_output(["git", "ls-files", "-z", "-co", "--exclude-standard"], cwd=ROOT).split(b"\0")
    wanted = [name for name in files if name.startswith((b"monitorspec/", b"schemas/")) or name in ROOT_FILES]
    archive = subprocess.check_output(["tar", "-c", "-f", "-", *(os.fsdecode(n) for n in wanted)], cwd=ROOT)
    subprocess.run(["tar", "-x", "-f", "-"], input=archive, cwd=source, check=True)
    git(source, "init", "-q")
    git(source, "add", ".")
    git(source, "commit", "-q", "-m", "monitorspec")
    env = {"PRE_COMMIT_HOME": str(repository.parent / "home")}

    def run(id_: str) -> subprocess.CompletedProcess[str]:
        done = pre_commit(repository, "run", id_, env=env)
        if done.returncode == 3:
            skip_offline(done.stdout)
        return done

    rev = git(source, "rev-parse", "HEAD")
    config = {"repos": [{"repo": f"file://{source}", "rev": rev, "hooks": [{"id": id_} for id_ in HOOKS]}]}
    (repository / ".pre-commit-config.yaml").write_text(yaml.safe_dump(config))
    git(repository, "add", ".")
    _fails_when_it_should("monitorspec-lint", repository, lambda: run("monitorspec-lint"))
    assert run("monitorspec-build-check").returncode == 0
    (repository / "generated" / "shop" / "prometheus" / "api.rules.yml").write_text("groups: []\n")
    git(repository, "add", ".")
    assert run("monitorspec-build-check").returncode == 1


ROOT_FILES = {b".pre-commit-hooks.yaml", b"pyproject.toml", b"README.md", b"constraints.txt"}
