"""Bring README.md and docs/*.md up to date: tables of keys, examples, and what commands print.

In: Markdown with parts such as `<!-- keys: Model -->` (each up to `<!-- end -->`) and blocks marked `console`. Out: the
same with tables from the spec's JSON Schema, examples from docs/examples/, and the real output of every `$` line.
Commands of a page run in one empty folder; a YAML block behind `<!-- file: path -->` is a file in it.

`make docs` writes the pages, the tests only look whether they would change.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
PAGES = ("README.md", *sorted(f"docs/{page.name}" for page in (ROOT / "docs").glob("*.md")))
_PART = re.compile(r"(<!-- (\w+)(?:: (\S+))? -->\n?)((?:(?!<!--).)*?)(<!-- end -->)", re.S)
_FILE_OR_CONSOLE = re.compile(
    r"<!-- file: (?P<path>\S+) -->\n```yaml\n(?P<text>.*?)^```$|^```console\n(?P<console>.*?)^```$", re.S | re.M
)


def refreshed(text: str) -> str:
    """A page's text as it should be. Raises RuntimeError when a command cannot be run at all."""
    text = _PART.sub(lambda m: f"{m[1]}{_PARTS[m[2]](m[3])}{m[5]}", text)
    with tempfile.TemporaryDirectory() as name:
        run = _shell(Path(name))
        return _FILE_OR_CONSOLE.sub(lambda m: _put(Path(name), m) if m["path"] else _console(m["console"], run), text)


# ---- keys and examples


def _keys(model: str) -> str:
    """The table of a model's keys; the root of the schema is `Spec`."""
    schema = json.loads((ROOT / "schemas" / "monitorspec.schema.json").read_text(encoding="utf-8"))
    node = schema if model == "Spec" else schema["$defs"][model]
    required = schema["then"]["required"] if model == "Spec" else node.get("required", ())
    rows = ["| Key | Value | |", "| --- | --- | --- |"]
    for key, part in node["properties"].items():
        name = f"**`{key}`**" if key in required else f"`{key}`"
        rows.append(f"| {name} | {_value(part)} | {_cell(part['description'])} |")
    return "\n" + "\n".join(rows) + "\n\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _value(part: dict[str, Any]) -> str:
    """What a key takes, in a few words."""
    if "$ref" in part:
        name = part["$ref"].rpartition("/")[2]
        if name == "SpecOverlay":
            return "any part of [the whole](#the-whole)"
        return f"[{name}](#{name.lower()})"
    if "enum" in part or "const" in part:
        values = part.get("enum", [part.get("const")])
        return " ".join(f"`{value}`" for value in values) if len(values) <= 12 else "one of [these](#units)"
    if "anyOf" in part:
        kinds = [_value(branch) for branch in part["anyOf"] if branch != {"type": "null"}]
        return " or ".join(kinds)
    if part.get("examples"):
        return " ".join(f"`{example}`" for example in part["examples"])
    kinds = [kind for kind in _as_list(part.get("type")) if kind != "null"]
    if kinds == ["array"]:
        return f"list of {_value(part.get('items', {}))}"
    if kinds == ["object"]:
        inner = part.get("additionalProperties")
        return f"mapping to {_value(inner)}" if isinstance(inner, dict) else "mapping"
    words = {"string": "text", "boolean": "`true` `false`", "integer": "number", "number": "number"}
    said = [words[kind] for kind in kinds if kind in words]
    default = part.get("default")
    return (
        " or ".join(said) + (f" (`{json.dumps(default)}`)" if default not in (None, "") else "") if said else "anything"
    )


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _example(name: str) -> str:
    text = (ROOT / "docs" / "examples" / f"{name}.monitorspec.yaml").read_text(encoding="utf-8")
    return f"```yaml\n{text}```\n"


def _file(name: str) -> str:
    return f"```yaml\n{(ROOT / 'docs' / 'examples' / name).read_text(encoding='utf-8')}```\n"


def _units(_: str) -> str:
    from monitorspec.spec.units import UNITS

    return " ".join(f"`{unit}`" for unit in UNITS)


