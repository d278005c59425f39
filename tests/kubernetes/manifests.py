"""Manifests of a spec's agents as tests read them: parsed by PyYAML, held against Kubernetes' own schemas."""

from __future__ import annotations

from typing import Any

import kubernetes_validate
import yaml

from monitorspec.compiler import emit, plan_of

# The oldest and the newest version that kubernetes-validate has schemas of, and one between them.
VERSIONS = ("1.25", "1.31", "1.37")
HEAD = "version: 1\nsystem: shop\nowner: payments\n"


def artifacts(agents: str, environment: str = "", *, head: str = HEAD) -> dict[str, str]:
    """Path → text of the Kubernetes files of a spec with these lines below `agents:`; no finding is allowed."""
    plan, found = plan_of(f"{head}agents:\n{agents}", environment=environment)
    assert found == []
    assert plan is not None
    return {artifact.path: artifact.text for artifact in emit(plan, ("kubernetes",))}


def documents(text: str) -> list[dict[str, Any]]:
    """Every document of a file."""
    return list(yaml.safe_load_all(text))


def made(agent: str, name: str = "it") -> dict[str, dict[str, Any]]:
    """Kind → object, of one agent whose settings are the flow mapping `agent`."""
    (text,) = artifacts(f"  {name}: {agent}\n").values()
    found = documents(text)
    check(found)
    kinds = {document["kind"]: document for document in found}
    assert len(kinds) == len(found)
    return kinds


def check(found: list[dict[str, Any]]) -> None:
    """Hold documents against Kubernetes' strict schemas: no field that it does not know, none of a wrong type."""
    for document in found:
        for version in VERSIONS:
            kubernetes_validate.validate(document, version, strict=True)


def pod(kinds: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The pod of the workload."""
    workload = kinds.get("DaemonSet") or kinds["Deployment"]
    spec: dict[str, Any] = workload["spec"]["template"]["spec"]
    return spec


def container(kinds: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Its one container."""
    (one,) = pod(kinds)["containers"]
    found: dict[str, Any] = one
    return found
