"""The same spec makes the same bytes, whatever the seed of hashes, the folder, the locale or the Python."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import ROOT, tree

PROBE = "import click, jinja2, orjson, pydantic, ruamel.yaml, promql_parser, sys; print(sys.version_info[:2])"


def _built(folder: Path, python: str = sys.executable, **env: str) -> dict[str, bytes]:
    whole = {**os.environ, "PYTHONPATH": str(ROOT), **env}
    command = [python, "-m", "monitorspec", "build", str(ROOT / "specs"), "--out", str(folder)]
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=folder.parent, env=whole, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return tree(folder)


def test_neither_hashes_nor_the_locale_nor_the_time_zone_matter(tmp_path: Path) -> None:
    first = _built(tmp_path / "a", PYTHONHASHSEED="0")
    assert len(first) > 50
    assert _built(tmp_path / "b", PYTHONHASHSEED="1", TZ="Pacific/Auckland", LC_ALL="C", PYTHONUTF8="0") == first


@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13", "3.14"])
def test_no_other_python_makes_other_bytes(version: str, tmp_path: Path) -> None:
    """Pythons that have the packages: those of `make test-pythons`."""
    for python in (f"{ROOT}/.tools/python{version}/bin/python", shutil.which(f"python{version}")):
        if python is None or not Path(python).exists():
            continue
        probed = subprocess.run([python, "-c", PROBE], capture_output=True, cwd=ROOT, timeout=60, check=False)
        if probed.returncode == 0:
            assert _built(tmp_path / "other", python) == _built(tmp_path / "mine")
            return
    pytest.skip(f"no Python {version} with the packages")
