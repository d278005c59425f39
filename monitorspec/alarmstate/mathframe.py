"""What a function of metric math is computed over and called with.

In: nothing. Out: `Frame`, and `Arguments`, which say in a sentence what is wrong with them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from monitorspec.alarmstate.errors import MathError
from monitorspec.alarmstate.mathvalues import Array, Number, Series, Value, Word

Band = Callable[[int], tuple[float, float]] | tuple[float, float]
"""(mean, standard deviation) that is expected, or a function that gives them for a time."""


class Frame(NamedTuple):
    """What an expression is computed over: the starts of the periods, oldest first, their length in seconds, the metrics
    of the request by id, and the bands of anomaly models by the id of what they watch."""

    starts: tuple[int, ...]
    period: int
    metrics: Mapping[str, Series]
    bands: Mapping[str, Band]


ANY = "*"
"""Id of the model for every band that has none of its own."""
Function = Callable[[Frame, "Arguments"], Value]


class Arguments(NamedTuple):
    """A function's name and what it is called with."""

    name: str
    given: Sequence[Value]

    def require(self, least: int, most: int) -> None:
        """MathError unless there are so many."""
        if not least <= len(self.given) <= most:
            wanted = str(least) if least == most else f"{least} to {most}"
            raise MathError(f"{self.name} takes {wanted} argument{'s' * (wanted != '1')}, not {len(self.given)}")

    def series(self, at: int) -> Series:
        """The argument at `at` as one series."""
        value = self.given[at]
        if isinstance(value, Series):
            return value
        raise MathError(f"{self.name} wants one series, {self._said(at)}")

    def array(self, at: int) -> Array:
        """The argument at `at` as an array of series."""
        value = self.given[at]
        if isinstance(value, Array):
            return value
        raise MathError(f"{self.name} wants an array of series such as [m1, m2], {self._said(at)}")

    def number(self, at: int) -> Number:
        """The argument at `at` as a number."""
        value = self.given[at]
        if value is None or isinstance(value, float):
            return value
        raise MathError(f"{self.name} wants a number, {self._said(at)}")

    def whole(self, at: int) -> int:
        """The argument at `at` as a whole number."""
        value = self.number(at)
        if value is None or value != int(value):
            raise MathError(f"{self.name} wants a whole number, not {value}")
        return int(value)

    def word(self, at: int, known: Iterable[str]) -> str:
        """The argument at `at` as one of the `known` words."""
        value = self.given[at]
        if isinstance(value, Word) and value.text in known:
            return value.text
        said = f"`{value.text}`" if isinstance(value, Word) else self._said(at)
        raise MathError(f"{self.name} wants one of {', '.join(known)}, not {said}")

    def _said(self, at: int) -> str:
        value = self.given[at]
        what = {Series: "one series", Array: "an array", Word: "a word"}.get(type(value), "a number")
        return f"argument {at + 1} is {what}"
