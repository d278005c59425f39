"""`monitorspec build`: what it writes, what it leaves alone, and how it ends."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from monitorspec.cli import group
from tests.cli.conftest import SPEC, WRONG, Program, tree

SPEC_FILE = Path("specs/shop.monitorspec.yaml")


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(group, arguments)


def test_it_writes_a_folder_per_system_and_says_so_on_stderr(project: Path) -> None:
    done = _run("build")
    assert (done.exit_code, done.stdout) == (0, "")
    made = tree(project / "generated")
    assert all(path.startswith("shop/") for path in made)
    assert {"shop/prometheus/api.rules.yml", "shop/alertmanager/alertmanager.yml", "shop/manifest.json"} <= made.keys()
    first, *_, last = done.stderr.splitlines()
    assert (
        first == f"generated/shop: 1 service, 1 alert, 1 dashboard; files: {len(made) - 1} created"
    )  # and the manifest
    assert "`monitorspec test`" in last


def test_a_second_build_changes_nothing(project: Path) -> None:
    _run("build")
    before = tree(project / "generated")
    times = {path: (project / "generated" / path).stat().st_mtime_ns for path in before}
    done = _run("build")
    assert f"files: {len(before) - 1} unchanged" in done.stderr
    assert tree(project / "generated") == before
    assert {path: (project / "generated" / path).stat().st_mtime_ns for path in before} == times


def test_out_names_another_folder(project: Path) -> None:
    assert _run("build", "--out", "made/here").exit_code == 0
    assert (project / "made/here/shop/manifest.json").is_file()
    assert not (project / "generated").exists()


@pytest.mark.parametrize("level", ["one thing", "everything"])
def test_nothing_is_written_when_anything_is_wrong(project: Path, level: str) -> None:
    _run("build")
    before = tree(project)
    other = project / "specs/other.monitorspec.yaml"
    other.write_text(SPEC.replace("system: shop", "system: other"), encoding="utf-8")
    SPEC_FILE.write_text(WRONG if level == "one thing" else "version: [", encoding="utf-8")
    done = _run("build")
    assert done.exit_code == 1
    assert "error[" in done.stdout
    assert done.stderr.splitlines()[-1] == "nothing was written"
    assert tree(project / "generated") == {
        k.removeprefix("generated/"): v for k, v in before.items() if "generated/" in k
    }


def test_warnings_are_told_and_keep_nothing_from_being_written(project: Path) -> None:
    SPEC_FILE.write_text(SPEC.replace("(cpu_ratio)'", "(cpu_ratio) > 0'"), encoding="utf-8")
    done = _run("build")
    assert done.exit_code == 0
    assert "warning[thresholds/comparison]" in done.stdout
    assert (project / "generated/shop/manifest.json").is_file()


def test_check_passes_on_fresh_outputs_and_writes_nothing(project: Path) -> None:
    _run("build")
    before = tree(project)
    done = _run("build", "--check")
    assert (done.exit_code, done.stdout) == (0, "")
    assert "up to date" in done.stderr
    assert tree(project) == before


def test_check_names_what_is_stale_missing_and_surplus(project: Path) -> None:
    _run("build")
    rules = project / "generated/shop/prometheus/api.rules.yml"
    rules.write_text(rules.read_text(encoding="utf-8").replace("0.9", "0.8"), encoding="utf-8")
    (project / "generated/shop/alertmanager/alertmanager.yml").unlink()
    SPEC_FILE.write_text(SPEC.replace("  api:\n", "  api:\n    dashboard: false\n"), encoding="utf-8")
    before = tree(project)
    done = _run("build", "--check")
    assert done.exit_code == 1
    assert "stale: generated/shop/prometheus/api.rules.yml" in done.stdout
    assert "0.8" in done.stdout
    assert "missing: generated/shop/alertmanager/alertmanager.yml" in done.stdout
    assert "surplus: generated/shop/grafana/dashboards/shop-api.json" in done.stdout
    assert "run `monitorspec build`" in done.stderr
    assert tree(project) == before


def test_check_fails_where_nothing_was_ever_built(project: Path) -> None:
    done = _run("build", "--check")
    assert done.exit_code == 1
    assert "missing: generated/shop/manifest.json" in done.stdout
    assert not (project / "generated").exists()


def test_files_no_longer_made_are_removed_and_those_of_others_stay(project: Path) -> None:
    _run("build")
    notes = project / "generated/shop/prometheus/notes.txt"
    notes.write_text("mine", encoding="utf-8")
    SPEC_FILE.write_text(SPEC.replace("api:", "web:"), encoding="utf-8")
    done = _run("build")
    assert done.exit_code == 0
    assert "removed" in done.stderr
    assert not (project / "generated/shop/prometheus/api.rules.yml").exists()
    assert (project / "generated/shop/prometheus/web.rules.yml").is_file()
    assert notes.read_text(encoding="utf-8") == "mine"


def test_an_edited_output_is_told_before_it_is_gone(project: Path) -> None:
    _run("build")
    rules = project / "generated/shop/prometheus/api.rules.yml"
    made = rules.read_bytes()
    rules.write_bytes(made + b"# by hand\n")
    done = _run("build")
    assert "overwrote generated/shop/prometheus/api.rules.yml, which had been edited by hand" in done.stderr
    assert rules.read_bytes() == made


def test_an_environment_has_a_folder_of_its_own(project: Path) -> None:
    assert _run("build").exit_code == 0
    done = _run("build", "--env", "staging")
    assert done.exit_code == 0
    assert done.stderr.startswith("generated/shop-staging: ")
    rules = "prometheus/api.rules.yml"
    assert "> 0.9\n" in (project / "generated/shop" / rules).read_text(encoding="utf-8")
    assert "> 0.95\n" in (project / "generated/shop-staging" / rules).read_text(encoding="utf-8")
    assert _run("build", "--check").exit_code == 0
    assert _run("build", "--check", "--env", "staging").exit_code == 0


def test_an_unknown_environment_is_an_error_that_names_the_known(project: Path) -> None:
    done = _run("build", "--env", "stagin")
    assert done.exit_code == 1
    assert "unknown environment `stagin`" in done.stdout
    assert "staging" in done.stdout
    assert not (project / "generated").exists()


def test_a_target_is_made_alone_and_the_others_stay(project: Path) -> None:
    _run("build")
    before = tree(project / "generated/shop")
    SPEC_FILE.write_text(SPEC.replace("critical: 90%", "critical: 80%"), encoding="utf-8")
    assert _run("build", "--target", "prometheus").exit_code == 0
    after = tree(project / "generated/shop")
    assert after.keys() == before.keys()
    changed = {path for path in before if before[path] != after[path]}
    assert changed == {"prometheus/api.rules.yml", "manifest.json"}
    owned = json.loads(after["manifest.json"])["files"]
    assert owned.keys() == before.keys() - {"manifest.json"}


def test_a_target_into_an_empty_folder_makes_only_its_files(project: Path) -> None:
    assert _run("build", "--target", "prometheus", "--target", "alertmanager").exit_code == 0
    assert {path.split("/")[0] for path in tree(project / "generated/shop")} == {
        "prometheus",
        "alertmanager",
        "manifest.json",
    }


def test_an_unknown_target_is_misuse(project: Path) -> None:
    done = _run("build", "--target", "promethius")
    assert done.exit_code == 2
    assert "prometheus" in done.stderr
    assert not (project / "generated").exists()


def test_two_specs_of_one_system_are_an_error(project: Path) -> None:
    (project / "specs/twin.monitorspec.yaml").write_text(SPEC, encoding="utf-8")
    done = _run("build")
    assert done.exit_code == 1
    assert "error[names/twice]: system `shop` is also the one of specs/shop.monitorspec.yaml" in done.stdout
    assert not (project / "generated").exists()


def test_a_folder_below_is_searched_and_hidden_ones_are_not(project: Path) -> None:
    inner = project / "specs/team/inner.monitorspec.yml"
    inner.parent.mkdir()
    inner.write_text(SPEC.replace("system: shop", "system: inner"), encoding="utf-8")
    hidden = project / "specs/.git/x.monitorspec.yaml"
    hidden.parent.mkdir()
    hidden.write_text("version: [", encoding="utf-8")
    assert _run("build").exit_code == 0
    assert sorted(p.name for p in (project / "generated").iterdir()) == ["inner", "shop"]


@pytest.mark.usefixtures("project")
def test_a_path_that_is_not_there_is_misuse() -> None:
    done = _run("build", "nowhere.monitorspec.yaml")
    assert done.exit_code == 2
    assert "there is no file or folder `nowhere.monitorspec.yaml`" in done.stderr


@pytest.mark.usefixtures("project")
def test_a_folder_without_specs_is_misuse_that_tells_their_names() -> None:
    Path("empty").mkdir()
    done = _run("build", "empty")
    assert done.exit_code == 2
    assert ".monitorspec.yaml" in done.stderr


def test_an_output_folder_that_cannot_be_written_is_one_sentence(project: Path, program: Program) -> None:
    (project / "generated").write_text("a file", encoding="utf-8")
    done = program("build")
    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith("monitorspec: generated")
    assert (project / "generated").read_text(encoding="utf-8") == "a file"


@pytest.mark.skipif(os.name != "posix", reason="symbolic links")
def test_outputs_are_not_written_through_a_symbolic_link(project: Path, program: Program) -> None:
    outside = project / "outside"
    outside.mkdir()
    (project / "generated").mkdir()
    (project / "generated/shop").symlink_to(outside, target_is_directory=True)
    done = program("build")
    assert done.returncode == 2
    assert "symbolic link" in done.stderr
    assert list(outside.iterdir()) == []


@pytest.mark.skipif(os.name != "posix", reason="symbolic links")
def test_a_spec_may_be_a_symbolic_link(project: Path) -> None:
    real = project / "real.yaml"
    SPEC_FILE.rename(real)
    SPEC_FILE.symlink_to(real)
    assert _run("build").exit_code == 0
    assert (project / "generated/shop/manifest.json").is_file()


def test_a_build_with_findings_in_json_prints_json_alone(project: Path) -> None:
    SPEC_FILE.write_text(WRONG, encoding="utf-8")
    done = _run("build", "--format", "json")
    assert done.exit_code == 1
    data = json.loads(done.stdout)
    assert "chta" in json.dumps(data)
    assert not (project / "generated").exists()


def test_it_says_when_nobody_is_told(project: Path) -> None:
    spec = "version: 1\nsystem: shop\nowner: x\nservices: {api: {thresholds: {t: {expr: up, below: {critical: 1}}}}}\n"
    (project / SPEC_FILE).write_text(spec)
    done = _run("build")
    assert done.exit_code == 0
    assert "nobody is told of its alerts" in done.stderr
    assert not (project / "generated" / "shop" / "alertmanager").exists()


def test_it_says_what_no_test_proves(project: Path) -> None:
    spec = (
        "version: 1\nsystem: shop\nowner: x\nservices: {api: {thresholds: {t: {expr: hour(), above: {critical: 5}}}}}\n"
    )
    (project / SPEC_FILE).write_text(spec)
    assert "not proven: api.t.critical: " in _run("build").stderr
