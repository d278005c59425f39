"""Collecting what resolve finds wrong, each at its place in the spec.

In: positions of the loaded source. Out: `Notes.diagnostics`.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from monitorspec.diagnostics import Diagnostic, Level, Path, Position
from monitorspec.spec.validate import Places


class Notes:
    """The one mutable thing of resolve: findings are added, never read back."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self.diagnostics: list[Diagnostic] = []

    def at(self, path: Path, *, key: bool = False) -> Position:
        """Where the value (or its key) at `path` stands."""
        found = self._places.key(path) if key else self._places.value(path)
        return found or self._places.key(path) or self._places.nearest(path)

    def add(
        self,
        code: str,
        path: Path,
        message: str,
        *,
        level: Level = "error",
        label: str = "",
        help: Iterable[str] = (),
        effect: str = "",
        key: bool = False,
        offset: int | None = None,
        length: int = 1,
    ) -> None:
        """Add a finding; `offset` moves the caret into a one-line value."""
        position = self.at(path, key=key)
        if offset is not None and 0 <= offset < position.length:
            position = position._replace(
                column=position.column + offset, length=max(1, min(length, position.length - offset))
            )
        self.diagnostics.append(Diagnostic(code, message, position, level, label, tuple(help), effect))

    def unknown(
        self,
        code: str,
        path: Path,
        what: str,
        name: str,
        known: Iterable[str],
        where: str,
        *,
        key: bool = False,
    ) -> None:
        """Add a finding about a name that nothing has."""
        names = list(known)
        near = get_close_matches(name, names, 1, 0.6)
        helps = [f"did you mean `{near[0]}`?"] if near else [f"declared: {', '.join(names)}"] if names else []
        self.add(code, path, f"unknown {what} `{name}`", label=f"not declared under `{where}`", help=helps, key=key)
