"""Manifests before the validation of Kubernetes' API server itself, which knows far more than its schemas.

`make test-kubernetes` builds the program that these tests run; without it they are skipped.
"""

from __future__ import annotations

import json
import random
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from monitorspec import agents
from monitorspec.compiler import compile_file, emit, plan_of
from monitorspec.spec.schema import validator

ROOT = Path(__file__).parents[2]
PROGRAM = ROOT / ".tools" / "bin" / "kubecheck"
SPECS = 400

NAMES = (
    "a", "a-b", "a.b", "A", "a_b", "-a", "a-", "1", "1a", "a" * 63, "a" * 64, "a/b", "ex.io/b", "é", "a b", "x1", "default",
    "b" * 253, "config-files", "..a", "app", ".x", "_x", "a--b", "abcdefghijklmno", "abcdefghijklmnop", "DD_X", "0.0.0.0",
)  # fmt: skip
TEXTS = (*NAMES, "", "*", "yes", "0", "-1", "a:b", "$(A)", "$$(A)", "/x", "http://x", " ", "a\nb")
PATHS = ("/", "/a", "/a/", "/a/b", "a", "/a/../b", "/a:b", "/var/log", "/A b", "/é", "/a//b", "/.a", "/..a", "/a/.")
AMOUNTS = ("1", "0.5", "100m", "1Mi", "1.5Gi", "1e3", "1E", "1Ki", "0", "5n", ".5", "1.", "1k", "1" + "0" * 20, "1Ei")
NUMBERS = (-1, 0, 1, 80, 443, 8125, 65535, 65536, 2**31 - 1, 2**31)
FIELDS = (
    "status.hostIP",
    "metadata.labels['a']",
    "metadata.labels['a b']",
    "metadata.annotations['A.b/c']",
    "metadata.uid",
)
TAINTS = (
    "*",
    "*:NoSchedule",
    "a",
    "a:NoExecute",
    "a=b",
    "a=:NoSchedule",
    "a/b=c:NoSchedule",
    "a b",
    "*:",
    "A=B:NoExecute",
)
RESOURCES = ("cpu", "memory", "ephemeral-storage", "ex.io/gpu", "hugepages-2Mi", "gpu", "hugepages-", "requests.x/y")


