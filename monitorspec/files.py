"""Reading files that a spec names, without leaving its project.

In: the spec's path and a name from it. Out: a resolved path, or why not. A spec comes from a pull request: what it names
is printed in excerpts and runbooks, so it must not reach outside of the project.
"""

from __future__ import annotations

from pathlib import Path

MARKERS = (".git", "monitorspec.toml")
SPEC_SUFFIXES = (".monitorspec.yaml", ".monitorspec.yml")


def project_root(spec: Path) -> Path:
    """The nearest folder at or above the spec's that is a repository or has a monitorspec.toml.

    Without one: the folder that the command runs in, when the spec is below it; else the spec's own.
    """
    folder = spec.resolve().parent
    for candidate in (folder, *folder.parents):
        if any((candidate / marker).exists() for marker in MARKERS):
            return candidate
    here = Path.cwd()
    return here if folder.is_relative_to(here) and here != Path(here.anchor) else folder


def beside(spec: Path, name: str) -> Path | str:
    """The file `name` relative to the spec's folder; a message when it may not be read or is not there."""
    if "\0" in name or "\\" in name:
        return f"`{name}` is not a path"
    wanted = spec.parent / name
    try:
        resolved = wanted.resolve()
        if not resolved.is_relative_to(project_root(spec)):
            return f"`{name}` is outside of the project"
        if not resolved.is_file():
            return f"there is no file `{name}` beside the spec"
    except (OSError, RuntimeError, ValueError):
        return f"`{name}` cannot be read"
    return wanted


def specs_in(path: Path) -> list[Path]:
    """The spec files at `path`: itself, or all `*.monitorspec.yaml` below it."""
    if path.is_dir():
        found = (p for p in path.rglob("*") if p.name.endswith(SPEC_SUFFIXES) and not _hidden(p, path))
        return sorted(found)
    return [path]


def _hidden(path: Path, base: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(base).parts[:-1])
