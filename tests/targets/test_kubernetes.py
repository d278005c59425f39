"""Manifests of agents: what a spec says stands in them, and Kubernetes' schemas take all of them."""

from __future__ import annotations

from typing import Any

import kubernetes_validate
import pytest
import yaml

from monitorspec.compiler import emit, plan_of
from tests.kubernetes.manifests import HEAD, artifacts, check, container, documents, made, pod

# A team's DaemonSet as it was written by hand, and the same said as a spec.
BY_HAND = """
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: datadog-agent, namespace: default}
spec:
  selector: {matchLabels: {app: datadog-agent}}
  template:
    metadata: {labels: {app: datadog-agent}}
    spec:
      containers:
      - name: datadog-agent
        image: datadog/agent:7.78.2
        env:
        - {name: DD_API_KEY, valueFrom: {secretKeyRef: {name: datadog-secret, key: api-key}}}
        - {name: DD_SITE, value: datadoghq.com}
        - {name: DD_APM_ENABLED, value: 'true'}
        - {name: DD_APM_NON_LOCAL_TRAFFIC, value: 'true'}
        - {name: DD_LOGS_ENABLED, value: 'true'}
        - {name: DD_LOGS_CONFIG_CONTAINER_COLLECT_ALL, value: 'true'}
        ports:
        - {containerPort: 8125, name: dogstatsd}
        - {containerPort: 8126, name: trace-agent}
"""
AS_SPEC = """
  datadog-agent:
    kind: datadog
    env:
      DD_SITE: datadoghq.com
      DD_APM_ENABLED: 'true'
      DD_APM_NON_LOCAL_TRAFFIC: 'true'
      DD_LOGS_ENABLED: 'true'
      DD_LOGS_CONFIG_CONTAINER_COLLECT_ALL: 'true'
"""


def within(wanted: Any, found: Any) -> bool:
    """Whether everything that `wanted` says is said by `found` too; items of lists in any order."""
    if isinstance(wanted, dict):
        return isinstance(found, dict) and all(key in found and within(wanted[key], found[key]) for key in wanted)
    if isinstance(wanted, list):
        return isinstance(found, list) and all(any(within(item, other) for other in found) for item in wanted)
    return bool(wanted == found)


def test_a_manifest_written_by_hand_is_all_in_the_generated_one() -> None:
    found = artifacts(AS_SPEC)
    assert list(found) == ["kubernetes/datadog-agent.yml"]
    (daemon_set,) = [d for d in documents(found["kubernetes/datadog-agent.yml"]) if d["kind"] == "DaemonSet"]
    assert within(yaml.safe_load(BY_HAND), daemon_set)
    # The comparison would notice.
    assert not within(yaml.safe_load(BY_HAND.replace("8126", "8127")), daemon_set)
    check(documents(found["kubernetes/datadog-agent.yml"]))


def test_the_schemas_refuse_what_kubernetes_would() -> None:
    daemon_set = made("{kind: node-exporter}")["DaemonSet"]
    daemon_set["spec"]["template"]["spec"]["hostNet"] = True
    with pytest.raises(kubernetes_validate.ValidationError, match="hostNet"):
        check([daemon_set])


