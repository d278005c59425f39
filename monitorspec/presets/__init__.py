"""Presets: ready thresholds, metrics and objectives per kind of service, laid under what a service says itself.

In: a loaded source whose services name presets. Out: the source with them merged in. A preset is one YAML file in this
folder: a part of a service, in which `$selector` stands for the matchers of the service's `selector`, `critical` for the
severity that pages and `warning` for the most severe one that does not.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from monitorspec import source
from monitorspec.diagnostics import Diagnostic
from monitorspec.source import Source

FOLDER = Path(__file__).parent


def known() -> list[str]:
    """The names of all presets."""
    return sorted(path.stem for path in FOLDER.glob("*.yaml"))


def with_presets(loaded: Source, found: list[Diagnostic]) -> Source:
    """The source, with each service laid over its presets, in the order that it names them."""
    services = loaded.data.get("services")
    if not isinstance(services, dict) or not any(isinstance(s, dict) and s.get("presets") for s in services.values()):
        return loaded
    under: dict[str, Any] = {}
    called = _severities(loaded.data.get("severities"))
    for name, service in services.items():
        presets = service.get("presets") if isinstance(service, dict) else None
        if not isinstance(presets, list):
            continue
        merged: dict[str, Any] = {}
        for n, preset in enumerate(presets):
            if preset not in known():
                at = loaded.positions.value(("services", name, "presets", n)) or loaded.positions.nearest(
                    ("services", name, "presets")
                )
                from difflib import get_close_matches

                near = get_close_matches(str(preset), known(), 1)
                help_ = f"did you mean `{near[0]}`?" if near else f"there are: {', '.join(known())}"
                found.append(Diagnostic("presets/unknown", f"unknown preset `{preset}`", at, help=(help_,)))
                continue
            _lay(merged, _filled(_called(_read(preset), called), _selector(service.get("selector"))))
        _forget_runbooks(merged, service)
        if merged:
            under[name] = merged
    if not under:
        return loaded
    base = Source(loaded.file, "", {"services": under}, source.Positions.none(loaded.file), ())
    return source.merge(base, loaded)


@cache
def _read(preset: str) -> Any:
    path = FOLDER / f"{preset}.yaml"
    return source.load(path, f"preset {preset}").data


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
    for side in ("above", "below"):
        if isinstance(out.get(side), dict):
            limits = out[side]
            out[side] = {called[name]: limits[name] for name in ("warning", "critical") if name in limits}
    if isinstance(out.get("severity"), str):
        out["severity"] = called[out["severity"]]
    return out


def _forget_runbooks(merged: dict[str, Any], service: dict[str, Any]) -> None:
    """What a service deletes with null takes the preset's runbook along, which would belong to no alert."""
    for kind in ("slos", "thresholds"):
        own = service.get(kind)
        for key in [key for key, value in own.items() if value is None] if isinstance(own, dict) else ():
            if key in merged.get(kind, {}):
                merged["runbooks"] = {name: page for name, page in merged.get("runbooks", {}).items() if name != key}


def _selector(selector: Any) -> str:
    from monitorspec.promql.tokens import quote

    if not isinstance(selector, dict):
        return ""
    return ", ".join(f"{label}={quote(str(value))}" for label, value in selector.items())


def _filled(node: Any, selector: str) -> Any:
    if isinstance(node, dict):
        return {key: _filled(value, selector) for key, value in node.items()}
    if isinstance(node, list):
        return [_filled(value, selector) for value in node]
    if isinstance(node, str) and "$selector" in node:
        # `{$selector, code=~"5.."}` without a selector must not keep its comma.
        text = node.replace("$selector, ", f"{selector}, " if selector else "").replace("$selector", selector)
        return text.replace("{}", "")
    return node


def _lay(under: dict[str, Any], over: dict[str, Any]) -> None:
    for key, value in over.items():
        if isinstance(value, dict) and isinstance(under.get(key), dict):
            _lay(under[key], value)
        else:
            under[key] = value
