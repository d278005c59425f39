"""Collecting what resolve finds wrong, each at its place in the spec.

In: positions of the loaded source. Out: `Notes.diagnostics`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from difflib import get_close_matches

from monitorspec.diagnostics import Diagnostic, Fix, Level, Path, Position
from monitorspec.fault import Fault
from monitorspec.fixes import rewritten, typo
from monitorspec.spec.record import key_of
from monitorspec.spec.validate import Places


class Notes:
    """The one mutable thing of resolve: findings are added, never read back."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self.diagnostics: list[Diagnostic] = []

    def muted(self) -> Notes:
        """Takes findings and forgets them."""
        return Notes(self._places)

    def at(self, path: Path, *, key: bool = False) -> Position:
        """Where the value (or its key) at `path` stands."""
        found = self._places.key(path) if key else self._places.value(path)
        if found is None and path and isinstance(path[-1], int):
            # One text may stand for a list of one.
            found = self._places.value(path[:-1])
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
        within: tuple[str, int, int] | None = None,
        fix: Fix | None = None,
    ) -> None:
        """Add a finding; `within` (the text at `path`, offset, length) moves the caret into it."""
        position = (self._inside(path, *within) if within else None) or self.at(path, key=key)
        self.diagnostics.append(Diagnostic(code, message, position, level, label, tuple(help), effect, fix))

    def _inside(self, path: Path, text: str, offset: int, length: int) -> Position | None:
        found = self._places.inside(path, text, offset, length)
        if found is None and path and isinstance(path[-1], int):
            # One text may stand for a list of one.
            return self._places.inside(path[:-1], text, offset, length)
        return found

    def fault(self, code: str, path: Path, text: str, fault: Fault, *, label: str = "") -> None:
        """Add what is wrong within the text at `path`."""
        within = (text, fault.offset, fault.length) if text else None
        self.add(code, path, fault.message, label=label, help=(fault.help,) if fault.help else (), within=within)

    def one_of(self, code: str, path: Path, message: str, spec: object, names: Sequence[str]) -> str:
        """Which one of the keys of the record at `path` is given; a finding and "" where that is not exactly one.

        `message` has `{}` where "no" or "more than one" goes: "`cpu` has {} signal".
        """
        given = [name for name in names if getattr(spec, name) is not None]
        if len(given) == 1:
            return given[0]
        *first, last = (f"`{key_of(name)}`" for name in names)
        # The last one: a name in the message may hold braces of its own.
        before, _, after = message.rpartition("{}")
        said = before + ("more than one" if given else "no") + after
        self.add(
            code,
            (*path, key_of(given[1])) if given else path,
            said,
            key=True,
            label=f"give exactly one of {', '.join(first)} and {last}",
        )
        return ""

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
        within: tuple[str, int, int] | None = None,
    ) -> None:
        """Add a finding about a name that nothing has."""
        names = list(known)
        near = get_close_matches(name, names, 1, 0.6)
        helps = [f"did you mean `{near[0]}`?"] if near else [f"declared: {', '.join(names)}"] if names else []
        message, label = f"unknown {what} `{name}`", f"not declared under `{where}`"
        fix = typo(self.at(path, key=key), name, names) if near and not within else None
        self.add(code, path, message, label=label, help=helps, key=key, within=within, fix=fix)

    def respelt(self, path: Path, meant: str, taken: Collection[str]) -> Fix | None:
        """The fix that calls the key that ends `path` what it is meant to be; None for "", and where that is taken."""
        if not meant or meant in taken or not isinstance(path[-1], str):
            return None
        return rewritten(self.at(path, key=True), path[-1], meant, f"write `{meant}`")

    def removal(self, path: Path) -> Fix | None:
        """The fix that takes out what stands at `path`."""
        edit = self._places.removal(self.at(path))
        return Fix("remove it", (edit,)) if edit else None
