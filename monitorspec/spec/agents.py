"""What a user writes about the agents that collect metrics, logs and traces in a Kubernetes cluster.

In: nothing. Out: the record types of `agents:`. Everything is optional here, because an agent's kind has it already
(`monitorspec/data/agents/`); what has to be there in the end, resolve checks.
"""

from __future__ import annotations

from typing import Literal

from monitorspec.spec.amounts import AmountText, PortName, Share
from monitorspec.spec.record import record
from monitorspec.spec.units import Duration, Strings


@record
class AgentSecret:
    """A key of a Kubernetes Secret in the agent's namespace. The Secret itself is never made here."""

    name: str | None = None
    """Name of the Secret."""
    key: str | None = None
    """Key in it."""


@record
class AgentPort:
    """A port that the agent listens on."""

    port: int | None = None
    """Its number."""
    protocol: Literal["TCP", "UDP", "SCTP"] | None = None
    """TCP unless told."""
    host_port: int | None = None
    """Port of the node that leads to it; none unless told."""


@record
class AgentMount:
    """A directory or file in the agent's container: one of the node, or an empty one of the pod's own."""

    host: str | None = None
    """Path on the node; without it the directory is empty at first, and goes with the pod."""
    path: str | None = None
    """Path in the container; the one on the node unless told."""
    writable: bool | None = None
    """Whether the agent may write there; only to its own empty directories unless told."""
    propagate: bool | None = None
    """Whether the agent sees what the node mounts below it later."""


@record
class AgentResources:
    """What a pod of the agent may use, as Kubernetes writes it: `cpu: 200m`, `memory: 256Mi`."""

    requests: dict[str, AmountText] | None = None
    """What is set aside for it on the node."""
    limits: dict[str, AmountText] | None = None
    """What it cannot go beyond."""


@record
class AgentProbe:
    """How the kubelet asks the agent how it is: with a path by HTTP, without one by connecting to the port."""

    port: PortName | None = None
    """Number of the port, or its name in `ports`."""
    path: str | None = None
    """Path of the page to get."""
    scheme: Literal["HTTP", "HTTPS"] | None = None
    """HTTP unless told."""
    delay: Duration | None = None
    """How long to wait before the first time."""
    period: Duration | None = None
    """How often; 10s unless told."""
    timeout: Duration | None = None
    """How long an answer may take; 1s unless told."""
    failures: int | None = None
    """How many times in a row it may fail; 3 unless told."""


@record
class AgentSecurity:
    """What the agent's container is allowed to."""

    user: int | None = None
    """Id of the user it runs as; the image's unless told. One other than 0 also forbids to run as root."""
    group: int | None = None
    """Id of its group."""
    privileged: bool | None = None
    """Whether it may do anything on the node."""
    escalation: bool | None = None
    """Whether its processes may gain more rights than they began with."""
    read_only_root: bool | None = None
    """Whether its own file system is read-only; mounts are as they say themselves."""
    drop: Strings | None = None
    """Linux capabilities that are taken from it, such as `ALL`."""
    add: Strings | None = None
    """Linux capabilities that are given to it, such as `SYS_TIME`."""
    seccomp: Literal["RuntimeDefault", "Unconfined"] | None = None
    """Profile of the system calls that it may make."""


@record
class AgentAccount:
    """The service account that the agent's pods run as."""

    name: str | None = None
    """Its name; the agent's unless told."""
    create: bool | None = None
    """Whether it is made here; true unless told."""
    annotations: dict[str, str] | None = None
    """Its annotations, such as the IAM role that it assumes."""


@record
class AgentPermission:
    """What the agent may ask the cluster's API for: a rule of its ClusterRole."""

    groups: list[str] | None = None
    """API groups; the core group unless told."""
    resources: Strings | None = None
    """Resources, such as `pods` or `nodes/stats`."""
    names: Strings | None = None
    """Only the resources of these names."""
    urls: Strings | None = None
    """Paths of the API server that are no resources, such as `/metrics`."""
    verbs: Strings | None = None
    """What it may do: get, list, watch and so on."""


@record
class Agent:
    """An agent that collects metrics, logs or traces on every node of a Kubernetes cluster (a DaemonSet)."""

    kind: str | None = None
    """What it is, with ready settings for all that follows; without a kind, the agent is what is said here."""
    description: str | None = None
    """What it is there for."""
    namespace: str | None = None
    """Namespace of all its objects, which has to exist; `default` unless told."""
    image: str | None = None
    """Image of its container, with a version."""
    pull_policy: Literal["Always", "IfNotPresent", "Never"] | None = None
    """When the image is fetched."""
    pull_secrets: Strings | None = None
    """Secrets for the image's registry."""
    command: list[str] | None = None
    """Program to run; the image's own unless told."""
    args: list[str] | None = None
    """Arguments of the program."""
    env: dict[str, str] | None = None
    """Environment variables by name. `$(OTHER)` stands for another one."""
    secrets: dict[str, AgentSecret] | None = None
    """Environment variables that come from a Kubernetes Secret, by name."""
    fields: dict[str, str] | None = None
    """Environment variables that come from the pod itself, by name: `status.hostIP`, `spec.nodeName` and so on."""
    ports: dict[str, AgentPort] | None = None
    """Ports by name."""
    service: bool | None = None
    """Whether a Service leads each pod of the cluster to the agent on its own node."""
    mounts: dict[str, AgentMount] | None = None
    """Directories and files of the node, and empty directories, by name."""
    files: dict[str, str] | None = None
    """Files by their path in the container, with their text; pods are replaced when one changes."""
    resources: AgentResources | None = None
    """What a pod of it may use."""
    liveness: AgentProbe | None = None
    """When it is to be started again."""
    readiness: AgentProbe | None = None
    """When it is ready to work."""
    security: AgentSecurity | None = None
    """What its container is allowed to."""
    account: AgentAccount | None = None
    """The service account that it runs as."""
    permissions: dict[str, AgentPermission] | None = None
    """What it may ask the cluster's API for, by a name of your own."""
    labels: dict[str, str] | None = None
    """More labels of its objects and pods."""
    annotations: dict[str, str] | None = None
    """Annotations of its pods."""
    node_selector: dict[str, str] | None = None
    """Labels that a node needs for it to run there."""
    avoid_nodes: dict[str, Strings] | None = None
    """Labels by which it keeps away from nodes, with the values."""
    tolerations: Strings | None = None
    """Taints of nodes that it tolerates: `key:Effect`, `key=value:Effect`, `key`, `*:Effect` or `*` for all."""
    priority_class: str | None = None
    """Name of its priority class."""
    host_network: bool | None = None
    """Whether it is in the network of the node."""
    host_pid: bool | None = None
    """Whether it sees the processes of the node."""
    grace: Duration | None = None
    """How long it may take to end; 30s unless told."""
    max_unavailable: Share | None = None
    """How many of its pods may be down during an update."""
    replicas: int | None = None
    """So many pods in all (a Deployment) instead of one on every node."""
