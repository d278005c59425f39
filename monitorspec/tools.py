"""The Prometheus and Alertmanager programs on this machine: found, asked for their version, run within a time limit.

In: the name of a program and its arguments. Out: a `Result` with its exit code and output, as data. No shell.
"""

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, NamedTuple

TIMEOUT = 300.0  # seconds
SHORT = 86_400_000
"""A span of a test (ms) for which promtool needs but a small database, and waits longer for the disk to have written it than it
computes. For more than that it makes blocks of samples, with files of hundreds of megabytes for them."""
_SHARE = 200_000  # bytes of rules below which a second process costs more than it gains

_MEMORY = "/dev/shm"
_ROOM = 2**27  # bytes; more than programs need that write little

# promtool says which test file it is at, before it says SUCCESS of it; the words are others since 3.x.
TESTED = re.compile(r"^(?:Unit Testing|Processing test file): +(?P<file>.*?)\n(?P<well>\s*SUCCESS)?", re.MULTILINE)

_PACKAGES = {
    "promtool": "prometheus",
    "prometheus": "prometheus",
    "amtool": "prometheus-alertmanager",
    "alertmanager": "prometheus-alertmanager",
    "node": "nodejs",
}
_OTHER_NAMES = {"alertmanager": ("prometheus-alertmanager",)}  # Debian's name


class ToolMissing(Exception):
    """A program is not on PATH; the message says how to install it."""


class ToolFailed(Exception):
    """A program could not be started, did not end in time, or gave an answer that makes no sense."""


class Result(NamedTuple):
    """How a program ended: its exit code and what it printed."""

    code: int
    stdout: str
    stderr: str

    @property
    def output(self) -> str:
        """Both streams, for people."""
        return (self.stdout + self.stderr).strip()


def find(tool: str) -> Path:
    """Where `tool` is on PATH. Raises ToolMissing."""
    for name in (tool, *_OTHER_NAMES.get(tool, ())):
        found = shutil.which(name)
        if found:
            return Path(found)
    package = _PACKAGES.get(tool, tool)
    apt, brew = f"apt-get install -y --no-install-recommends {package}", package.removeprefix("prometheus-")
    raise ToolMissing(
        f"{tool} is not on PATH. Install it: `{apt}` on Debian or Ubuntu, `brew install {brew}` on macOS, "
        "or take a release of the Prometheus project"
    )


def version(tool: str) -> tuple[int, int]:
    """Major and minor version of `tool`, such as (2, 42). Raises ToolMissing and ToolFailed."""
    return _version(find(tool))


@functools.cache
def _version(path: Path) -> tuple[int, int]:
    result = _run([[str(path), "--version"]], 30.0)[0]
    match = re.search(r"version v?(\d+)\.(\d+)", result.stdout) or re.search(r"version v?(\d+)\.(\d+)", result.stderr)
    if match is None:
        raise ToolFailed(f"{path} --version names no version: {result.output[:200]!r}")
    return int(match[1]), int(match[2])


def run(tool: str, arguments: Sequence[str], *, timeout: float = TIMEOUT, cwd: Path | None = None) -> Result:
    """Run `tool` to its end, within `timeout` seconds. Raises ToolMissing and ToolFailed."""
    return _run([[str(find(tool)), *arguments]], timeout, cwd)[0]


def check_rules(files: Sequence[Path], *, processes: int = 2, timeout: float = TIMEOUT) -> Result:
    """`promtool check rules` on `files`, spread over `processes`: the program itself uses one core."""
    return _spread("promtool", ["check", "rules"], files, processes, timeout)


def prove_rules(files: Sequence[Path], *, processes: int = 2, timeout: float = TIMEOUT, memory: bool = False) -> Result:
    """`promtool test rules` on `files`, spread over `processes`. `memory`: no test in them is longer than `SHORT`."""
    return _spread("promtool", ["test", "rules"], files, processes, timeout, share=0, memory=memory)