def _presets(kind: str) -> str:
    """A table of the objectives and thresholds of each preset: of AWS services with `aws`, else of the others."""
    from monitorspec import presets

    out = []
    for name in presets.known():
        data = presets.read(name)
        if ("select" in data) != (kind == "aws"):
            continue
        path = presets.FOLDER / f"{name}.yaml"
        lines = path.read_text(encoding="utf-8").splitlines()
        head = lines[: next(n for n, line in enumerate(lines) if not line.startswith("#"))]
        said = " ".join(line.removeprefix("# ") for line in (head[1:] if "namespaces" in data else head))
        level = "###" if kind == "aws" else "##"
        out.append(f"\n{level} {name}\n\n{said}\n\n| Alert | Fires | For |\n| --- | --- | --- |\n")
        for key, slo in data.get("slos", {}).items():
            out.append(f"| `{key}` | {slo['title']}: objective {slo['objective']} | |\n")
        for key, threshold in data["thresholds"].items():
            out.append(f"| `{key}` | {threshold['title']} {_limits(threshold)} | {_held(threshold)} |\n")
        if "panels" in data:
            out.append(f"\nPanels: {', '.join(data['panels'])}.\n")
        for namespace, groups in data.get("namespaces", {}).items():
            names = [metric for group in groups for metric in group["metrics"]]
            out.append(f"\n[{len(names)} metrics of {namespace}](../monitorspec/presets/{path.name}) are known.\n")
    return "".join(out) + "\n"


def _limits(threshold: dict[str, Any]) -> str:
    if "absent" in threshold:
        return f"without data ({threshold['severity']})"
    side = "above" if "above" in threshold else "below"
    if side not in threshold:
        return "when you give a limit"
    return f"{side} " + ", ".join(f"{limit} ({severity})" for severity, limit in threshold[side].items())


def _held(threshold: dict[str, Any]) -> str:
    """How long: of datapoints, as `3 of 3 × 5m`."""
    if "datapoints" not in threshold:
        return str(threshold.get("for", ""))
    return f"{threshold['datapoints']} × {threshold['cloudwatch']['period']}"


def _agents(_: str) -> str:
    """A table of the kinds of agents."""
    from monitorspec import agents

    rows = ["| Kind | | Image | Has to be told |", "| --- | --- | --- | --- |"]
    for name in agents.known():
        kind = agents.kind(name)
        rows.append(f"| `{name}` | {kind.about} | `{kind.agent['image']}` | {' '.join(f'`{n}`' for n in kind.needs)} |")
    return "\n" + "\n".join(rows) + "\n\n"


def _agent_defaults(_: str) -> str:
    from monitorspec import agents

    return f"```yaml\n{(agents.FOLDER.parent / 'agent.yaml').read_text(encoding='utf-8')}```\n"


def _failures(_: str) -> str:
    """A table of the ready patterns of event rules."""
    from monitorspec.events.ready import ready

    named = {"arn": "ARNs", "name": "names", "": ""}
    rows = [f"| `{kind}` | {of.title} | {named[of.resources]} |\n" for kind, of in ready().items()]
    return "\n| `failure` | Told | `resources` |\n| --- | --- | --- |\n" + "".join(rows) + "\n"


def _detection(name: str) -> str:
    """The table of detection times of an SLO of an example, `example:service.slo`."""
    from monitorspec.compiler import compile_file
    from monitorspec.detection import detection, errors_text, row_text

    example, _, wanted = name.partition(":")
    plan = compile_file(ROOT / "docs" / "examples" / f"{example}.monitorspec.yaml").plan
    assert plan is not None
    slo = next(slo for service in plan.services for slo in service.slos if f"{slo.service}.{slo.key}" == wanted)
    found = detection(slo)
    rows = [("Errors", *found.tiers), ("---",) * (1 + len(found.tiers))]
    rows += [(errors_text(found, ratio), *map(row_text, found.at(ratio))) for ratio in found.error_ratios]
    return "\n" + "".join(f"| {' | '.join(row)} |\n" for row in rows) + "\n"


