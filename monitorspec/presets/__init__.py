"""Presets: ready thresholds, panels, metrics and objectives per kind of service, laid under what a service says itself.

In: a loaded source whose services name presets. Out: the source with them merged in. A preset is one YAML file in this
folder: a part of a service, with the placeholders of `filling`, in which `critical` stands for the severity that pages and
`warning` for the most severe one that does not. The files of AWS services hold two keys more: `select`, the sets of dimensions
that a service can be selected by, and `namespaces`, which `catalogue` reads. A threshold without a limit is one that nobody
but the service can give: without it the threshold is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from monitorspec import source
from monitorspec.diagnostics import Diagnostic, Path
from monitorspec.fixes import typo
from monitorspec.presets.files import FOLDER, known, read
from monitorspec.presets.filling import dimensioned, selected, selector_text
from monitorspec.source import Source

__all__ = ["FOLDER", "known", "read", "with_presets"]

# Keys of a preset's file that are no part of a service.
_OWN_KEYS = ("namespaces", "select")
_SIGNALS = frozenset({"expr", "cloudwatch", "absent", "composite"})
_CONDITIONS = ("above", "below", "anomaly", "absent", "composite")


def with_presets(loaded: Source, found: list[Diagnostic]) -> Source:
    """The source, with each service laid over its presets, in the order that it names them."""
    services = loaded.data.get("services")
    if not isinstance(services, dict) or not any(
        isinstance(s, dict) and (s.get("presets") or s.get("dimensions")) for s in services.values()
    ):
        return loaded
    under: dict[str, Any] = {}
    called = _severities(loaded.data.get("severities"))
    for name, service in services.items():
        if not isinstance(service, dict):
            continue
        presets = service.get("presets")
        presets = presets if isinstance(presets, list) else []
        merged: dict[str, Any] = {}
        given = _given(service.get("dimensions"))
        parts: list[tuple[Path, str]] = []
        for n, preset in enumerate(presets):
            where: Path = ("services", name, "presets", n)
            if preset in known():
                parts.append((where, preset))
            else:
                _unknown(loaded, where, str(preset), found)
        meant = _unwanted(loaded, name, given, [preset for _, preset in parts], found)
        for where, preset in parts:
            part = {key: value for key, value in read(preset).items() if key not in _OWN_KEYS}
            part = selected(_called(part, called), selector_text(service.get("selector")))
            if "select" in read(preset):
                own = {dimension: given[dimension] for dimension in _selects_by(preset) if dimension in given}
                # After a finding the preset is laid under the service all the same, so that there are no others for want of it.
                own |= dict.fromkeys(_missing(loaded, where, preset, own, meant, found), "?")
                part, short = dimensioned(part, own, _limited(service))
                for key, dimension in short.items():
                    _too_few(loaded, (*where[:2], "thresholds", key), preset, dimension, found)
            _lay(merged, part)
        _complete(merged, service)
        if merged:
            under[name] = merged
    if not under:
        return loaded
    base = Source(loaded.file, "", {"services": under}, source.Positions.none(loaded.file), ())
    return source.merge(base, loaded)


# ---- severities


def _severities(declared: Any) -> dict[str, str]:
    """What a spec that names its own severities calls those of presets."""
    if not isinstance(declared, dict) or {"critical", "warning"} <= declared.keys():
        return {}
    names = [name for name, spec in declared.items() if spec is not None]
    if not names:
        return {}
    pages = [name for name, spec in declared.items() if isinstance(spec, dict) and spec.get("page") is True]
    page = pages[0] if pages else names[0]
    calm = [name for name in names[names.index(page) + 1 :] if name not in pages]
    return {"critical": page, "warning": calm[0] if calm else names[-1]}


def _called(node: Any, called: dict[str, str]) -> Any:
    """The preset with its severities under other names; where two become one, the more severe limit stays."""
    if not called or not isinstance(node, dict):
        return node
    out = {key: _called(value, called) for key, value in node.items()}
    for side in ("above", "below", "limits"):
        if isinstance(out.get(side), dict):
            limits = out[side]
            out[side] = {called[name]: limits[name] for name in ("warning", "critical") if name in limits}
    if isinstance(out.get("severity"), str):
        out["severity"] = called[out["severity"]]
    return out


# ---- dimensions


def _given(dimensions: Any) -> dict[str, Any]:
    """The dimensions that a service gives; validation tells what is wrong with a value, so here it is any text."""
    if not isinstance(dimensions, dict):
        return {}
    return {name: value if isinstance(value, str | list) else str(value) for name, value in dimensions.items()}


def _selects_by(preset: str) -> list[str]:
    """The dimensions that a preset can select by."""
    return list(dict.fromkeys(name for choice in read(preset).get("select") or () for name in choice))


def _missing(
    loaded: Source, where: Path, preset: str, own: Mapping[str, Any], meant: set[str], found: list[Diagnostic]
) -> list[str]:
    """The dimensions that a preset lacks to select by, after a finding.

    `meant`: those that the service has only misspelt, which has been told already.
    """
    sets: list[list[str]] = read(preset)["select"]
    if any(set(choice) == own.keys() for choice in sets):
        return []
    missing = min(([name for name in choice if name not in own] for choice in sets), key=len)
    if meant.intersection(missing):
        return missing
    ways = ", or ".join(_listed(choice) for choice in sets)
    if missing:
        message = f"the preset `{preset}` needs {_listed(missing)}"
        help_ = f"dimensions: {{{', '.join(f'{name}: …' for name in missing)}}}"
    else:
        message = f"the preset `{preset}` cannot select by {_listed(own)} at once"
        help_ = "leave one of them out"
    found.append(
        Diagnostic("presets/dimension", message, _at(loaded, where), label=f"it selects by {ways}", help=(help_,))
    )
    return missing


def _limited(service: Mapping[str, Any]) -> set[str]:
    """The thresholds that a service itself speaks of, without a signal of their own."""
    own = service.get("thresholds")
    if not isinstance(own, dict):
        return set()
    return {key for key, given in own.items() if isinstance(given, dict) and not _SIGNALS.intersection(given)}


def _too_few(loaded: Source, where: Path, preset: str, dimension: str, found: list[Diagnostic]) -> None:
    at = loaded.positions.key(where) or loaded.positions.nearest(where)
    message = f"`{where[-1]}` of the preset `{preset}` needs `{dimension}`"
    found.append(Diagnostic("presets/dimension", message, at, help=(f"dimensions: {{{dimension}: …}}",)))


def _unwanted(
    loaded: Source, service: str, given: Iterable[str], presets: Iterable[str], found: list[Diagnostic]
) -> set[str]:
    """Findings about dimensions that no preset of a service selects by; the names that are meant by them."""
    wanted = dict.fromkeys(name for preset in presets for name in _selects_by(preset))
    meant: set[str] = set()
    for name in given:
        if name in wanted:
            continue
        from difflib import get_close_matches

        near = get_close_matches(name, wanted, 1)
        meant.update(near)
        if near:
            help_ = f"did you mean `{near[0]}`?"
        elif wanted:
            help_ = f"they select by {_listed(wanted)}"
        else:
            able = [preset for preset in known() if name in _selects_by(preset)]
            help_ = f"such as `presets: [{able[0]}]`" if able else "name a preset of an AWS service, or leave it out"
        where: Path = ("services", service, "dimensions", name)
        at = loaded.positions.key(where) or loaded.positions.nearest(where)
        message = f"no preset of the service selects by `{name}`"
        found.append(Diagnostic("presets/dimension", message, at, help=(help_,)))
    return meant


def _listed(names: Iterable[str]) -> str:
    *first, last = (f"`{name}`" for name in names)
    return f"{', '.join(first)} and {last}" if first else last


# ---- merging


def _unknown(loaded: Source, where: Path, preset: str, found: list[Diagnostic]) -> None:
    from difflib import get_close_matches

    near = get_close_matches(preset, known(), 1)
    help_ = f"did you mean `{near[0]}`?" if near else f"there are: {', '.join(known())}"
    at = _at(loaded, where)
    found.append(
        Diagnostic("presets/unknown", f"unknown preset `{preset}`", at, help=(help_,), fix=typo(at, preset, known()))
    )


def _at(loaded: Source, where: Path) -> Any:
    return loaded.positions.value(where) or loaded.positions.nearest(where[:-1])


def _complete(merged: dict[str, Any], service: dict[str, Any]) -> None:
    """Leave out the thresholds that have no limit, and runbooks that belong to no alert (any more)."""
    own = {kind: part if isinstance(part := service.get(kind), dict) else {} for kind in ("slos", "thresholds")}
    if "thresholds" in merged:
        merged["thresholds"] = {
            name: threshold
            for name, threshold in merged["thresholds"].items()
            if name in own["thresholds"] or any(key in threshold for key in _CONDITIONS)
        }
    if "runbooks" in merged:
        alerts = {
            name for kind in own for name in merged.get(kind, {}) if not (name in own[kind] and own[kind][name] is None)
        }
        merged["runbooks"] = {name: page for name, page in merged["runbooks"].items() if name in alerts}


def _lay(under: dict[str, Any], over: dict[str, Any]) -> None:
    for key, value in over.items():
        if isinstance(value, dict) and isinstance(under.get(key), dict):
            _lay(under[key], value)
        else:
            under[key] = value
