"""A sink and a feeder that run for one test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.live import harness


@pytest.fixture
def sink() -> Iterator[harness.Sink]:
    """Records which receiver was notified of what."""
    service = harness.Sink()
    with harness.serving(service):
        yield service


@pytest.fixture
def feeder() -> Iterator[harness.Feeder]:
    """Serves the metrics that a test gives it."""
    service = harness.Feeder()
    with harness.serving(service):
        yield service
