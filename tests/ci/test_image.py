"""The Dockerfile, as far as it can be tried without Docker: its lines, what it copies, and what it installs."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from fnmatch import fnmatch
from pathlib import Path

import pytest

from tests.ci.conftest import ROOT
from tests.ci.programs import program, skip_offline

TEXT = (ROOT / "Dockerfile").read_text(encoding="utf-8")
LINES = [
    line.split(" ", 1)
    for line in re.sub(r"\\\n\s*", "", re.sub(r"^#.*\n", "", TEXT, flags=re.M)).splitlines()
    if line.strip()
]
COPIES = [words.split() for name, words in LINES if name == "COPY"]
FROM_HERE = [source for words in COPIES if not words[0].startswith("--from=") for source in words[:-1]]


def test_hadolint_finds_nothing() -> None:
    done = subprocess.run(
        [str(program("hadolint")), str(ROOT / "Dockerfile")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_what_is_copied_is_there_and_not_ignored() -> None:
    ignore = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
    assert ignore[0] == "*"
    kept = {line[1:] for line in ignore if line.startswith("!")}
    assert {source.removeprefix("./") for source in FROM_HERE} == kept
    for source in FROM_HERE:
        assert (ROOT / source).exists()
    for words in COPIES:
        for source in words[1:-1] if words[0].startswith("--from=") else ():
            assert source.startswith(("/usr/bin/", "/opt/monitorspec"))


def test_the_image_runs_as_nobody_special() -> None:
    last = LINES[max(n for n, (name, _) in enumerate(LINES) if name == "FROM") :]
    values = dict(last)
    assert values["USER"] == "1000"
    assert json.loads(values["ENTRYPOINT"]) == ["monitorspec"]
    assert os.access(ROOT / "ci" / "host.py", os.X_OK)


def _packages() -> list[str]:
    found = [re.search(r"--no-install-recommends ([\w -]+?) &&", words) for name, words in LINES if name == "RUN"]
    return [name for match in found if match for name in match[1].split()]


def test_debian_has_the_packages() -> None:
    assert _packages() == ["prometheus", "prometheus-alertmanager", "git"]
    if not shutil.which("apt-cache") or not list(Path("/var/lib/apt/lists").glob("*bookworm*Packages*")):
        pytest.skip("apt has no lists of Debian 12 here")
    said = subprocess.run(["apt-cache", "policy", *_packages()], capture_output=True, text=True, check=True).stdout
    assert re.findall(r"^(\S+):$", said, re.M) == _packages()
    assert "Candidate: (none)" not in said


def test_the_two_programs_need_nothing_that_the_image_lacks(promtool: Path, amtool: Path) -> None:
    for path in (promtool, amtool):
        if path.parent != Path("/usr/bin") or not shutil.which("ldd"):
            pytest.skip("not the packages' programs")
        said = subprocess.run(["ldd", str(path)], capture_output=True, text=True, check=False).stdout
        libraries = [line.split()[0].rpartition("/")[2] for line in said.splitlines()]
        assert all(
            fnmatch(name, "linux-vdso*") or fnmatch(name, "ld-linux*") or name == "libc.so.6" for name in libraries
        )


@pytest.mark.network
def test_what_is_copied_is_enough_to_install(tmp_path: Path) -> None:
    source = tmp_path / "src"
    source.mkdir()
    (run,) = (words for name, words in LINES if name == "RUN" and "pip" in words)
    before = [words for name, words in LINES[: LINES.index(["RUN", run])] if name == "COPY"]
    for words in before:
        *names, to = words.split()
        for name in names:
            place = source / to / (name if to.endswith("./") else "") if to != f"./{name}" else source / name
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, place, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(ROOT / name, place)
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = run.replace("/opt/monitorspec", str(tmp_path / "opt")).replace("python -m venv", "python3 -m venv")
    done = subprocess.run(
        ["sh", "-c", command], cwd=source, env=env, capture_output=True, text=True, check=False, timeout=400
    )
    if done.returncode:
        skip_offline(done.stderr)
    assert done.returncode == 0, done.stdout + done.stderr
    shutil.rmtree(source)
    spec = tmp_path / "shop.monitorspec.yaml"
    shutil.copy(ROOT / "docs" / "examples" / "cloudwatch.monitorspec.yaml", spec)
    built = subprocess.run(
        [str(tmp_path / "opt" / "bin" / "monitorspec"), "build", "--out", "out", spec.name],
        cwd=tmp_path,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
