"""The Kubernetes objects of an agent: its account and rights, its files, its Service, and the workload itself.

In: `plan.Agent`. Out: objects as plain data, in the order in which they have to be made. They hold on Kubernetes 1.25 and
newer (https://kubernetes.io/docs/reference/kubernetes-api/).
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from posixpath import basename
from typing import Any

from monitorspec import names
from monitorspec.kubernetes.syntax import FILES_VOLUME
from monitorspec.plan import Agent, AgentFile, AgentMount, AgentPermission, AgentProbe, AgentSecurity, AgentVariable

Object = dict[str, Any]
_RBAC = "rbac.authorization.k8s.io"


def objects(agent: Agent, system: str) -> list[Object]:
    """Every object of an agent of the system called `system`."""
    out = []
    if agent.account.create:
        out.append(_account(agent, system))
    if agent.permissions:
        out += [_role(agent, system), _binding(agent, system)]
    if agent.files:
        out.append(_config(agent, system))
    if agent.service:
        out.append(_service(agent, system))
    return [*out, _workload(agent, system)]


def labels(agent: Agent, system: str) -> dict[str, str]:
    """The labels of all objects and pods of an agent; the first one is what its pods are selected by."""
    return {
        "app": agent.name,
        "app.kubernetes.io/name": agent.kind or agent.name,
        "app.kubernetes.io/part-of": names.uid(system),
        "app.kubernetes.io/managed-by": "monitorspec",
        **agent.labels,
    }


def _metadata(agent: Agent, system: str, name: str = "", annotations: Mapping[str, str] | None = None) -> Object:
    out: Object = {"name": name or agent.name, "namespace": agent.namespace, "labels": labels(agent, system)}
    return out | _given(annotations=dict(annotations or {}))


def _account(agent: Agent, system: str) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": _metadata(agent, system, agent.account.name, agent.account.annotations),
        # The pods of the workload say themselves whether they need one.
        "automountServiceAccountToken": False,
    }


def _cluster_wide(agent: Agent, system: str) -> Object:
    # Two namespaces may have agents of one name. A namespace has no colon, so no two pairs make the same name.
    return {"name": f"{agent.namespace}:{agent.name}", "labels": labels(agent, system)}


def _role(agent: Agent, system: str) -> Object:
    return {
        "apiVersion": f"{_RBAC}/v1",
        "kind": "ClusterRole",
        "metadata": _cluster_wide(agent, system),
        "rules": [_rule(permission) for permission in agent.permissions],
    }


def _rule(permission: AgentPermission) -> Object:
    if permission.urls:
        return {"nonResourceURLs": list(permission.urls), "verbs": list(permission.verbs)}
    return {
        "apiGroups": list(permission.groups),
        "resources": list(permission.resources),
        **_given(resourceNames=list(permission.names)),
        "verbs": list(permission.verbs),
    }


def _binding(agent: Agent, system: str) -> Object:
    metadata = _cluster_wide(agent, system)
    return {
        "apiVersion": f"{_RBAC}/v1",
        "kind": "ClusterRoleBinding",
        "metadata": metadata,
        "roleRef": {"apiGroup": _RBAC, "kind": "ClusterRole", "name": metadata["name"]},
        "subjects": [{"kind": "ServiceAccount", "name": agent.account.name, "namespace": agent.namespace}],
    }


def _config(agent: Agent, system: str) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": _metadata(agent, system, _config_name(agent)),
        "data": {key: file.text for key, file in _keyed(agent.files).items()},
    }


def _config_name(agent: Agent) -> str:
    return f"{agent.name}-config"


def _keyed(files: tuple[AgentFile, ...]) -> dict[str, AgentFile]:
    """The files by their key in the ConfigMap: the file's name, with more of its path where two are called the same."""
    called = [basename(file.path) for file in files]
    out: dict[str, AgentFile] = {}
    for file, name in zip(files, called, strict=True):
        key = _key(name if called.count(name) == 1 else file.path.strip("/"))
        while key in out:
            key += "_"
        out[key] = file
    return out


def _key(path: str) -> str:
    text = "".join(c if c.isascii() and (c.isalnum() or c in "-._") else "_" for c in path)
    # A digest where it would be cut, and no dots first: `..` begins the names that Kubernetes keeps for itself.
    text = text if len(text) <= 200 else f"{text[-160:]}_{sha256(path.encode()).hexdigest()[:16]}"
    return f"_{text}" if text.startswith(".") else text


def _service(agent: Agent, system: str) -> Object:
    spec: Object = {
        "selector": {"app": agent.name},
        "ports": [
            {"name": port.name, "port": port.port, "targetPort": port.name, "protocol": port.protocol}
            for port in agent.ports
        ],
    }
    if agent.replicas is None:
        # What a pod sends goes to the agent on its own node.
        spec["internalTrafficPolicy"] = "Local"
    return {"apiVersion": "v1", "kind": "Service", "metadata": _metadata(agent, system), "spec": spec}


# ---- the workload


def _workload(agent: Agent, system: str) -> Object:
    template = {
        "metadata": {"labels": labels(agent, system), **_given(annotations=_pod_annotations(agent))},
        "spec": _pod(agent),
    }
    update = {"type": "RollingUpdate", **_given(rollingUpdate=_given(maxUnavailable=agent.max_unavailable))}
    selector = {"matchLabels": {"app": agent.name}}
    spec: Object
    if agent.replicas is None:
        spec = {"selector": selector, "updateStrategy": update, "template": template}
    else:
        spec = {"replicas": agent.replicas, "selector": selector, "strategy": update, "template": template}
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet" if agent.replicas is None else "Deployment",
        "metadata": _metadata(agent, system, annotations=_given(**{"kubernetes.io/description": agent.description})),
        "spec": spec,
    }


