"""docs/ci.md: what it has to paste is what GitHub, GitLab and pre-commit take, and names what there is."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from monitorspec import __version__
from monitorspec.cli import VERBS, group
from tests.ci.conftest import ROOT
from tests.ci.programs import program

PAGE = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
FILES = dict(re.findall(r"<!-- file: (\S+) -->\n```yaml\n(.*?)^```$", PAGE, re.S | re.M))
COMMANDS = re.findall(r"^    (.+)$", re.sub(r"^```.*?^```$", "", PAGE, flags=re.S | re.M), re.M)
WORKFLOW = ".github/workflows/monitoring.yml"


def _load(name: str) -> Any:
    return yaml.safe_load(FILES[name])


def _run(*command: str | Path, cwd: Path | None = None) -> None:
    done = subprocess.run([str(word) for word in command], cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def _workflow(folder: Path) -> Path:
    """The workflow in a repository of the action's own: so actionlint looks into action.yml, too."""
    file = folder / WORKFLOW
    file.parent.mkdir(parents=True)
    text, count = re.subn(r"uses: example/monitorspec@\S+", "uses: ./", FILES[WORKFLOW])
    assert count == 1
    file.write_text(text, encoding="utf-8")
    (folder / "action.yml").write_bytes((ROOT / "action.yml").read_bytes())
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    return file


def test_actionlint_finds_nothing_in_the_workflow(tmp_path: Path) -> None:
    _workflow(tmp_path)
    _run(program("actionlint"), "-color=false", cwd=tmp_path)


def test_actionlint_would_find_an_input_that_there_is_not(tmp_path: Path) -> None:
    file = _workflow(tmp_path)
    file.write_text(file.read_text().replace("fail-on:", "fails-on:"))
    done = subprocess.run([str(program("actionlint"))], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert 'input "fails-on" is not defined' in done.stdout


def test_the_workflow_is_what_the_schema_takes(tmp_path: Path) -> None:
    _run(program("check-jsonschema"), "--builtin-schema", "vendor.github-workflows", _workflow(tmp_path))


def test_the_workflow_is_allowed_no_more_than_it_needs() -> None:
    workflow = _load(WORKFLOW)
    assert workflow["permissions"] == {"contents": "read", "pull-requests": "write"}
    assert list(workflow["on"]) == ["pull_request"]
    (job,) = workflow["jobs"].values()
    ours, theirs = job["steps"][1], job["steps"][:1]
    assert ours["uses"] == f"example/monitorspec@v{__version__}"
    for step in theirs:
        assert re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", step["uses"])


def test_gitlab_is_given_inputs_that_there_are() -> None:
    (include,) = _load(".gitlab-ci.yml")["include"]
    file = ROOT / include["file"]
    inputs = next(yaml.safe_load_all(file.read_text(encoding="utf-8")))["spec"]["inputs"]
    assert set(include["inputs"]) <= set(inputs)
    assert {name for name, part in inputs.items() if "default" not in part} <= set(include["inputs"])
    for name, value in include["inputs"].items():
        assert value in inputs[name].get("options", [value])
    assert include["ref"] == f"v{__version__}"


def test_gitlabs_schema_takes_it(tmp_path: Path) -> None:
    file = tmp_path / ".gitlab-ci.yml"
    file.write_text(FILES[".gitlab-ci.yml"])
    _run(program("check-jsonschema"), "--builtin-schema", "vendor.gitlab-ci", file)


@pytest.mark.parametrize("name", [name for name in FILES if name.endswith("pre-commit-config.yaml")])
def test_pre_commit_takes_its_configuration(name: str, tmp_path: Path) -> None:
    file = tmp_path / ".pre-commit-config.yaml"
    file.write_text(FILES[name])
    _run(program("pre-commit"), "validate-config", file)
    known = {hook["id"]: hook for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())}
    (repo,) = _load(name)["repos"]
    assert repo["rev"] == f"v{__version__}"
    for hook in repo["hooks"]:
        assert hook["id"] in known
        assert f"| `{hook['id']}` |" in PAGE
        _parsed([*known[hook["id"]]["entry"].split()[1:], *hook.get("args", ())])


def test_every_hook_is_on_the_page() -> None:
    known = {hook["id"] for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())}
    assert set(re.findall(r"^\| `(monitorspec-[\w-]+)` \|", PAGE, re.M)) == known


def _parsed(words: list[str]) -> None:
    """Fails where there is no such verb, or it has no such option."""
    verb, *rest = words
    assert verb in VERBS
    with click.Context(group) as context:
        command = group.get_command(context, verb)
        assert command is not None
        with click.Context(command) as inner:
            command.make_parser(inner).parse_args(rest)


def test_every_command_on_the_page_is_one() -> None:
    shown = 0
    for line in COMMANDS:
        words = shlex.split(line)
        if words[:2] == ["docker", "build"]:
            assert words[-1] == "."
            continue
        if words[:2] == ["docker", "run"]:
            words = words[words.index("monitorspec") :]
        assert words[0] == "monitorspec"
        _parsed(words[1:])
        shown += 1
    assert shown > 5
