"""Kinds of agents: ready settings laid under what a spec says of an agent itself.

In: a loaded source with `agents`. Out: the source with the settings of each agent's kind merged in. A kind is one file in
`data/agents/`: `about`, a sentence on what it is; `needs`, environment variables that only the spec can give, each with
what it is for; `agent`, a part of an agent as a spec writes it. `data/agent.yaml` lies under all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from monitorspec import source
from monitorspec.diagnostics import Diagnostic
from monitorspec.fixes import typo
from monitorspec.source import Source
from monitorspec.source.layers import laid_over

_DATA = Path(__file__).parent / "data"
FOLDER = _DATA / "agents"


class Kind(NamedTuple):
    """`agent` is the part of an agent that it stands for; `needs`: environment variable → what it is for."""

    about: str
    needs: Mapping[str, str]
    agent: Mapping[str, Any]


@cache
def known() -> tuple[str, ...]:
    """The names of all kinds."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.yaml")))


@cache
def kind(name: str) -> Kind:
    """The kind called `name`. Raises KeyError when there is none."""
    if name not in known():
        raise KeyError(name)
    data = source.load(FOLDER / f"{name}.yaml", f"agent kind {name}").data
    return Kind(data["about"], data.get("needs", {}), data["agent"])


def with_kinds(loaded: Source, found: list[Diagnostic]) -> Source:
    """The source, with each agent laid over its kind."""
    agents = loaded.data.get("agents")
    if not isinstance(agents, dict) or not agents:
        return loaded
    under: dict[str, Any] = {}
    for name, agent in agents.items():
        if not isinstance(agent, dict):
            continue
        under[name] = _every()
        named = agent.get("kind")
        if named in known():
            under[name] = laid_over(under[name], kind(named).agent)
        elif isinstance(named, str):
            path = ("agents", name, "kind")
            at = loaded.positions.value(path) or loaded.positions.nearest(path)
            near = get_close_matches(named, known(), 1)
            help_ = f"did you mean `{near[0]}`?" if near else f"there are: {', '.join(known())}"
            found.append(
                Diagnostic(
                    "agents/unknown-kind",
                    f"unknown kind of agent `{named}`",
                    at,
                    help=(help_, "without a kind, an agent is what the spec says: its `image` and what that needs"),
                    fix=typo(at, named, known()),
                )
            )
    base = Source(loaded.file, "", {"agents": under}, source.Positions.none(loaded.file), ())
    return source.merge(base, loaded)


@cache
def _every() -> Any:
    return source.load(_DATA / "agent.yaml", "agents").data