def test_the_agent_of_a_node_is_production_ready_by_itself() -> None:
    kinds = made("{kind: datadog}", "datadog-agent")
    one, spec = container(kinds), pod(kinds)
    assert [*kinds] == ["ServiceAccount", "ClusterRole", "ClusterRoleBinding", "Service", "DaemonSet"]
    written = [m["name"] for m in one["volumeMounts"] if not m.get("readOnly")]
    assert written == ["log-positions"]
    assert all("hostPath" in volume for volume in spec["volumes"])
    assert {*one["resources"]["requests"], *one["resources"]["limits"]} == {"cpu", "memory"}
    assert one["livenessProbe"]["httpGet"] == {"path": "/live", "port": 5555}
    assert one["readinessProbe"]["httpGet"] == {"path": "/ready", "port": 5555}
    assert one["securityContext"]["allowPrivilegeEscalation"] is False
    assert "privileged" not in one["securityContext"]
    assert kinds["DaemonSet"]["spec"]["updateStrategy"] == {
        "type": "RollingUpdate",
        "rollingUpdate": {"maxUnavailable": "10%"},
    }
    assert kinds["ClusterRoleBinding"]["roleRef"]["name"] == kinds["ClusterRole"]["metadata"]["name"]
    assert kinds["ClusterRoleBinding"]["subjects"] == [
        {"kind": "ServiceAccount", "name": spec["serviceAccountName"], "namespace": "default"}
    ]
    assert kinds["Service"]["spec"]["internalTrafficPolicy"] == "Local"
    assert kinds["Service"]["spec"]["ports"] == [
        {"name": "dogstatsd", "port": 8125, "targetPort": "dogstatsd", "protocol": "UDP"},
        {"name": "trace-agent", "port": 8126, "targetPort": "trace-agent", "protocol": "TCP"},
    ]


def test_selector_and_pods_agree_whatever_labels_the_spec_adds() -> None:
    kinds = made("{kind: datadog, labels: {team: web}}", "dd")
    workload = kinds["DaemonSet"]
    labels = workload["spec"]["template"]["metadata"]["labels"]
    assert workload["spec"]["selector"]["matchLabels"].items() <= labels.items()
    assert kinds["Service"]["spec"]["selector"].items() <= labels.items()
    assert all(document["metadata"]["labels"] == labels for document in kinds.values())
    assert labels == {
        "app": "dd",
        "app.kubernetes.io/name": "datadog",
        "app.kubernetes.io/part-of": "shop",
        "app.kubernetes.io/managed-by": "monitorspec",
        "team": "web",
    }


def test_everything_that_a_kind_sets_can_be_said_otherwise() -> None:
    kinds = made(
        "{kind: datadog, namespace: monitoring, image: 'registry.example/agent:1', pull_policy: Always, "
        "pull_secrets: registry, secrets: {DD_API_KEY: {name: keys, key: datadog}}, env: {DD_HEALTH_PORT: null}, "
        "ports: {trace-agent: null, dogstatsd: {host_port: 8125}}, service: false, mounts: {runtime: null, proc: "
        "{path: /p, writable: true}}, resources: {limits: {cpu: null, memory: 1Gi}}, liveness: null, "
        "readiness: {failures: 2}, security: {user: 100, drop: ALL, add: [CHOWN], seccomp: null}, account: {name: dd, "
        "annotations: {a: b}}, permissions: {cluster: null, leader: null, api-server: null}, tolerations: null, "
        "node_selector: {pool: a}, avoid_nodes: null, priority_class: high, host_pid: true, grace: 1m, max_unavailable: 3}"
    )
    one, spec = container(kinds), pod(kinds)
    assert {document["metadata"].get("namespace") for document in kinds.values()} == {None, "monitoring"}
    assert (one["image"], one["imagePullPolicy"]) == ("registry.example/agent:1", "Always")
    assert spec["imagePullSecrets"] == [{"name": "registry"}]
    assert {"name": "DD_API_KEY", "valueFrom": {"secretKeyRef": {"name": "keys", "key": "datadog"}}} in one["env"]
    assert "DD_HEALTH_PORT" not in [variable["name"] for variable in one["env"]]
    assert one["ports"] == [{"name": "dogstatsd", "containerPort": 8125, "protocol": "UDP", "hostPort": 8125}]
    assert "Service" not in kinds
    assert one["volumeMounts"][0] == {"name": "proc", "mountPath": "/p"}
    assert spec["volumes"][0] == {"name": "proc", "hostPath": {"path": "/proc", "type": "DirectoryOrCreate"}}
    assert "runtime" not in [volume["name"] for volume in spec["volumes"]]
    assert one["resources"] == {"requests": {"cpu": "200m", "memory": "256Mi"}, "limits": {"memory": "1Gi"}}
    assert "livenessProbe" not in one
    assert one["readinessProbe"]["failureThreshold"] == 2
    assert one["securityContext"] == {
        "runAsUser": 100,
        "runAsNonRoot": True,
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": False,
        "capabilities": {"drop": ["ALL"], "add": ["CHOWN"]},
    }
    assert kinds["ServiceAccount"]["metadata"]["name"] == spec["serviceAccountName"] == "dd"
    assert kinds["ServiceAccount"]["metadata"]["annotations"] == {"a": "b"}
    assert [rule["resources"][0] for rule in kinds["ClusterRole"]["rules"]] == ["nodes/metrics"]
    assert "tolerations" not in spec
    assert "affinity" not in spec
    assert spec["nodeSelector"] == {"kubernetes.io/os": "linux", "pool": "a"}
    assert (spec["priorityClassName"], spec["hostPID"], spec["terminationGracePeriodSeconds"]) == ("high", True, 60)
    assert kinds["DaemonSet"]["spec"]["updateStrategy"]["rollingUpdate"] == {"maxUnavailable": 3}