class Writer:
    """Writes agents at random, many of them wrong in some way."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def spec(self) -> str:
        agent = self._some(self._keys(), 5)
        kinds = [kind for kind in agents.known() if not agents.kind(kind).needs]
        if self._random.random() < 0.5:
            agent["kind"] = self._random.choice(kinds)
        agent.setdefault("image", "a:1")
        name = self._random.choice(("it", "x1", "2x"))
        return json.dumps({"version": 1, "system": "s", "owner": "o", "agents": {name: agent}})

    def _keys(self) -> dict[str, Callable[[], Any]]:
        one, flag = self._one, self._flag
        probe = lambda: self._some({  # noqa: E731
            "port": one(NUMBERS + NAMES), "path": one(PATHS), "scheme": one(("HTTP", "HTTPS")),
            "delay": one(("0s", "1s", "5ms")), "timeout": one(("0s", "1s", "1h")), "failures": one((-1, 0, 1, 3)),
        })  # fmt: skip
        amounts = self._map(one(RESOURCES), one(AMOUNTS))
        return {
            "namespace": one(NAMES), "image": one(("a", "a:1", "a b", "x/y@sha256:" + "0" * 64)),
            "pull_policy": one(("Always", "Never")), "pull_secrets": one(NAMES), "args": lambda: [one(TEXTS)()],
            "env": self._map(one(NAMES), one(TEXTS)), "fields": self._map(one(NAMES), one(FIELDS)),
            "secrets": self._map(one(NAMES), lambda: {"name": one(NAMES)(), "key": one(NAMES)()}),
            "ports": self._map(one(NAMES), lambda: self._some({
                "port": one(NUMBERS), "protocol": one(("TCP", "UDP", "SCTP")), "host_port": one(NUMBERS),
            })),
            "service": flag, "files": self._map(one(PATHS), one(TEXTS)),
            "mounts": self._map(one(NAMES), lambda: self._some({
                "host": one(PATHS), "path": one(PATHS), "writable": flag, "propagate": flag,
            })),
            "resources": lambda: self._some({"requests": amounts, "limits": amounts}),
            "liveness": probe, "readiness": probe,
            "security": lambda: self._some({
                "user": one(NUMBERS), "group": one(NUMBERS), "privileged": flag, "escalation": flag, "read_only_root": flag,
                "drop": one(("ALL", "CAP_X")), "add": one(("SYS_TIME", "SYS_ADMIN")), "seccomp": one(("Unconfined",)),
            }),
            "account": lambda: self._some({
                "name": one(NAMES), "create": flag, "annotations": self._map(one(NAMES), one(TEXTS)),
            }),
            "permissions": self._map(one(NAMES), lambda: self._some({
                "groups": lambda: [one(TEXTS)()], "resources": one(NAMES), "names": one(NAMES), "urls": one(PATHS),
                "verbs": one(NAMES),
            })),
            "labels": self._map(one(NAMES), one(TEXTS)), "annotations": self._map(one(NAMES), one(TEXTS)),
            "node_selector": self._map(one(NAMES), one(TEXTS)), "avoid_nodes": self._map(one(NAMES), one(NAMES)),
            "tolerations": one(TAINTS), "priority_class": one(NAMES), "host_network": flag, "host_pid": flag,
            "grace": one(("0s", "5s", "1500ms")), "max_unavailable": one((1, "10%", "100%")), "replicas": one((0, 1, 3)),
        }  # fmt: skip

    def _one(self, values: tuple[Any, ...]) -> Callable[[], Any]:
        return lambda: self._random.choice(values)

    def _flag(self) -> bool:
        return self._random.random() < 0.5

    def _map(self, key: Callable[[], Any], value: Callable[[], Any]) -> Callable[[], dict[Any, Any]]:
        return lambda: {key(): value() for _ in range(self._random.randint(1, 2))}

    def _some(self, makers: dict[str, Callable[[], Any]], most: int = 4) -> dict[str, Any]:
        chosen = self._random.sample(list(makers), self._random.randint(1, min(most, len(makers))))
        return {name: makers[name]() for name in chosen}


@pytest.fixture(scope="module")
def kubecheck() -> Path:
    if not PROGRAM.exists():
        pytest.skip("run `make test-kubernetes`")
    return PROGRAM


def refused(program: Path, files: list[Path]) -> str:
    """What the API server refuses of these files."""
    done = subprocess.run([program, *files], capture_output=True, text=True, timeout=300)
    assert done.stdout.splitlines()[-1].split()[0] != "0"
    return "\n".join(line for line in done.stdout.splitlines()[:-1] if ": warning: " not in line) + done.stderr


def accepted(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, str]]:
    """Specs of agents without an error, and their manifests."""
    built = validator()
    monkeypatch.setattr("monitorspec.spec.validate.validator", lambda: built)  # once for all
    writer = Writer(20)
    for _ in range(SPECS * 20):
        spec = writer.spec()
        plan, _ = plan_of(spec)
        if plan is not None:
            yield spec, "---\n".join(artifact.text for artifact in emit(plan, ("kubernetes",)))


def test_what_has_no_error_the_api_server_takes(
    kubecheck: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = []
    for number, (_, text) in zip(range(SPECS), accepted(monkeypatch), strict=False):
        files.append(tmp_path / f"{number}.yml")
        files[-1].write_text(text, encoding="utf-8")
    assert len(files) == SPECS
    assert refused(kubecheck, files) == ""


def test_the_examples_are_taken(kubecheck: Path, tmp_path: Path) -> None:
    plan = compile_file(ROOT / "docs" / "examples" / "agents.monitorspec.yaml").plan
    assert plan is not None
    files = []
    for artifact in emit(plan, ("kubernetes",)):
        files.append(tmp_path / artifact.path.replace("/", "-"))
        files[-1].write_text(artifact.text, encoding="utf-8")
    assert refused(kubecheck, files) == ""
    files[0].write_text(
        files[0].read_text().replace("mountPath: /proc", "mountPath: ''").replace("port: 8125", "port: 0")
    )
    assert "port: Invalid value: 0" in refused(kubecheck, files)
