"""Agents: what runs in a Kubernetes cluster to collect metrics, logs and traces.

In: nothing (resolve makes them). Out: `Agent` and its parts, with everything that its kind gives filled in.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from monitorspec.plan.alerts import Path


class AgentVariable(NamedTuple):
    """An environment variable: exactly one of `value`, `field` and `secret` is not None."""

    name: str
    value: str | None
    field: str | None
    """Path of a field of the pod."""
    secret: tuple[str, str] | None
    """Name and key of a Secret."""


class AgentPort(NamedTuple):
    name: str
    port: int
    protocol: str
    host_port: int | None


class AgentMount(NamedTuple):
    """`host` is a path on the node, or "" for an empty directory of the pod's own."""

    name: str
    host: str
    path: str
    writable: bool
    propagate: bool


class AgentFile(NamedTuple):
    path: str
    text: str


class AgentProbe(NamedTuple):
    """`path` is "" for a probe that only connects. `port` is a number, or the name of a port. Durations are ms, or None."""

    port: int | str
    path: str
    scheme: str
    delay: int | None
    period: int | None
    timeout: int | None
    failures: int | None


class AgentSecurity(NamedTuple):
    """None where nothing is said."""

    user: int | None
    group: int | None
    privileged: bool
    escalation: bool | None
    read_only_root: bool | None
    drop: tuple[str, ...]
    add: tuple[str, ...]
    seccomp: str
    """A seccomp profile, or ""."""


class AgentAccount(NamedTuple):
    name: str
    create: bool
    annotations: Mapping[str, str]


class AgentPermission(NamedTuple):
    """A rule of a role: resources of API groups, or paths (`urls`)."""

    groups: tuple[str, ...]
    resources: tuple[str, ...]
    names: tuple[str, ...]
    urls: tuple[str, ...]
    verbs: tuple[str, ...]


class AgentToleration(NamedTuple):
    """`key` is "" for every taint, `value` None for any value, `effect` "" for all effects."""

    key: str
    value: str | None
    effect: str


class Agent(NamedTuple):
    name: str
    kind: str
    """What it is, or ""."""
    description: str
    namespace: str
    image: str
    pull_policy: str
    pull_secrets: tuple[str, ...]
    command: tuple[str, ...]
    args: tuple[str, ...]
    variables: tuple[AgentVariable, ...]
    """In an order in which each can name those before it."""
    ports: tuple[AgentPort, ...]
    service: bool
    mounts: tuple[AgentMount, ...]
    files: tuple[AgentFile, ...]
    requests: Mapping[str, str]
    limits: Mapping[str, str]
    liveness: AgentProbe | None
    readiness: AgentProbe | None
    security: AgentSecurity
    account: AgentAccount
    permissions: tuple[AgentPermission, ...]
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    node_selector: Mapping[str, str]
    avoid_nodes: tuple[tuple[str, tuple[str, ...]], ...]
    tolerations: tuple[AgentToleration, ...]
    priority_class: str
    host_network: bool
    host_pid: bool
    grace: int | None
    """How long it may take to end, in ms."""
    max_unavailable: int | str | None
    replicas: int | None
    """None for one pod on every node."""
    origin: Path
