"""Lint of agents in a Kubernetes cluster.

In: the plan. Out: findings `agents/…`.
"""

from __future__ import annotations

from collections.abc import Iterable

from monitorspec.lint.finding import Finding
from monitorspec.plan import Agent, AgentPort, Plan


def unpinned_image(plan: Plan) -> Iterable[Finding]:
    """An agent's image has no version.

    What `latest`, or no version at all, stands for changes without a commit: nodes run different versions of the agent, and
    a release that breaks something reaches all of them by itself. Name a version, or a digest.

    ```yaml wrong
    agents: {exporter: {kind: node-exporter, image: quay.io/prometheus/node-exporter:latest}}
    ```
    ```yaml right
    agents: {exporter: {kind: node-exporter, image: 'quay.io/prometheus/node-exporter:v1.11.1'}}
    ```
    """
    if not plan.agents:
        return
    from monitorspec.kubernetes import syntax

    for agent in plan.agents:
        if not syntax.pinned(agent.image):
            yield Finding(
                f"`{agent.image}` may be another image tomorrow",
                (*agent.origin, "image"),
                level="warning",
                key=False,
                label="has no version",
                help=(f"name one: `{agent.image.removesuffix(':latest')}:…`",),
            )


def host_port(plan: Plan) -> Iterable[Finding]:
    """Two agents want the same port of the node.

    A port of a node belongs to one pod: the pods of the other agent would wait for ever. Give one of them another
    `host_port`, keep it out of the node's network, or keep them on different nodes by `node_selector`.

    ```yaml wrong
    agents: {old: {kind: node-exporter}, new: {kind: node-exporter}}
    ```
    ```yaml right
    agents:
      linux: {kind: node-exporter, node_selector: {pool: general}}
      gpus: {kind: node-exporter, node_selector: {pool: gpu}}
    ```
    """
    taken: dict[tuple[int, str], list[Agent]] = {}
    for agent in plan.agents:
        for port in agent.ports:
            number = _on_node(agent, port)
            if number is None:
                continue
            others = taken.setdefault((number, port.protocol), [])
            first = next((other for other in others if _may_meet(other, agent)), None)
            if first is not None:
                yield Finding(
                    f"`{first.name}` and `{agent.name}` both want {port.protocol} port {number} of the node",
                    agent.origin,
                    level="warning",
                    label="its pods would wait for ever",
                )
            others.append(agent)


def _on_node(agent: Agent, port: AgentPort) -> int | None:
    return port.port if agent.host_network else port.host_port


def _may_meet(one: Agent, other: Agent) -> bool:
    """Whether a node can have both of them."""
    return all(other.node_selector.get(key, value) == value for key, value in one.node_selector.items())
