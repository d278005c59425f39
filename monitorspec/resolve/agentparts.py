"""Parts of an agent that need no more than its own settings: ports, probes, mounts, files, resources.

In: an agent of the spec. Out: records of the plan, with findings where Kubernetes would refuse them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from difflib import get_close_matches
from posixpath import basename, normpath

from monitorspec import plan
from monitorspec.diagnostics import Path
from monitorspec.kubernetes import syntax
from monitorspec.resolve.notes import Notes
from monitorspec.spec.agents import Agent, AgentPort, AgentProbe, AgentResources
from monitorspec.spec.amounts import Amount, parse_amount

# A ConfigMap holds no more (https://kubernetes.io/docs/concepts/configuration/configmap/).
_MOST = 1024 * 1024
_PAGES = "hugepages-"
_COUNTED = ("cpu", "memory", "ephemeral-storage")


def ports(notes: Notes, spec: Agent, path: Path) -> list[plan.AgentPort]:
    """The ports that the agent listens on."""
    out: list[plan.AgentPort] = []
    taken: dict[tuple[str, int, str], str] = {}
    for name, port in (spec.ports or {}).items():
        at = (*path, "ports", name)
        if problem := syntax.port_name(name):
            notes.add("agents/name", at, f"`{name}` cannot name a port", key=True, label=problem)
        if port.port is None:
            notes.add("agents/port", at, f"port `{name}` has no `port`", key=True, label="its number")
            continue
        protocol = port.protocol or "TCP"
        for key, number in (("port", port.port), ("host_port", port.host_port)):
            if number is None:
                continue
            if problem := syntax.port_number(number):
                notes.add("agents/port", (*at, key), f"`{key}` has to be {problem}")
            first = taken.setdefault((key, number, protocol), name)
            if first != name:
                notes.add("agents/port", (*at, key), f"`{first}` has {protocol} port {number} already")
        _check_host_port(notes, spec, port, at)
        out.append(plan.AgentPort(name, port.port, protocol, port.host_port))
    return out


def _check_host_port(notes: Notes, spec: Agent, port: AgentPort, path: Path) -> None:
    if spec.host_network and port.host_port is not None and port.host_port != port.port:
        notes.add(
            "agents/port",
            (*path, "host_port"),
            f"in the node's network the port is {port.port} on the node too",
            help=("drop `host_port`, or set `host_network: false`",),
        )


def probe(
    notes: Notes, spec: AgentProbe | None, listening: Sequence[plan.AgentPort], path: Path
) -> plan.AgentProbe | None:
    """A probe, or None for none."""
    if spec is None:
        return None
    port = spec.port
    if port is None:
        notes.add(
            "agents/probe", path, f"`{path[-1]}` has no `port`", key=True, label="its number, or a name of `ports`"
        )
        return None
    if isinstance(port, int):
        if problem := syntax.port_number(port):
            notes.add("agents/probe", (*path, "port"), f"`port` has to be {problem}")
    elif port not in (names := [p.name for p in listening]):
        notes.unknown("agents/probe", (*path, "port"), "port", port, names, "ports")
    if any(p.protocol != "TCP" and port == p.name for p in listening):
        notes.add("agents/probe", (*path, "port"), f"`{port}` is no TCP port: the kubelet can only ask those")
    if spec.path is not None and not spec.path.startswith("/"):
        notes.add("agents/probe", (*path, "path"), f"`{spec.path}` is no path", label="has to start with `/`")
    if spec.path is None and spec.scheme is not None:
        notes.add("agents/probe", (*path, "scheme"), "`scheme` needs a `path`", key=True)
    if spec.failures is not None and spec.failures < 1:
        notes.add("agents/probe", (*path, "failures"), "`failures` has to be 1 or more")
    return plan.AgentProbe(
        port=port,
        path=spec.path or "",
        scheme=spec.scheme or "",
        delay=whole_seconds(notes, spec.delay, (*path, "delay"), least=0),
        period=whole_seconds(notes, spec.period, (*path, "period")),
        timeout=whole_seconds(notes, spec.timeout, (*path, "timeout")),
        failures=spec.failures,
    )


def whole_seconds(notes: Notes, ms: int | None, path: Path, *, least: int = 1) -> int | None:
    """A duration that Kubernetes counts in seconds."""
    if ms is not None and (ms % 1000 or ms < least * 1000):
        said = f", {least}s or more" if least else ""
        notes.add("agents/seconds", path, f"Kubernetes counts `{path[-1]}` in whole seconds{said}")
    return ms


def mounts(notes: Notes, spec: Agent, path: Path) -> Iterator[plan.AgentMount]:
    """The volumes of the agent, without its files."""
    taken = {normpath(file): f"the file `{file}`" for file in spec.files or {}}
    for name, mount in (spec.mounts or {}).items():
        at = (*path, "mounts", name)
        if problem := syntax.label(name):
            notes.add("agents/name", at, f"`{name}` cannot name a mount", key=True, label=problem)
        elif name == syntax.FILES_VOLUME and spec.files:
            notes.add("agents/name", at, f"`{name}` is the name of the volume of the agent's `files`", key=True)
        host, inside = mount.host or "", mount.path or mount.host or ""
        if not inside:
            notes.add(
                "agents/mount",
                at,
                f"mount `{name}` has neither `host` nor `path`",
                key=True,
                help=("such as `path: /tmp`",),
            )
            continue
        for key, value in (("host", mount.host), ("path", mount.path)):
            if value is not None and (problem := syntax.absolute(value)):
                notes.add("agents/mount", (*at, key), f"`{value}` cannot be mounted", label=problem)
        first = taken.setdefault(normpath(inside), f"`{name}`")
        if first != f"`{name}`":
            notes.add("agents/mount", at, f"mount `{name}` is at `{inside}`, where {first} is already", key=True)
        if mount.propagate and not host:
            notes.add("agents/mount", (*at, "propagate"), "nothing of the node is in an empty directory", key=True)
        writable = mount.writable if mount.writable is not None else not host
        yield plan.AgentMount(name, host, inside, writable, bool(mount.propagate))


def files(notes: Notes, texts: Mapping[str, str], path: Path) -> Iterator[plan.AgentFile]:
    """The agent's files."""
    size = 0
    for file, text in texts.items():
        at = (*path, file)
        problem = syntax.absolute(file)
        if problem or not basename(file):
            notes.add(
                "agents/file", at, f"`{file}` is not the path of a file", key=True, label=problem or "ends in a name"
            )
        before, size = size, size + len(file) + len(text.encode())
        if before <= _MOST < size:
            notes.add(
                "agents/file", at, "the files of an agent go into one ConfigMap, which holds 1 MiB at most", key=True
            )
        yield plan.AgentFile(file, text)


