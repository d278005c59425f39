"""action.yml from end to end: its steps are run by bash in a checkout of a pull request, with a service that answers as GitHub."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from ci.host import MARKER
from tests.ci.conftest import BROKEN, ROOT, SPEC, UNPAGED, Project, Service, git
from tests.ci.programs import program, skip_offline
from tests.ci.runner import Run, run

ACTION = ROOT / "action.yml"
DOCUMENT = yaml.safe_load(ACTION.read_text(encoding="utf-8"))

Act = Callable[..., Run]
QUICK = {"test": "false"}
"""Inputs of tests that are not about the step which runs promtool."""


def environment(folder: Path, url: str, event: Mapping[str, Any], project: Project) -> dict[str, str]:
    """The environment of a job; monitorspec is installed already."""
    temp = folder / "temp"
    programs = temp / "monitorspec" / "bin"
    programs.mkdir(parents=True)
    for name, arguments in (("python", ""), ("monitorspec", "-m monitorspec")):
        shim = programs / name
        # -I would take away the path to the code under test.
        shim.write_text(
            f'#!/bin/sh\n[ "$1" != -I ] || shift\nPYTHONPATH="{ROOT}" exec "{sys.executable}" {arguments} "$@"\n'
        )
        shim.chmod(0o755)
    (folder / "event.json").write_text(json.dumps(event), encoding="utf-8")
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "RUNNER_TEMP": str(temp),
        "GITHUB_ACTIONS": "true",
        "GITHUB_ACTION_PATH": str(ROOT),
        "GITHUB_API_URL": url,
        "GITHUB_SERVER_URL": "https://github.com",
        "GITHUB_REPOSITORY": "acme/shop",
        "GITHUB_RUN_ID": "99",
        "GITHUB_SHA": project.merge,
        "GITHUB_REF": "refs/pull/12/merge",
        "GITHUB_EVENT_PATH": str(folder / "event.json"),
    }


@pytest.fixture
def act(tmp_path: Path, service: Service) -> Act:
    """Runs the action on a pull request that changes the spec: `act(UNPAGED, {"fail-on": "risky"}, head={…})`."""
    made: dict[str, Project] = {}
    steps = DOCUMENT["runs"]["steps"]
    installed = tmp_path / "action.yml"
    assert steps[0]["id"] == "install"
    quiet = {**DOCUMENT, "runs": {**DOCUMENT["runs"], "steps": [{**steps[0], "run": ":"}, *steps[1:]]}}
    installed.write_text(yaml.safe_dump(quiet, sort_keys=False, allow_unicode=True), encoding="utf-8")

    def once(change: str, inputs: Mapping[str, str] | None = None, event: Any = None, **pull: Any) -> Run:
        folder = tmp_path / f"run{len(made)}"
        folder.mkdir()
        project = made[str(folder)] = Project(folder, change)
        told = event(project) if event else project.event(**pull)
        env = environment(folder, service.url, told, project)
        github = {"token": "secret-token", "workspace": str(project.checkout)}
        before = git(project.checkout, "status", "--porcelain"), git(project.checkout, "rev-parse", "HEAD")
        found = run(installed, inputs or {}, env, project.checkout, github)
        assert (git(project.checkout, "status", "--porcelain"), git(project.checkout, "rev-parse", "HEAD")) == before
        assert "secret-token" not in found.log + found.summary
        return found

    return once


@pytest.mark.usefixtures("promtool")
def test_a_pull_request_of_ones_own(act: Act, service: Service) -> None:
    found = act(UNPAGED)
    assert found.failed == []
    assert "other" not in found.steps["Review the change"].log  # what went on meanwhile is not of this change
    (comment,) = service.comments
    assert re.match(rf"{MARKER}\n### Monitoring: .*; \d risky\n", comment["body"])
    assert re.search(r"^- \[ \] .*`api\.queue\.critical`.*no longer pages anyone", comment["body"], re.M)
    assert found.summary.rstrip() == comment["body"].rstrip()
    assert "no longer pages anyone" in found.steps["Review the change"].log
    assert "shop: 2 rules" in found.steps["Test"].log


def test_a_ticked_box_is_kept_and_lets_the_job_pass(act: Act, service: Service) -> None:
    first = act(UNPAGED, {**QUICK, "fail-on": "risky"})
    assert first.failed == ["Review the change"]
    (comment,) = service.comments
    comment["body"] = comment["body"].replace("- [ ] ", "- [x] ").replace("\n", "\r\n")
    second = act(UNPAGED, {**QUICK, "fail-on": "risky"})
    assert second.failed == []
    assert [c["id"] for c in service.comments] == [comment["id"]]
    assert "- [x] <!-- acknowledge:" in service.comments[0]["body"]
    assert "- [ ]" not in service.comments[0]["body"]
    assert re.match(rf"{MARKER}\n### Monitoring: .*; \d acknowledged\n", service.comments[0]["body"])


def test_a_file_acknowledges_as_well(act: Act, service: Service, tmp_path: Path) -> None:
    act(UNPAGED, QUICK)
    marks = re.findall("acknowledge:(\\w+)", service.comments[0]["body"])
    (tmp_path / "known.txt").write_text("".join(f"{mark} decided with the team\n" for mark in marks))
    found = act(UNPAGED, {**QUICK, "fail-on": "risky", "acknowledged": str(tmp_path / "known.txt")})
    assert found.failed == []
    assert "decided with the team" in service.comments[0]["body"]


def test_a_fork_with_a_token_that_may_only_read(act: Act, service: Service) -> None:
    service.read_only = True
    found = act(UNPAGED, QUICK, head={"sha": "0" * 40, "repo": {"full_name": "stranger/shop"}}, base={"sha": "1" * 40})
    # The head of this event is not the one checked out, and its base is nowhere: told, and nothing else is broken by it.
    assert found.failed == ["Find what to compare with"]
    assert "::error title=monitorspec::commit 111111111111 cannot be fetched" in found.log

    def fork(project: Project) -> dict[str, Any]:
        return project.event(head={"sha": project.head, "repo": {"full_name": "stranger/shop"}})

    found = act(UNPAGED, QUICK, event=fork)
    assert found.failed == []
    assert service.comments == []
    assert "::notice title=monitorspec::no comment was written" in found.steps["Comment"].log
    assert "no longer pages anyone" in found.summary


def test_a_fork_cannot_tick_its_own_boxes(act: Act, service: Service) -> None:
    act(UNPAGED, QUICK)
    forged = service.comments.pop()["body"].replace("- [ ] ", "- [x] ")
    service.add(forged, user={"type": "User"}, author_association="FIRST_TIME_CONTRIBUTOR")
    assert act(UNPAGED, {**QUICK, "fail-on": "risky"}).failed == ["Review the change"]


def test_no_change_makes_no_comment_and_takes_an_old_one_back(act: Act, service: Service) -> None:
    found = act(SPEC + "# The same\n", QUICK)
    assert found.failed == []
    assert service.comments == []
    assert "### Monitoring: no changes" in found.summary
    act(UNPAGED, QUICK)
    act(SPEC, QUICK)
    (comment,) = service.comments
    assert comment["body"].startswith(f"{MARKER}\n### Monitoring: no changes\n")


def test_a_broken_spec_is_told_once_in_the_log_and_in_the_comment(act: Act, service: Service) -> None:
    found = act(BROKEN, {"sarif": "true"})
    assert found.failed == ["Lint", "Review the change"]
    assert found.steps["Test"].outcome == "skipped"
    assert found.log.count("::error file=specs/shop.monitorspec.yaml,line=13") == 1
    (comment,) = service.comments
    assert comment["body"].startswith(f"{MARKER}\n### Monitoring: 1 error\n")
    assert "unknown receiver `chta`" in comment["body"]
    assert len(service.reports) == 1
    assert "Traceback" not in found.log


@pytest.mark.usefixtures("promtool")
def test_a_failed_test_is_an_annotation_and_the_review_is_made_all_the_same(act: Act, service: Service) -> None:
    wrong = (
        UNPAGED + "tests: {a queue: {series: {queue_size: 0+0x60}, at: 30m, expect: {api.queue.critical: [chat]}}}\n"
    )
    found = act(wrong)
    assert found.failed == ["Test"]
    assert "::error file=specs/shop.monitorspec.yaml,line=14" in found.steps["Test"].log
    assert len(service.comments) == 1


def test_what_is_left_out_is_left_out(act: Act, service: Service) -> None:
    found = act(UNPAGED, {**QUICK, "diff": "false"})
    assert found.failed == []
    ran = [step.name for step in found.steps.values() if step.outcome == "success"]
    assert ran == ["Install monitorspec", "Lint"]
    found = act(UNPAGED, {**QUICK, "comment": "false"})
    assert "no longer pages anyone" in found.summary
    assert service.calls == []


def test_outputs_that_are_not_up_to_date(act: Act) -> None:
    found = act(UNPAGED, {**QUICK, "build-check": "true", "comment": "false"})
    assert found.failed == ["Check that outputs are up to date"]


def test_specs_are_named_one_a_line(act: Act) -> None:
    found = act(
        BROKEN,
        {**QUICK, "comment": "false", "specs": "specs/other.monitorspec.yaml\nspecs/other.monitorspec.yaml"},
    )
    assert found.failed == []
    assert "1 spec: nothing to say" in found.steps["Lint"].log


def test_a_push_is_reviewed_in_the_summary(act: Act, service: Service) -> None:
    found = act(UNPAGED, QUICK, event=lambda project: {"before": project.base})
    assert found.failed == []
    assert "no longer pages anyone" in found.summary
    assert service.calls == []
    found = act(UNPAGED, QUICK, event=lambda _: {"before": "0" * 40})
    assert found.failed == []
    assert found.steps["Review the change"].outcome == "skipped"


def test_texts_from_outside_run_nothing_and_command_nothing(act: Act, service: Service, tmp_path: Path) -> None:
    evil = "$(touch HACKED) `touch HACKED` ; touch HACKED\n::set-output name=base::x\n'\""
    spec = UNPAGED.replace("queue_size", "'::error ::queue_size'").replace("system: shop", "system: shop # ::error::x")
    found = act(spec, {**QUICK, "specs": evil, "against": evil.split("\n")[0], "environment": evil})
    assert found.failed != []
    assert "Traceback" not in found.log
    found = act(
        UNPAGED.replace("receivers:", "# ::error::x\nreceivers:").replace("queue:", "queue: # %0A::error::x\n       "),
        QUICK,
    )
    assert [*tmp_path.rglob("HACKED"), *Path.cwd().glob("HACKED")] == []
    review = found.steps["Review the change"].log
    stop = review.split("\n")[0]
    assert stop.startswith("::stop-commands::")
    assert review.rstrip().endswith(f"::{stop.removeprefix('::stop-commands::')}::")
    assert stop not in act(UNPAGED, QUICK).log
    assert len(service.comments) == 1


def test_what_the_action_is_made_of_is_safe() -> None:
    for step in DOCUMENT["runs"]["steps"]:
        assert "uses" not in step  # nothing of others, so nothing to pin
        assert "${{" not in step["run"]
        for value in step.get("env", {}).values():
            assert "github.event" not in str(value)
        # The token is where it is used, and not where specs are read.
        assert ("GITHUB_TOKEN" in step.get("env", {})) == ("ci/host.py" in step["run"])


def test_the_metadata_is_what_github_takes() -> None:
    command = [str(program("check-jsonschema")), "--builtin-schema", "vendor.github-actions", str(ACTION)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("step", DOCUMENT["runs"]["steps"], ids=lambda step: step["name"])
def test_a_script_has_no_finding_of_shellcheck(step: dict[str, str]) -> None:
    command = [str(program("shellcheck")), "--shell=bash", "--severity=style", "-"]
    done = subprocess.run(command, input=step["run"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.network
def test_the_action_installs_itself(tmp_path: Path) -> None:
    script = DOCUMENT["runs"]["steps"][0]["run"]
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    for name in ("venv", "pip", "ensurepip", "click", "monitorspec"):
        # A pull request brings files of these names: none of them is run.
        (checkout / f"{name}.py").write_text("open('HACKED', 'w'); raise SystemExit('hacked')\n")
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    env |= {"PYTHON": sys.executable, "RUNNER_TEMP": str(tmp_path), "GITHUB_ACTION_PATH": str(ROOT)}
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
    done = subprocess.run(command, cwd=checkout, env=env, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode:
        skip_offline(done.stderr)
    assert done.returncode == 0, done.stdout + done.stderr
    said = subprocess.check_output(
        [str(tmp_path / "monitorspec/bin/monitorspec"), "--version"], cwd=checkout, env=env, text=True
    )
    assert "monitorspec" in said
    assert not (checkout / "HACKED").exists()


def test_an_interpreter_that_is_too_old_is_told(tmp_path: Path) -> None:
    old = tmp_path / "python3.10"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    command = ["bash", "-eo", "pipefail", "-c", DOCUMENT["runs"]["steps"][0]["run"]]
    env = {
        "PATH": os.environ["PATH"],
        "PYTHON": str(old),
        "RUNNER_TEMP": str(tmp_path),
        "GITHUB_ACTION_PATH": str(ROOT),
    }
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stdout.startswith("::error title=monitorspec::")
    assert not (tmp_path / "monitorspec").exists()


def test_promtool_that_cannot_be_installed_is_told(tmp_path: Path) -> None:
    (step,) = (step for step in DOCUMENT["runs"]["steps"] if step["name"] == "Install promtool")
    bash = shutil.which("bash")
    assert bash
    done = subprocess.run(
        [bash, "-eo", "pipefail", "-c", step["run"]],
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stdout.startswith("::error title=monitorspec::promtool is not on PATH")


def test_promtool_is_installed_with_the_rights_of_the_user(tmp_path: Path) -> None:
    (step,) = (step for step in DOCUMENT["runs"]["steps"] if step["name"] == "Install promtool")
    for name, body in {
        "id": "echo 1000",
        "sudo": 'echo "sudo $*" >> "$LOG"',
        "apt-get": "exit 9",
    }.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{body}\n")
        (tmp_path / name).chmod(0o755)
    bash = shutil.which("bash")
    assert bash
    env = {"PATH": str(tmp_path), "LOG": str(tmp_path / "log")}
    subprocess.run([bash, "-eo", "pipefail", "-c", step["run"]], env=env, check=True, capture_output=True)
    assert (tmp_path / "log").read_text().splitlines() == [
        "sudo apt-get update -qq",
        "sudo env RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends prometheus",
    ]
