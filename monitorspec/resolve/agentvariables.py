"""Environment variables of an agent, and literal secrets in its texts.

In: an agent of the spec. Out: `plan.AgentVariable`s in the order of their references, and findings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from monitorspec import agents as kinds
from monitorspec import credentials, plan
from monitorspec.credentials import Credential
from monitorspec.diagnostics import Path
from monitorspec.kubernetes import syntax
from monitorspec.resolve.notes import Notes
from monitorspec.spec.agents import Agent

# `$(NAME)` stands for a variable, `$$(NAME)` for itself.
_REFERENCE = re.compile(r"(?<!\$)(?:\$\$)*\$\(([^()\s]+)\)")


def variables(notes: Notes, name: str, spec: Agent, path: Path) -> list[plan.AgentVariable]:
    """The environment variables of the agent called `name`."""
    made: dict[str, plan.AgentVariable] = {}
    for part, one in (*_fields(notes, spec, path), *_secrets(notes, spec, path), *_values(spec)):
        at = (*path, part, one.name)
        if problem := syntax.variable(one.name):
            notes.add(
                "agents/variable", at, f"`{one.name}` cannot name an environment variable", key=True, label=problem
            )
        if one.name in made:
            notes.add(
                "agents/variable",
                at,
                f"environment variable `{one.name}` comes from two places",
                key=True,
                help=(f"delete the other one with `null`, such as `secrets: {{{one.name}: null}}`",),
            )
        made[one.name] = one
    _check_needs(notes, name, spec, made, path)
    _check_references(notes, spec, made, path)
    return _in_order(made)


def _fields(notes: Notes, spec: Agent, path: Path) -> Iterator[tuple[str, plan.AgentVariable]]:
    for name, field in (spec.fields or {}).items():
        if problem := syntax.field(field):
            at = (*path, "fields", name)
            notes.add("agents/variable", at, f"`{field}` is no field that a variable can hold", label=problem)
        yield "fields", plan.AgentVariable(name, None, field, None)


def _secrets(notes: Notes, spec: Agent, path: Path) -> Iterator[tuple[str, plan.AgentVariable]]:
    for name, secret in (spec.secrets or {}).items():
        at = (*path, "secrets", name)
        for key, value, check in (("name", secret.name, syntax.subdomain), ("key", secret.key, syntax.config_key)):
            if value is None:
                notes.add(
                    "agents/variable",
                    at,
                    f"`{name}` has no `{key}`",
                    key=True,
                    label="name of the Secret, and the key in it",
                )
            elif problem := check(value):
                what = "a Secret" if key == "name" else "a key of a Secret"
                notes.add("agents/name", (*at, key), f"`{value}` cannot name {what}", label=problem)
        yield "secrets", plan.AgentVariable(name, None, None, (secret.name or "", secret.key or ""))


def _values(spec: Agent) -> Iterator[tuple[str, plan.AgentVariable]]:
    for name, value in (spec.env or {}).items():
        yield "env", plan.AgentVariable(name, value, None, None)


def _check_needs(notes: Notes, name: str, spec: Agent, made: Mapping[str, plan.AgentVariable], path: Path) -> None:
    if spec.kind not in kinds.known():
        return
    for variable, what in kinds.kind(spec.kind).needs.items():
        if variable not in made:
            notes.add(
                "agents/missing-variable",
                path,
                f"`{name}` has no `env: {{{variable}: …}}`",
                key=True,
                label=f"agents of kind `{spec.kind}` need it",
                help=(f"`{variable}`: {what}",),
            )


def _check_references(notes: Notes, spec: Agent, made: Mapping[str, plan.AgentVariable], path: Path) -> None:
    """Warn of `$(NAME)` that stands for nothing."""
    texts: list[tuple[Path, str]] = [((*path, "env", name), value) for name, value in (spec.env or {}).items()]
    for key in ("command", "args"):
        texts += [((*path, key, n), text) for n, text in enumerate(getattr(spec, key) or ())]
    for at, text in texts:
        for found in _REFERENCE.finditer(text):
            if found[1] not in made:
                notes.add(
                    "agents/reference",
                    at,
                    f"`$({found[1]})` is no variable of this agent",
                    level="warning",
                    within=(text, found.start(1) - 2, len(found[1]) + 3),
                    help=(f"`$$({found[1]})` if the agent is to get it as it is",),
                    effect="Kubernetes passes it on as it is",
                )


def _in_order(made: Mapping[str, plan.AgentVariable]) -> list[plan.AgentVariable]:
    """Each variable behind those that its value names: Kubernetes knows only what stands before."""
    out: dict[str, plan.AgentVariable] = {}
    begun: set[str] = set()

    def put(name: str) -> None:
        if name in begun or name not in made:
            return
        begun.add(name)
        for found in _REFERENCE.finditer(made[name].value or ""):
            put(found[1])
        out[name] = made[name]

    for name in made:
        put(name)
    return list(out.values())


# ---- secrets


def literal_secrets(notes: Notes, spec: Agent, path: Path) -> None:
    """Findings for every credential that stands in the spec itself."""
    for name, value in (spec.env or {}).items():
        help_ = f"put it into a Secret, and name that: `secrets: {{{name}: {{name: …, key: …}}}}`"
        _found(notes, credentials.in_field(name, value), value, (*path, "env", name), f"`{name}`", help_)
    for key in ("command", "args"):
        for n, text in enumerate(getattr(spec, key) or ()):
            for one in credentials.in_file(text):
                help_ = "put it into a Secret under `secrets`, and write `$(NAME)` of that variable here"
                _found(notes, one, text, (*path, key, n), f"`{key}`", help_)
    for file, text in (spec.files or {}).items():
        for one in credentials.in_file(text):
            help_ = "put it into a Secret under `secrets`, and name that variable in the file as the agent wants it"
            _found(notes, one, text, (*path, "files", file), f"`{file}`", help_)
    for key, value in (spec.annotations or {}).items():
        help_ = "drop it: everybody who may see the pod can read its annotations"
        _found(notes, credentials.in_field(key, value), value, (*path, "annotations", key), f"`{key}`", help_)


def _found(notes: Notes, one: Credential | None, text: str, path: Path, what: str, help_: str) -> None:
    if one is not None:
        notes.add(
            "agents/literal-secret",
            path,
            f"{what} holds {one.shape}, which must not stand in the spec",
            within=(text, one.offset, one.length),
            help=(help_,),
        )