def run_all(
    tool: str,
    commands: Sequence[Sequence[str]],
    *,
    processes: int = 2,
    timeout: float = TIMEOUT,
    memory: Sequence[bool] | None = None,
) -> list[Result]:
    """`tool` with each of these arguments, `processes` of them at a time; results in the order given.

    `memory`: of which commands the temporary files are small, and need not wait for a disk.
    """
    if not commands:
        return []
    path = str(find(tool))
    places = memory or [False] * len(commands)

    def one(command: Sequence[str], in_memory: bool) -> Result:
        return _run([[path, *command]], timeout, memory=in_memory)[0]

    if len(commands) == 1 or processes <= 1:
        return list(map(one, commands, places))
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(processes) as threads:
        return list(threads.map(one, commands, places))


def _spread(
    tool: str,
    arguments: list[str],
    files: Sequence[Path],
    processes: int,
    timeout: float,
    share: int = _SHARE,
    memory: bool = False,
) -> Result:
    """One result of several processes: the worst exit code, the output in the order of the shares."""
    if not files:
        return Result(0, "", "")
    path = str(find(tool))
    shares = _shares(files, processes, share)
    results = _run([[path, *arguments, *map(_argument, part)] for part in shares], timeout, memory=memory)
    return Result(max(r.code for r in results), "".join(r.stdout for r in results), "".join(r.stderr for r in results))


def _shares(files: Sequence[Path], processes: int, share: int) -> list[list[Path]]:
    """`files` in at most `processes` lists of about the same size in bytes; the order within a list is kept."""
    sizes = [file.stat().st_size if file.exists() else 0 for file in files]
    if sum(sizes) < share or len(files) == 1:
        return [list(files)]
    parts: list[list[Path]] = [[] for _ in range(max(processes, 1))]
    weights = [0] * len(parts)
    for file, size in zip(files, sizes, strict=True):
        lightest = weights.index(min(weights))
        parts[lightest].append(file)
        weights[lightest] += size + 1
    return [part for part in parts if part]


def _argument(file: Path) -> str:
    """A file name that no program takes for an option."""
    text = str(file)
    return f"./{text}" if text.startswith("-") else text


def _run(commands: list[list[str]], timeout: float, cwd: Path | None = None, memory: bool = False) -> list[Result]:
    """Run `commands` side by side. Output goes through files: a full pipe would hold one back until it is its turn."""
    deadline = time.monotonic() + timeout
    with ExitStack() as stack:
        environment = stack.enter_context(_in_memory()) if memory else None
        running: list[tuple[subprocess.Popen[bytes], IO[bytes], IO[bytes]]] = []
        try:
            for command in commands:
                out = stack.enter_context(tempfile.TemporaryFile())
                err = stack.enter_context(tempfile.TemporaryFile())
                process = subprocess.Popen(
                    command, stdin=subprocess.DEVNULL, stdout=out, stderr=err, cwd=cwd, env=environment
                )
                stack.callback(_end, process)
                running.append((process, out, err))
            return [
                Result(process.wait(max(0.0, deadline - time.monotonic())), _text(out), _text(err))
                for process, out, err in running
            ]
        except subprocess.TimeoutExpired as error:
            raise ToolFailed(f"{Path(commands[0][0]).name} did not end within {timeout:g} s") from error
        except OSError as error:
            raise ToolFailed(f"{commands[0][0]} could not be run: {error}") from error


@contextmanager
def _in_memory() -> Iterator[dict[str, str] | None]:
    """This process's environment with temporary files in memory; None where there is none for that, or TMPDIR says otherwise."""
    if os.environ.get("TMPDIR") or not os.access(_MEMORY, os.W_OK | os.X_OK) or shutil.disk_usage(_MEMORY).free < _ROOM:
        yield None
    else:
        with tempfile.TemporaryDirectory(prefix="monitorspec-", dir=_MEMORY) as folder:
            yield {**os.environ, "TMPDIR": folder}


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.kill()
        process.wait()


def _text(stream: IO[bytes]) -> str:
    stream.seek(0)
    return stream.read().decode("utf-8", "replace")
