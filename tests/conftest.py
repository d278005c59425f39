"""Fixtures of the whole test suite: programs that a test needs, and how many examples hypothesis tries."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

from monitorspec import tools

# Each run tries the same examples: a red build is red again when it is looked into.
settings.register_profile("steady", derandomize=True, deadline=None, max_examples=150, database=None)
settings.register_profile("thorough", deadline=None, max_examples=5_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))

_PROGRAMS = ("promtool", "amtool", "prometheus", "alertmanager")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test that runs one of the programs, so that `-m tools` repeats just those on other versions. What installs
    packages is run where MONITORSPEC_NETWORK asks for it, as `make test` does."""
    for item in items:
        if item.get_closest_marker("network") and not os.environ.get("MONITORSPEC_NETWORK"):
            item.add_marker(pytest.mark.skip(reason="installs packages: MONITORSPEC_NETWORK=1 runs it"))
        if set(_PROGRAMS) & set(getattr(item, "fixturenames", ())):
            item.add_marker("tools")


def _program(name: str) -> Path:
    try:
        return tools.find(name)
    except tools.ToolMissing as error:
        # `make test` installs the programs and asks for them; a bare `pytest` may go without.
        if os.environ.get("MONITORSPEC_REQUIRE_TOOLS"):
            pytest.fail(str(error))
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def promtool() -> Path:
    """Where promtool is."""
    return _program("promtool")


@pytest.fixture(scope="session")
def amtool() -> Path:
    """Where amtool is."""
    return _program("amtool")


@pytest.fixture(scope="session")
def prometheus() -> Path:
    """Where the Prometheus server is."""
    return _program("prometheus")


@pytest.fixture(scope="session")
def alertmanager() -> Path:
    """Where the Alertmanager server is."""
    return _program("alertmanager")


@pytest.fixture(scope="session")
def node() -> Path:
    """Where Node.js is."""
    return _program("node")