def test_an_agent_without_rights_gets_no_token_of_the_cluster() -> None:
    kinds = made("{kind: node-exporter}")
    assert [*kinds] == ["ServiceAccount", "DaemonSet"]
    assert pod(kinds)["automountServiceAccountToken"] is False
    assert pod(made("{kind: datadog}"))["automountServiceAccountToken"] is True


def test_an_account_made_elsewhere_is_only_named() -> None:
    kinds = made(
        "{kind: node-exporter, account: {name: shared, create: false}, permissions: {p: {resources: pods, verbs: get}}}"
    )
    assert [*kinds] == ["ClusterRole", "ClusterRoleBinding", "DaemonSet"]
    assert pod(kinds)["serviceAccountName"] == kinds["ClusterRoleBinding"]["subjects"][0]["name"] == "shared"


def test_rights_of_agents_of_one_name_in_two_namespaces_do_not_meet() -> None:
    names = {
        document["metadata"]["name"]
        for namespace in ("a", "b")
        for document in made(f"{{kind: datadog, namespace: {namespace}}}").values()
        if document["kind"].startswith("ClusterRole")
    }
    assert names == {"a:it", "b:it"}


def test_files_come_one_by_one_and_a_change_replaces_the_pods() -> None:
    def pods(text: str) -> dict[str, dict[str, Any]]:
        files = f"{{/etc/a/x.yml: '{text}', /etc/b/x.yml: two, /etc/b/.y: three, '/etc/ü ber': four}}"
        return made(f"{{image: 'example/agent:1', files: {files}}}")

    kinds = pods("one")
    data = kinds["ConfigMap"]["data"]
    mounted = {m["mountPath"]: data[m["subPath"]] for m in container(kinds)["volumeMounts"]}
    assert mounted == {"/etc/a/x.yml": "one", "/etc/b/x.yml": "two", "/etc/b/.y": "three", "/etc/ü ber": "four"}
    assert all(m["readOnly"] for m in container(kinds)["volumeMounts"])
    (volume,) = pod(kinds)["volumes"]
    assert volume["configMap"]["name"] == kinds["ConfigMap"]["metadata"]["name"]
    annotations = [
        k["DaemonSet"]["spec"]["template"]["metadata"]["annotations"] for k in (kinds, pods("1"), pods("one"))
    ]
    assert annotations[0] != annotations[1]
    assert annotations[0] == annotations[2]


def test_variables_stand_behind_those_that_they_name() -> None:
    kinds = made(
        "{image: 'example/agent:1', env: {A: $(B)/x, B: 'http://$(C):$(D)', C: c, EMPTY: '', SAME: $$(A)}, "
        "fields: {D: status.hostIP}, secrets: {E: {name: s, key: k}}}"
    )
    env = container(kinds)["env"]
    assert [variable["name"] for variable in env] == ["D", "E", "C", "B", "A", "EMPTY", "SAME"]
    assert env[0]["valueFrom"] == {"fieldRef": {"fieldPath": "status.hostIP"}}
    assert env[5] == {"name": "EMPTY", "value": ""}


