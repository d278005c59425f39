"""What the command line's tests share: a project folder with one spec, and the program run in it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
SPEC = """version: 1
system: shop
owner: web
services:
  api:
    thresholds:
      cpu: {expr: 'avg by (pod) (cpu_ratio)', unit: ratio, above: {critical: 90%}, for: 5m}
receivers: {chat: {webhook: {url: 'https://chat.example'}}}
routes: {default: {notify: [chat]}}
environments:
  staging: {services: {api: {thresholds: {cpu: {above: {critical: 95%}}}}}}
"""
WRONG = SPEC.replace("notify: [chat]", "notify: [chta]")

Program = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with specs/shop.monitorspec.yaml, which is the current one."""
    (tmp_path / "specs").mkdir()
    (tmp_path / "specs" / "shop.monitorspec.yaml").write_text(SPEC, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def program(project: Path) -> Program:
    """Runs the real program in the project's folder: `program("lint", "specs", env={…})`."""

    def run(*arguments: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        whole = {**os.environ, "PYTHONPATH": str(ROOT), **(env or {})}
        command = [sys.executable, "-m", "monitorspec", *arguments]
        return subprocess.run(
            command, capture_output=True, encoding="utf-8", cwd=project, env=whole, timeout=60, check=False
        )

    return run


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below a folder with its content."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}
