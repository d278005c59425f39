"""Metric math computed: the expressions of a request over the datapoints of its metrics.

In: expressions by id, a `Frame`. Out: series. Errors name the id of the expression they are in.
"""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches

from monitorspec.alarmstate.errors import MathError, Unsupported
from monitorspec.alarmstate.mathframe import Arguments, Frame
from monitorspec.alarmstate.mathfunctions import FUNCTIONS
from monitorspec.alarmstate.mathsyntax import Binary, Call, Id, Keyword, Listed, Node, Number, Text, Unary, parse
from monitorspec.alarmstate.mathvalues import Array, Series, Value, Word, binary, each
from monitorspec.cloudformation import metricmath as language


def compute(expression: str, frame: Frame, others: Mapping[str, str] | None = None) -> Series | Array:
    """An expression over the metrics of a frame and the `others`, expressions by id; MathError when its result is no
    series ("The final result of any math expression must be a single time series or an array")."""
    value = Computation(frame, others or {}).of(parse(expression))
    if isinstance(value, Series | Array):
        return value
    raise MathError(f"`{expression}` gives a number, not a series")


class Computation:
    """The values of a request's ids, each computed once."""

    def __init__(self, frame: Frame, expressions: Mapping[str, str]) -> None:
        self.frame = frame
        self.expressions = expressions
        self._known: dict[str, Value] = dict(frame.metrics)
        self._under_way: list[str] = []

    def series(self, id: str) -> Series:
        """The single series that `id` stands for."""
        value = self.named(id)
        if isinstance(value, Series):
            return value
        what = f"an array of {len(value.series)} series" if isinstance(value, Array) else "a number"
        raise MathError(f"`{id}` gives {what}, where an alarm needs one series")

    def named(self, id: str) -> Value:
        """The value of a metric or an expression."""
        if id in self._known:
            return self._known[id]
        text = self.expressions.get(id)
        if text is None:
            near = get_close_matches(id, [*self._known, *self.expressions], 1)
            raise MathError(f"there is no metric `{id}`" + (f"; did you mean `{near[0]}`?" if near else ""))
        if id in self._under_way:
            raise MathError(f"`{id}` needs its own result: {' → '.join([*self._under_way, id])}")
        self._under_way.append(id)
        self._known[id] = value = self.of(parse(text))
        self._under_way.pop()
        return value

    def of(self, node: Node) -> Value:
        """The value of a tree."""
        match node:
            case Number(value):
                return value
            case Text(text) | Keyword(text):
                return Word(text)
            case Id(name):
                return self.named(name)
            case Unary("-", operand):
                return each(lambda value: -value, self.of(operand), "`-`")
            case Unary(_, operand):
                return each(lambda value: float(not value), self.of(operand), "NOT")
            case Binary(op, left, right):
                return binary(op, self.of(left), self.of(right))
            case Listed(items):
                return self._listed(items)
            case Call(name, arguments):
                return self._called(name, arguments)

    def _listed(self, items: tuple[Node, ...]) -> Array:
        out: list[Series] = []
        for item in items:
            value = self.of(item)
            if isinstance(value, Array):
                out.extend(value.series)
            elif isinstance(value, Series):
                out.append(value)
            else:
                raise MathError("an array in square brackets takes series, no numbers")
        return Array(tuple(out))

    def _called(self, name: str, arguments: tuple[Node, ...]) -> Value:
        function = FUNCTIONS.get(name)
        if function is None:
            if name in language.FUNCTIONS:
                raise Unsupported(f"{name} cannot be computed from samples")
            near = get_close_matches(name.upper(), FUNCTIONS, 1)
            raise MathError(f"metric math has no function `{name}`" + (f"; did you mean `{near[0]}`?" if near else ""))
        given = [self.of(argument) for argument in arguments]
        if name == "ANOMALY_DETECTION_BAND" and given and isinstance(arguments[0], Id) and isinstance(given[0], Series):
            # A model is known by the id of what it watches, an expression's, too.
            given[0] = given[0]._replace(metric=arguments[0].name)
        return function(self.frame, Arguments(name, given))
