"""Two processes give what one gives, whatever becomes of the second one."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from benchmarks.workload import spec
from monitorspec import compiler, parallel
from monitorspec.compiler import plan_of

here = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")


@pytest.fixture
def forking(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "possible", lambda: True)


@here
@pytest.mark.usefixtures("forking")
@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_both_results_come_back() -> None:
    first, (where, text) = parallel.together(os.getpid, lambda: (os.getpid(), "ä" * 300_000))
    assert first == os.getpid() != where
    assert text == "ä" * 300_000


@here
@pytest.mark.usefixtures("forking")
@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_what_dies_there_is_done_here() -> None:
    own = os.getpid()

    def second() -> int:
        if os.getpid() != own:
            os._exit(3)
        return own

    assert parallel.together(lambda: 1, second) == (1, own)


@here
@pytest.mark.usefixtures("forking")
@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_errors_of_either_are_seen(capfd: pytest.CaptureFixture[str]) -> None:
    def fail() -> int:
        raise LookupError("no such thing")

    with pytest.raises(LookupError, match="no such thing"):
        parallel.together(lambda: 1, fail)
    with pytest.raises(LookupError, match="no such thing"):
        parallel.together(fail, lambda: "x" * 3_000_000)
    assert "Traceback" not in capfd.readouterr().err


@here
@pytest.mark.usefixtures("forking")
@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_outputs_are_the_same(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    plan, diagnostics = plan_of(spec(compiler._MANY), str(tmp_path / "spec.yaml"))
    assert plan is not None, diagnostics
    forked = compiler.emit(plan)
    monkeypatch.setattr(parallel, "possible", lambda: False)
    assert compiler.emit(plan) == forked
    assert {artifact.path.partition("/")[0] for artifact in forked} >= {"prometheus", "grafana", "runbooks"}


def test_threads_keep_it_in_one_process() -> None:
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait)
    thread.start()
    try:
        assert not parallel.possible()
    finally:
        stop.set()
        thread.join()
