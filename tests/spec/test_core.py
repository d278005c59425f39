"""The compiled validator without its package: the same classes, and the package still whole for whoever wants it."""

from __future__ import annotations

import subprocess
import sys

import pytest

ALONE = "import sys\nfrom monitorspec.spec.core import core\nfound = core()\n"


def _run(program: str) -> str:
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_the_package_is_not_loaded() -> None:
    assert (
        _run(ALONE + "print('pydantic_core' in sys.modules, 'pydantic_core.core_schema' in sys.modules)")
        == "False False"
    )


@pytest.mark.parametrize(
    "program",
    [
        ALONE + "import pydantic, pydantic_core",
        "import pydantic, pydantic_core\n" + ALONE,
        "import pydantic_core\n" + ALONE + "import pydantic",
    ],
)
def test_pydantic_has_the_same_classes(program: str) -> None:
    check = """
class Model(pydantic.BaseModel):
    n: int
try:
    Model(n="x")
except found.ValidationError as error:
    print(type(error) is pydantic.ValidationError is pydantic_core.ValidationError, error.error_count())
"""
    assert _run(f"{program}\n{check}") == "True 1"