def test_variables_that_name_each_other_are_all_there() -> None:
    env = container(made("{image: 'example/agent:1', env: {A: $(B), B: $(A)}}"))["env"]
    assert {variable["name"] for variable in env} == {"A", "B"}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("'*'", {"operator": "Exists"}),
        ("'*:NoExecute'", {"operator": "Exists", "effect": "NoExecute"}),
        ("dedicated", {"key": "dedicated", "operator": "Exists"}),
        ("'a.io/b:NoSchedule'", {"key": "a.io/b", "operator": "Exists", "effect": "NoSchedule"}),
        ("'a=b:NoSchedule'", {"key": "a", "operator": "Equal", "value": "b", "effect": "NoSchedule"}),
        ("'a='", {"key": "a", "operator": "Equal"}),
    ],
)
def test_tolerations(text: str, wanted: dict[str, str]) -> None:
    assert pod(made(f"{{image: 'example/agent:1', tolerations: [{text}]}}"))["tolerations"] == [wanted]


def test_replicas_make_a_deployment() -> None:
    kinds = made("{kind: kube-state-metrics, replicas: 2}")
    spec = kinds["Deployment"]["spec"]
    assert spec["replicas"] == 2
    assert spec["strategy"] == {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "10%"}}
    assert "internalTrafficPolicy" not in kinds["Service"]["spec"]
    assert not any("secrets" in rule.get("resources", ()) for rule in kinds["ClusterRole"]["rules"])


def test_a_privileged_container_pretends_nothing() -> None:
    context = container(made("{image: 'example/agent:1', security: {privileged: true, add: SYS_TIME}}"))[
        "securityContext"
    ]
    assert context == {"privileged": True, "readOnlyRootFilesystem": True}


def test_an_agent_in_the_nodes_network_still_finds_services() -> None:
    assert pod(made("{kind: node-exporter}"))["dnsPolicy"] == "ClusterFirstWithHostNet"


def test_empty_directories_are_writable_and_the_nodes_are_not() -> None:
    kinds = made("{image: 'example/agent:1', mounts: {tmp: {path: /tmp}, log: {host: /var/log, propagate: true}}}")
    assert container(kinds)["volumeMounts"] == [
        {"name": "tmp", "mountPath": "/tmp"},
        {"name": "log", "mountPath": "/var/log", "readOnly": True, "mountPropagation": "HostToContainer"},
    ]
    assert pod(kinds)["volumes"] == [{"name": "tmp", "emptyDir": {}}, {"name": "log", "hostPath": {"path": "/var/log"}}]


def test_texts_arrive_as_they_are_written() -> None:
    nasty = [
        "yes",
        "0123",
        "1e3",
        "a: b",
        "#x",
        "'",
        '"',
        "{{ x }}",
        "${X}",
        "é ü",
        " a ",
        "- x",
        "null",
        "a\\n",
        "*a",
        "%",
    ]
    env = ", ".join(f"V{n}: {yaml.safe_dump(text, default_style=chr(34)).strip()}" for n, text in enumerate(nasty))
    variables = container(made(f"{{image: 'example/agent:1', env: {{{env}}}}}"))["env"]
    assert [variable["value"] for variable in variables] == nasty


def test_a_long_system_still_fits_a_label() -> None:
    head = HEAD.replace("shop", "a-" + "very-" * 15 + "long.system-")
    (text,) = artifacts("  it: {kind: node-exporter}\n", head=head).values()
    found = documents(text)
    check(found)
    assert len(found[0]["metadata"]["labels"]["app.kubernetes.io/part-of"]) <= 63


def test_what_an_agent_is_for_stands_at_its_workload() -> None:
    kinds = made("{kind: datadog, description: 'Traces: all of them.'}")
    assert kinds["DaemonSet"]["metadata"]["annotations"] == {"kubernetes.io/description": "Traces: all of them."}
    assert "annotations" not in kinds["Service"]["metadata"]


def test_no_agents_make_no_files() -> None:
    plan, _ = plan_of(HEAD + "services: {api: {thresholds: {up: {absent: up, for: 5m, severity: critical}}}}\n")
    assert plan is not None
    assert list(emit(plan, ("kubernetes",))) == []