def resources(notes: Notes, spec: AgentResources | None, path: Path) -> tuple[dict[str, str], dict[str, str]]:
    """Requests and limits by resource, as Kubernetes writes them."""
    requests, limits = (spec.requests or {}, spec.limits or {}) if spec else ({}, {})
    for part, amounts in (("requests", requests), ("limits", limits)):
        for name, amount in amounts.items():
            _resource(notes, name, amount, (*path, part, name))
    for name, amount in requests.items():
        limit = limits.get(name)
        if limit is not None and amount.value > limit.value:
            notes.add(
                "agents/resources",
                (*path, "requests", name),
                f"{name} of {amount.text} is requested, more than its limit of {limit.text}",
            )
        elif _extended(name) and (limit is None or limit.value != amount.value):
            notes.add(
                "agents/resources",
                (*path, "requests", name),
                f"of {name} exactly as much has to be requested as its limit says",
                help=(f"`limits: {{{name}: {amount.text}}}`",),
            )
    return (
        {name: amount.text for name, amount in requests.items()},
        {name: amount.text for name, amount in limits.items()},
    )


def _resource(notes: Notes, name: str, amount: Amount, path: Path) -> None:
    if name not in _COUNTED and not _extended(name):
        near = [known for known in _COUNTED if known.startswith(name)] or get_close_matches(name, _COUNTED, 1, 0.75)
        notes.add(
            "agents/resources",
            path,
            f"`{name}` is no resource of a container",
            key=True,
            label=f"{', '.join(_COUNTED)}, `hugepages-…` or `domain/name`",
            help=(f"did you mean `{near[0]}`?",) if near else (),
        )
    elif (size := _page(name)) and amount.value % size:
        notes.add(
            "agents/resources",
            path,
            f"{amount.text} is no whole number of pages of {name.removeprefix(_PAGES)}",
        )
    elif name != "cpu" and amount.value % 1:
        thousandths = amount.text.endswith("m") and name in _COUNTED
        help_ = (f"`m` is a thousandth; mebibytes are `{amount.text[:-1]}Mi`",)
        notes.add(
            "agents/resources",
            path,
            f"{name} of {amount.text} is no whole number" + (" of bytes" if name in _COUNTED else ""),
            help=help_ if thousandths else (),
        )


def _extended(name: str) -> bool:
    """Whether this is a resource that a node has in pieces: huge pages, devices."""
    if name.startswith(_PAGES):
        return _page(name) is not None
    return "/" in name and not name.startswith("requests.") and syntax.label_key(f"requests.{name}") == ""


def _page(name: str) -> Decimal | None:
    """The size of huge pages, in bytes."""
    if not name.startswith(_PAGES):
        return None
    try:
        return parse_amount(name.removeprefix(_PAGES)).value or None
    except ValueError:
        return None