def _pod_annotations(agent: Agent) -> dict[str, str]:
    out = dict(agent.annotations)
    if agent.files:
        # Pods see changes of these files only when they start: another digest makes Kubernetes replace them.
        text = "".join(f"{file.path}\0{file.text}\0" for file in agent.files)
        out["checksum/config"] = sha256(text.encode()).hexdigest()
    return out


def _pod(agent: Agent) -> Object:
    spec: Object = {
        "serviceAccountName": agent.account.name,
        "automountServiceAccountToken": bool(agent.permissions),
        **_given(imagePullSecrets=[{"name": name} for name in agent.pull_secrets]),
    }
    if agent.host_network:
        # In the node's network a pod asks the node's name server, unless told.
        spec |= {"hostNetwork": True, "dnsPolicy": "ClusterFirstWithHostNet"}
    return spec | _given(
        hostPID=agent.host_pid or None,
        priorityClassName=agent.priority_class,
        nodeSelector=dict(agent.node_selector),
        affinity=_affinity(agent),
        tolerations=[
            _given(
                key=toleration.key,
                operator="Exists" if toleration.value is None else "Equal",
                value=toleration.value,
                effect=toleration.effect,
            )
            for toleration in agent.tolerations
        ],
        terminationGracePeriodSeconds=_seconds(agent.grace),
        containers=[_container(agent)],
        volumes=_volumes(agent),
    )


def _affinity(agent: Agent) -> Object:
    if not agent.avoid_nodes:
        return {}
    terms = [{"key": key, "operator": "NotIn", "values": list(values)} for key, values in agent.avoid_nodes]
    required = {"nodeSelectorTerms": [{"matchExpressions": terms}]}
    return {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}}


def _container(agent: Agent) -> Object:
    return {"name": agent.name, "image": agent.image} | _given(
        imagePullPolicy=agent.pull_policy,
        command=list(agent.command),
        args=list(agent.args),
        env=[_variable(variable) for variable in agent.variables],
        ports=[
            {
                "name": port.name,
                "containerPort": port.port,
                "protocol": port.protocol,
                **_given(hostPort=port.host_port),
            }
            for port in agent.ports
        ],
        resources=_given(requests=dict(agent.requests), limits=dict(agent.limits)),
        livenessProbe=_probe(agent.liveness),
        readinessProbe=_probe(agent.readiness),
        securityContext=_security(agent.security),
        volumeMounts=[_mount(mount) for mount in agent.mounts] + _file_mounts(agent),
    )


def _variable(variable: AgentVariable) -> Object:
    if variable.secret is not None:
        name, key = variable.secret
        return {"name": variable.name, "valueFrom": {"secretKeyRef": {"name": name, "key": key}}}
    if variable.field is not None:
        return {"name": variable.name, "valueFrom": {"fieldRef": {"fieldPath": variable.field}}}
    return {"name": variable.name, "value": variable.value}


def _probe(probe: AgentProbe | None) -> Object:
    if probe is None:
        return {}
    how: Object = {"tcpSocket": {"port": probe.port}}
    if probe.path:
        how = {"httpGet": {"path": probe.path, "port": probe.port, **_given(scheme=probe.scheme)}}
    return how | _given(
        initialDelaySeconds=_seconds(probe.delay),
        periodSeconds=_seconds(probe.period),
        timeoutSeconds=_seconds(probe.timeout),
        failureThreshold=probe.failures,
    )


def _security(security: AgentSecurity) -> Object:
    return _given(
        runAsUser=security.user,
        runAsGroup=security.group,
        runAsNonRoot=True if security.user else None,
        privileged=security.privileged or None,
        allowPrivilegeEscalation=security.escalation,
        readOnlyRootFilesystem=security.read_only_root,
        capabilities=_given(drop=list(security.drop), add=list(security.add)),
        seccompProfile=_given(type=security.seccomp),
    )


def _mount(mount: AgentMount) -> Object:
    return {"name": mount.name, "mountPath": mount.path} | _given(
        readOnly=None if mount.writable else True,
        mountPropagation="HostToContainer" if mount.propagate else None,
    )


def _file_mounts(agent: Agent) -> list[Object]:
    """Each file by itself, so that nothing else of the image's folders is hidden."""
    return [
        {"name": FILES_VOLUME, "mountPath": file.path, "subPath": key, "readOnly": True}
        for key, file in _keyed(agent.files).items()
    ]


def _volumes(agent: Agent) -> list[Object]:
    out: list[Object] = []
    for mount in agent.mounts:
        if not mount.host:
            out.append({"name": mount.name, "emptyDir": {}})
            continue
        # What the agent writes to may have to be made first; what it only reads may be a file or a socket too.
        kind = "DirectoryOrCreate" if mount.writable else None
        out.append({"name": mount.name, "hostPath": {"path": mount.host, **_given(type=kind)}})
    if agent.files:
        out.append({"name": FILES_VOLUME, "configMap": {"name": _config_name(agent)}})
    return out


def _seconds(ms: int | None) -> int | None:
    return None if ms is None else ms // 1000


def _given(**fields: Any) -> Object:
    """The fields that say something: neither None nor empty."""
    return {name: value for name, value in fields.items() if value is not None and value not in ("", [], {})}
