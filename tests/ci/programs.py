"""Linters that tests of CI run: beside the interpreter, in .tools/bin, or on PATH; and installers that may be offline."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent


def program(name: str) -> Path:
    """Where a program is; without it, the test is skipped, or fails where `MONITORSPEC_REQUIRE_TOOLS` asks for it."""
    places = (str(Path(sys.executable).parent), str(ROOT / ".tools" / "bin"), os.environ.get("PATH", ""))
    found = shutil.which(name, path=os.pathsep.join(places))
    if found:
        return Path(found)
    # actionlint is built with go and its modules, which are not everywhere; the others come with the packages for development.
    if os.environ.get("MONITORSPEC_REQUIRE_TOOLS") and name != "actionlint":
        pytest.fail(f"{name} is missing: run `make test`")
    pytest.skip(f"{name} is not here")


_OFFLINE = ("NewConnectionError", "name resolution", "No matching distribution found", "ProxyError", "Read timed out")


def skip_offline(output: str) -> None:
    """Skip the test when an installer that failed says that its registry is out of reach."""
    if any(words in output for words in _OFFLINE):
        pytest.skip("the registry of packages is out of reach")
