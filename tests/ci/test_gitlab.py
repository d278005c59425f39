"""templates/monitorspec.yml: as GitLab's schema has it, and its scripts from end to end in a checkout of a merge request."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

from ci.host import MARKER
from tests.ci.conftest import BROKEN, ROOT, UNPAGED, Project, Service
from tests.ci.programs import program

HEAD, BODY = (ROOT / "templates" / "monitorspec.yml").read_text(encoding="utf-8").split("\n---\n")
INPUTS = yaml.safe_load(HEAD)["spec"]["inputs"]

Act = Callable[..., "subprocess.CompletedProcess[str]"]


def filled(**inputs: str) -> dict[str, Any]:
    """The jobs, with inputs put in as GitLab does."""
    values = {"image": "registry.example/monitorspec:0.1.0", **inputs}

    def value(match: re.Match[str]) -> str:
        part = INPUTS[match[1]]
        text = values.get(match[1], part.get("default"))
        assert text is not None
        assert text in part.get("options", [text])
        return str(text)

    jobs: dict[str, Any] = yaml.safe_load(re.sub(r"\$\[\[ inputs\.(\w+) \]\]", value, BODY))
    assert set(inputs) <= set(INPUTS)
    return jobs


@pytest.mark.parametrize("part", ["head", "body"])
def test_the_template_is_what_gitlab_takes(part: str, tmp_path: Path) -> None:
    file = tmp_path / "ci.yml"
    file.write_text(HEAD if part == "head" else yaml.safe_dump(filled()), encoding="utf-8")
    command = [str(program("check-jsonschema")), "--builtin-schema", "vendor.gitlab-ci", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_every_input_is_used_and_described() -> None:
    assert set(re.findall(r"\$\[\[ inputs\.(\w+) \]\]", BODY)) == set(INPUTS)
    assert all(part["description"].endswith(".") for part in INPUTS.values())
    assert [name for name, part in INPUTS.items() if "default" not in part] == ["image"]


@pytest.mark.parametrize("job", ["monitorspec-lint", "monitorspec-test", "monitorspec-diff"])
def test_a_script_has_no_finding_of_shellcheck(job: str) -> None:
    script = "\n".join(filled()[job]["script"])
    # Paths are split at spaces.
    command = [str(program("shellcheck")), "--shell=sh", "--severity=style", "--exclude=SC2086", "-"]
    done = subprocess.run(command, input=script, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.fixture
def act(tmp_path: Path, service: Service) -> Act:
    """Runs the script of a job in a checkout: `act("diff", UNPAGED, {"fail_on": "risky"})`."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name, arguments in (("monitorspec", "-m monitorspec"), ("monitorspec-host", ROOT / "ci" / "host.py")):
        shim = programs / name
        shim.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" {arguments} "$@"\n')
        shim.chmod(0o755)
    count = 0

    def once(
        job: str, change: str, inputs: Mapping[str, str] | None = None, token: str = "secret-token", merged: bool = True
    ) -> subprocess.CompletedProcess[str]:
        nonlocal count
        count += 1
        project = Project(tmp_path / f"run{count}", change, depth=0)
        if not merged:
            project.check_out("refs/pull/12/head")
        found = filled(**(inputs or {}))
        whole = {**found[".monitorspec"]["variables"], **found[f"monitorspec-{job}"].get("variables", {})}
        env = {
            **whole,
            "PATH": f"{programs}:{os.environ['PATH']}",
            "HOME": str(tmp_path),
            "GITLAB_CI": "true",
            "CI_API_V4_URL": f"{service.url}/api/v4",
            "CI_MERGE_REQUEST_PROJECT_ID": "5",
            "CI_MERGE_REQUEST_IID": "12",
            "CI_MERGE_REQUEST_DIFF_BASE_SHA": project.fork_point,
            **({"CI_MERGE_REQUEST_TARGET_BRANCH_SHA": project.base} if merged else {}),
            **({"MONITORSPEC_TOKEN": token} if token else {}),
        }
        script = "\n".join(found[f"monitorspec-{job}"]["script"])
        done = subprocess.run(
            ["bash", "-eo", "pipefail", "-c", script],
            cwd=project.checkout,
            env=env,
            capture_output=True,
            text=True,
            check=False,
        )
        for file in project.checkout.glob("monitorspec-*"):
            (tmp_path / file.name).write_bytes(file.read_bytes())
        assert "Traceback" not in done.stderr
        return done

    return once


@pytest.mark.parametrize("merged", [True, False])
def test_a_merge_request_gets_one_note(merged: bool, act: Act, service: Service, tmp_path: Path) -> None:
    first = act("diff", UNPAGED, {"fail_on": "risky"}, merged=merged)
    assert first.returncode == 1
    assert "no longer pages anyone" in first.stdout
    (note,) = service.comments
    assert re.match(rf"{MARKER}\n### Monitoring: .*; \d risky\n", note["body"])
    assert "other" not in note["body"]
    assert (tmp_path / "monitorspec-diff.md").read_text().rstrip() == note["body"].rstrip()
    note["body"] = note["body"].replace("- [ ] ", "- [x] ")
    assert act("diff", UNPAGED, {"fail_on": "risky"}, merged=merged).returncode == 0
    assert len(service.comments) == 1
    assert "- [x] " in note["body"]
    assert "- [ ] " not in note["body"]


def test_without_a_token_the_review_is_an_artifact(act: Act, service: Service, tmp_path: Path) -> None:
    done = act("diff", UNPAGED, token="")
    assert done.returncode == 0
    assert service.calls == []
    assert "no longer pages anyone" in (tmp_path / "monitorspec-diff.md").read_text()
    service.read_only = True
    assert act("diff", UNPAGED).returncode == 0
    assert service.comments == []


def test_a_broken_spec_is_in_the_log_the_note_and_the_widget(act: Act, service: Service, tmp_path: Path) -> None:
    assert act("diff", BROKEN).returncode == 1
    assert "unknown receiver `chta`" in service.comments[0]["body"]
    done = act("lint", BROKEN)
    assert done.returncode == 1
    assert "unknown receiver `chta`" in done.stdout
    (issue,) = json.loads((tmp_path / "monitorspec-lint.json").read_text())
    assert issue["location"] == {"path": "specs/shop.monitorspec.yaml", "lines": {"begin": 13}}
    assert act("lint", BROKEN, {"specs": "specs/other.monitorspec.yaml"}).returncode == 0


@pytest.mark.usefixtures("promtool")
def test_tests_are_in_the_report(act: Act, tmp_path: Path) -> None:
    assert act("test", UNPAGED).returncode == 0
    report = ElementTree.parse(tmp_path / "monitorspec-test.xml").getroot()
    assert report.get("failures") == "0"
    assert len(list(report.iter("testcase"))) > 2