def _inputs(of: str) -> str:
    """A table of the inputs of the action, or of GitLab's template."""
    import yaml

    file = ROOT / ("action.yml" if of == "action" else "templates/monitorspec.yml")
    head = next(yaml.safe_load_all(file.read_text(encoding="utf-8")))
    inputs = head["inputs"] if of == "action" else head["spec"]["inputs"]
    rows = ["\n| Input | Default | |\n| --- | --- | --- |\n"]
    for name, part in inputs.items():
        default = "has to be given" if "default" not in part else f"`{part['default']}`" if part["default"] else ""
        said = part["description"]
        if "options" in part:
            said = f"{said.removesuffix('.')}: {', '.join(f'`{option}`' for option in part['options'])}."
        rows.append(f"| `{name}` | {default} | {_cell(said)} |\n")
    return "".join(rows) + "\n"


def _codes(_: str) -> str:
    """A table of each area's codes of findings."""
    from monitorspec.explain import codes, codes_of_changes

    told = codes_of_changes()
    return _by_area({code: title for code, title in codes().items() if code not in told})


def _changes(_: str) -> str:
    """A table of each area's codes of changes."""
    from monitorspec.explain import codes_of_changes

    return _by_area(codes_of_changes())


def _by_area(codes: dict[str, str]) -> str:
    areas: dict[str, list[str]] = {}
    for code, title in codes.items():
        areas.setdefault(code.partition("/")[0], []).append(f"| `{code}` | {_cell(title.removesuffix('.'))} |\n")
    head = "| Code | |\n| --- | --- |\n"
    return "".join(f"\n### {area}\n\n{head}{''.join(rows)}" for area, rows in areas.items()) + "\n"


_PARTS: dict[str, Callable[[str], str]] = {
    "keys": _keys,
    "example": _example,
    "shared": _file,
    "units": _units,
    "codes": _codes,
    "changes": _changes,
    "inputs": _inputs,
    "presets": _presets,
    "failures": _failures,
    "detection": _detection,
    "agents": _agents,
    "agentdefaults": _agent_defaults,
}


# ---- commands


def _put(folder: Path, match: re.Match[str]) -> str:
    file = folder / match["path"]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(match["text"], encoding="utf-8")
    return match[0]


def _console(block: str, run: Callable[[str], str]) -> str:
    """The block with each command followed by what it prints now."""
    commands = [line[2:] for line in block.splitlines() if line.startswith("$ ")]
    return "```console\n" + "".join(f"$ {command}\n{run(command)}" for command in commands) + "```"


def _shell(folder: Path) -> Callable[[str], str]:
    """Runs a command line in `folder` with this monitorspec; returns both its streams."""
    shims = folder / ".bin"
    shims.mkdir()
    program = shims / "monitorspec"
    source = f"{ROOT}{os.pathsep}{os.environ.get('PYTHONPATH', '')}".rstrip(os.pathsep)
    program.write_text(
        f'#!/bin/sh\nPYTHONPATH="{source}" exec "{sys.executable}" -m monitorspec "$@"\n', encoding="utf-8"
    )
    program.chmod(0o755)
    env = {
        **os.environ,
        "PATH": f"{shims}:{os.environ['PATH']}",
        "COLUMNS": "100",
        "NO_COLOR": "1",
        "LC_ALL": "C.UTF-8",
    }

    def run(command: str) -> str:
        done = subprocess.run(
            ["sh", "-c", command],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            cwd=folder,
            env=env,
            timeout=120,
            check=False,
            encoding="utf-8",
        )
        if done.returncode in (126, 127):
            raise RuntimeError(f"`{command}`: {done.stdout.strip()}")
        shown = done.stdout.strip("\n")
        return f"{shown}\n" if shown else ""

    return run


def main() -> None:
    """Write every page that has changed."""
    for page in PAGES:
        file = ROOT / page
        old = file.read_text(encoding="utf-8")
        new = refreshed(old)
        if new != old:
            file.write_text(new, encoding="utf-8")
            print(f"updated {page}")


if __name__ == "__main__":
    main()
