"""Agents: what a spec says of them, over what their kind says, checked by what Kubernetes takes.

In: the spec, in which the settings of each agent's kind are merged already. Out: `plan.Agent`s.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from monitorspec import agents as kinds
from monitorspec import plan
from monitorspec.diagnostics import Path
from monitorspec.kubernetes import syntax
from monitorspec.resolve.agentparts import files, mounts, ports, probe, resources, whole_seconds
from monitorspec.resolve.agentvariables import literal_secrets, variables
from monitorspec.resolve.context import Context
from monitorspec.resolve.notes import Notes
from monitorspec.spec.agents import Agent, AgentAccount, AgentPermission, AgentSecurity

# Labels that every object of an agent has.
LABELS = ("app", "app.kubernetes.io/name", "app.kubernetes.io/part-of", "app.kubernetes.io/managed-by")


def agents(context: Context) -> list[plan.Agent]:
    """Every agent."""
    return [_agent(context.notes, name, spec, ("agents", name)) for name, spec in (context.spec.agents or {}).items()]


def _agent(notes: Notes, name: str, spec: Agent, path: Path) -> plan.Agent:
    namespace = spec.namespace or "default"
    _named(notes, name, path, "an agent", (syntax.service if spec.service else syntax.label)(name), key=True)
    _named(notes, namespace, (*path, "namespace"), "a namespace", syntax.label(namespace))
    if spec.priority_class is not None:
        problem = syntax.subdomain(spec.priority_class)
        _named(notes, spec.priority_class, (*path, "priority_class"), "a priority class", problem)
    for n, secret in enumerate(spec.pull_secrets or ()):
        _named(notes, secret, (*path, "pull_secrets", n), "a Secret", syntax.subdomain(secret))
    if spec.replicas is not None and spec.replicas < 1:
        notes.add("agents/replicas", (*path, "replicas"), "`replicas` has to be 1 or more")
    listening = ports(notes, spec, path)
    if spec.service and not listening:
        notes.add("agents/port", (*path, "service"), f"`{name}` has no ports that a Service could lead to", key=True)
    requests, limits = resources(notes, spec.resources, (*path, "resources"))
    literal_secrets(notes, spec, path)
    return plan.Agent(
        name=name,
        kind=spec.kind or "",
        description=spec.description or "",
        namespace=namespace,
        image=_image(notes, name, spec, path),
        pull_policy=spec.pull_policy or "",
        pull_secrets=tuple(spec.pull_secrets or ()),
        command=tuple(spec.command or ()),
        args=tuple(spec.args or ()),
        variables=tuple(variables(notes, name, spec, path)),
        ports=tuple(listening),
        service=bool(spec.service),
        mounts=tuple(mounts(notes, spec, path)),
        files=tuple(files(notes, spec.files or {}, (*path, "files"))),
        requests=requests,
        limits=limits,
        liveness=probe(notes, spec.liveness, listening, (*path, "liveness")),
        readiness=probe(notes, spec.readiness, listening, (*path, "readiness")),
        security=_security(notes, spec.security or AgentSecurity(), (*path, "security")),
        account=_account(notes, name, spec.account or AgentAccount(), (*path, "account")),
        permissions=tuple(_permissions(notes, spec.permissions or {}, (*path, "permissions"))),
        labels=_labels(notes, spec.labels, (*path, "labels"), LABELS),
        annotations=_annotations(notes, spec.annotations, (*path, "annotations")),
        node_selector=_labels(notes, spec.node_selector, (*path, "node_selector")),
        avoid_nodes=tuple(_avoided(notes, spec.avoid_nodes or {}, (*path, "avoid_nodes"))),
        tolerations=tuple(_tolerations(notes, spec.tolerations or (), (*path, "tolerations"))),
        priority_class=spec.priority_class or "",
        host_network=bool(spec.host_network),
        host_pid=bool(spec.host_pid),
        grace=whole_seconds(notes, spec.grace, (*path, "grace"), least=0),
        max_unavailable=spec.max_unavailable,
        replicas=spec.replicas,
        origin=path,
    )


def _named(notes: Notes, name: str, path: Path, what: str, problem: str, *, key: bool = False) -> None:
    if problem:
        notes.add("agents/name", path, f"`{name}` cannot name {what}", key=key, label=problem)


def _image(notes: Notes, name: str, spec: Agent, path: Path) -> str:
    image = spec.image
    if image is None:
        # What is missing for an unknown kind is its kind.
        if spec.kind is None or spec.kind in kinds.known():
            notes.add(
                "agents/image",
                path,
                f"`{name}` has no `image`",
                key=True,
                help=("give its image with a version, or a `kind` that has one",),
            )
        return ""
    if problem := syntax.image(image):
        repository, tag, version = image.rpartition(":")
        meant = re.sub(r"^https?://", "", repository).lower() + tag + version if tag else image.lower()
        notes.add(
            "agents/image",
            (*path, "image"),
            f"`{image}` is not an image",
            label=problem,
            help=() if syntax.image(meant) else (f"write `{meant}`",),
        )
    return image


def _security(notes: Notes, spec: AgentSecurity, path: Path) -> plan.AgentSecurity:
    for key in ("user", "group"):
        number = getattr(spec, key)
        if number is not None and (problem := syntax.user_id(number)):
            notes.add("agents/security", (*path, key), f"`{key}` has to be {problem}")
    for key in ("drop", "add"):
        for n, capability in enumerate(getattr(spec, key) or ()):
            if problem := syntax.capability(capability):
                named = capability.upper().removeprefix("CAP_")
                notes.add(
                    "agents/security",
                    (*path, key, n),
                    f"`{capability}` is no capability of Linux",
                    label=problem,
                    help=() if syntax.capability(named) else (f"write `{named}`",),
                )
    if spec.privileged:
        # It may do everything: what else is said would only pretend, and Kubernetes refuses some of it.
        return plan.AgentSecurity(spec.user, spec.group, True, None, spec.read_only_root, (), (), "")
    if spec.escalation is False and "SYS_ADMIN" in (spec.add or ()):
        notes.add(
            "agents/security",
            (*path, "add"),
            "a container with SYS_ADMIN can always gain more rights, whatever `escalation` says",
            help=("drop SYS_ADMIN, or say so: `escalation: true`",),
        )
    return plan.AgentSecurity(
        user=spec.user,
        group=spec.group,
        privileged=False,
        escalation=spec.escalation,
        read_only_root=spec.read_only_root,
        drop=spec.drop or (),
        add=spec.add or (),
        seccomp=spec.seccomp or "",
    )


def _account(notes: Notes, agent: str, spec: AgentAccount, path: Path) -> plan.AgentAccount:
    name = spec.name or agent
    if spec.name is not None:
        _named(notes, name, (*path, "name"), "a service account", syntax.subdomain(name))
    create = spec.create is not False
    if spec.annotations and not create:
        notes.add(
            "agents/account",
            (*path, "annotations"),
            f"the service account `{name}` is not made here, so it gets no annotations",
            key=True,
            help=("drop `create: false`, or annotate it where it is made",),
        )
    return plan.AgentAccount(name, create, _annotations(notes, spec.annotations, (*path, "annotations")))


def _permissions(
    notes: Notes, permissions: Mapping[str, AgentPermission], path: Path
) -> Iterator[plan.AgentPermission]:
    for name, spec in permissions.items():
        at = (*path, name)
        if not spec.verbs or not (spec.resources or spec.urls):
            missing = "verbs" if not spec.verbs else "resources"
            notes.add("agents/permission", at, f"permission `{name}` has no `{missing}`", key=True)
        elif spec.urls and (spec.resources or spec.groups or spec.names):
            notes.add(
                "agents/permission",
                (*at, "urls"),
                "a permission is for resources or for `urls`, not for both",
                key=True,
                help=("write a second one, under another name",),
            )
        for n, url in enumerate(spec.urls or ()):
            if not url.startswith("/") and url != "*":
                notes.add("agents/permission", (*at, "urls", n), f"`{url}` is no path", label="has to start with `/`")
        yield plan.AgentPermission(
            groups=() if spec.urls else tuple(spec.groups) if spec.groups is not None else ("",),
            resources=spec.resources or (),
            names=spec.names or (),
            urls=spec.urls or (),
            verbs=spec.verbs or (),
        )


def _labels(notes: Notes, labels: Mapping[str, str] | None, path: Path, reserved: Iterable[str] = ()) -> dict[str, str]:
    for key, value in (labels or {}).items():
        at = (*path, key)
        if key in reserved:
            notes.add("agents/label", at, f"label `{key}` is set by monitorspec itself", key=True)
        elif problem := syntax.label_key(key):
            notes.add("agents/label", at, f"`{key}` is not a label's name", key=True, label=problem)
        elif problem := syntax.label_value(value):
            notes.add("agents/label", at, f"`{value}` cannot be the value of a label", label=problem)
    return dict(labels or {})


def _annotations(notes: Notes, annotations: Mapping[str, str] | None, path: Path) -> dict[str, str]:
    for key in annotations or ():
        if problem := syntax.label_key(key):
            notes.add("agents/label", (*path, key), f"`{key}` is not an annotation's name", key=True, label=problem)
    return dict(annotations or {})


def _avoided(notes: Notes, avoided: Mapping[str, tuple[str, ...]], path: Path) -> Iterator[tuple[str, tuple[str, ...]]]:
    for key, values in avoided.items():
        _labels(notes, {key: ""}, path)
        for n, value in enumerate(values):
            if problem := syntax.label_value(value):
                notes.add("agents/label", (*path, key, n), f"`{value}` cannot be the value of a label", label=problem)
        yield key, values


def _tolerations(notes: Notes, texts: Iterable[str], path: Path) -> Iterator[plan.AgentToleration]:
    for n, text in enumerate(texts):
        toleration = syntax.toleration(text)
        if toleration is not None:
            yield toleration
            continue
        notes.add(
            "agents/toleration",
            (*path, n),
            f"`{text}` is no taint that could be tolerated",
            label="`key:Effect`, `key=value:Effect`, `key`, `*:Effect` or `*`",
            help=(f"effects are {', '.join(syntax.EFFECTS)}",),
        )
