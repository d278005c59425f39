"""Kinds of agents: each compiles by itself, keeps to what is safe, and gives way to what a spec says."""

from __future__ import annotations

import re

import pytest

from monitorspec import agents, source
from monitorspec.compiler import plan_of
from monitorspec.kubernetes import syntax
from monitorspec.plan import Agent
from tests.kubernetes.manifests import HEAD, check, container, documents, made, pod
from tests.kubernetes.manifests import artifacts as compiled

EXPECTED = ("cloudwatch-agent", "datadog", "fluent-bit", "kube-state-metrics", "node-exporter", "otel-collector")
KINDS = pytest.mark.parametrize("kind", EXPECTED)


def setting(kind: str) -> str:
    """A flow mapping with no more than the kind needs."""
    env = ", ".join(f"{name}: x" for name in agents.kind(kind).needs)
    return f"{{kind: {kind}, env: {{{env}}}}}" if env else f"{{kind: {kind}}}"


def planned(text: str, environment: str = "") -> Agent:
    plan, found = plan_of(HEAD + text, environment=environment)
    assert found == []
    assert plan is not None
    (agent,) = plan.agents
    return agent


def test_the_kinds_that_are_promised_are_here() -> None:
    assert agents.known() == EXPECTED


@KINDS
def test_a_kind_alone_makes_a_manifest_that_kubernetes_takes(kind: str) -> None:
    (text,) = compiled(f"  it: {setting(kind)}\n").values()
    check(documents(text))


@KINDS
def test_a_kind_says_what_it_is_and_what_it_needs(kind: str) -> None:
    described = agents.kind(kind)
    assert described.about.endswith(".")
    assert all(described.needs.values())
    assert {"about", "agent"} <= set(source.load(agents.FOLDER / f"{kind}.yaml").data) <= {"about", "agent", "needs"}


@KINDS
def test_a_kind_has_a_version_requests_and_limits(kind: str) -> None:
    one = container(made(setting(kind)))
    assert syntax.pinned(one["image"])
    assert {*one["resources"]["requests"]} == {*one["resources"]["limits"]} == {"cpu", "memory"}


@KINDS
def test_a_kind_takes_no_right_that_it_could_do_without(kind: str) -> None:
    kinds = made(setting(kind))
    context = container(kinds)["securityContext"]
    assert context["allowPrivilegeEscalation"] is False
    assert context["seccompProfile"] == {"type": "RuntimeDefault"}
    # These two read what belongs to root, and write into their own file system.
    rootful = kind in ("datadog", "cloudwatch-agent")
    assert context["readOnlyRootFilesystem"] is not rootful
    assert ("capabilities" in context) is not rootful
    assert bool(context.get("runAsNonRoot")) is (kind not in ("datadog", "cloudwatch-agent", "fluent-bit"))
    writable = (
        [m["name"] for m in container(kinds)["volumeMounts"] if not m.get("readOnly")]
        if "volumes" in pod(kinds)
        else []
    )
    assert writable == {"datadog": ["log-positions"], "fluent-bit": ["state"]}.get(kind, [])
    for rule in kinds.get("ClusterRole", {"rules": []})["rules"]:
        assert "*" not in [*rule["verbs"], *rule.get("resources", ()), *rule.get("apiGroups", ())]
        assert "secrets" not in rule.get("resources", ())


@KINDS
def test_every_variable_that_a_kinds_files_name_is_there(kind: str) -> None:
    agent = planned(f"agents: {{it: {setting(kind)}}}\n")
    named = {name for file in agent.files for name in re.findall(r"\$\{(?:env:)?(\w+)\}", file.text)}
    assert named <= {variable.name for variable in agent.variables}
    assert (kind in ("fluent-bit", "otel-collector")) is bool(named)


def test_a_spec_an_environment_and_an_extended_spec_are_laid_over_the_kind() -> None:
    text = """
agents: {it: {kind: datadog, env: {DD_SITE: a, DD_HEALTH_PORT: null}, labels: {team: web}}}
environments: {staging: {agents: {it: {env: {DD_SITE: b, DD_DOGSTATSD_NON_LOCAL_TRAFFIC: null}, labels: null}}}}
"""
    agent = planned(text)
    assert {v.name: v.value for v in agent.variables if v.value} == {
        "DD_DOGSTATSD_NON_LOCAL_TRAFFIC": "true",
        "DD_SITE": "a",
    }
    staging = planned(text, "staging")
    assert {v.name: v.value for v in staging.variables if v.value} == {"DD_SITE": "b"}
    assert (agent.labels, staging.labels) == ({"team": "web"}, {})


def test_an_agent_of_no_kind_is_what_the_spec_says() -> None:
    agent = planned("agents: {it: {image: 'example/agent:1'}}\n")
    assert (agent.kind, agent.image, agent.variables, agent.ports, agent.permissions) == (
        "",
        "example/agent:1",
        (),
        (),
        (),
    )
    assert agent.security.read_only_root


def test_an_agent_can_be_deleted_in_an_environment() -> None:
    text = "agents: {a: {kind: datadog}, b: {kind: node-exporter}}\nenvironments: {small: {agents: {a: null}}}\n"
    assert planned(text, "small").name == "b"


def test_a_spec_of_agents_alone_has_something_to_do() -> None:
    assert plan_of(HEAD + "agents: {}\n")[1] != []
    assert plan_of(HEAD + "agents: {it: {kind: node-exporter}}\n")[1] == []
