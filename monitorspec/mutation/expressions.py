"""Wrong versions of a PromQL expression: one matcher, metric, range, number, operator or label of its tree is changed.

In: an expression. Out: (what was changed, the changed expression); each is valid PromQL.
"""

from __future__ import annotations

from collections.abc import Iterator

from monitorspec.mutation.mutant import Change
from monitorspec.mutation.pairing import paired
from monitorspec.mutation.worlds import agree
from monitorspec.promql.nodes import COMPARISONS, Aggregate, Binary, Matcher, Node, Number, Selector, Subquery, walk
from monitorspec.promql.syntax import parse
from monitorspec.promql.tokens import Problem, quote
from monitorspec.spec.units import duration_text

_NEGATED = {"=": "!=", "!=": "=", "=~": "!~", "!~": "=~"}
_OTHER_OPERATOR = {"+": "-", "-": "+", "*": "/", "/": "*", "and": "unless", "unless": "and", "or": "and"}
COMPARED = {">": ">=", ">=": ">", "<": "<=", "<=": "<", "==": "!=", "!=": "=="}
REVERSED = {">": "<", ">=": "<=", "<": ">", "<=": ">="}
_NAME = "__name__"


def variants(expr: str) -> Iterator[tuple[Change, str]]:
    """Every wrong version of an expression; nothing for one that cannot be read."""
    tree = parse(expr)
    if isinstance(tree, Problem):
        return
    seen = {expr}
    for node in walk(tree):
        for change, start, end, text in _changes(expr, node):
            changed = expr[:start] + text + expr[end:]
            if changed not in seen and not isinstance(parse(changed), Problem):
                seen.add(changed)
                same = _same(tree, node, change)
                yield change._replace(same=same if same and agree(expr, changed) else ""), changed


def _same(tree: Node, node: Node, change: Change) -> str:
    """Why a change of a node does nothing, or ""."""
    if change.kind == "matcher" and isinstance(node, Selector) and change.text.endswith(_DROPPED):
        gone = next(m for m in node.matchers if f"{_written(m)}{_DROPPED}" == change.text)
        return paired(tree, node, gone)
    return ""


Edit = tuple[Change, int, int, str]
_DROPPED = " dropped"


def _changes(expr: str, node: Node) -> Iterator[Edit]:
    if isinstance(node, Selector):
        yield from _selector(expr, node)
    elif isinstance(node, Subquery):
        yield from _range(expr, node, node.expr.end)
    elif isinstance(node, Number):
        yield from _number(expr, node)
    elif isinstance(node, Binary):
        yield from _operator(expr, node)
    elif isinstance(node, Aggregate):
        yield from _labels(expr, node)


def _selector(expr: str, node: Selector) -> Iterator[Edit]:
    if node.name:
        other = f"{node.name}_other"
        yield Change("metric", f"{node.name} → {other}"), node.start, node.start + len(node.name), other
    for at, matcher in enumerate(node.matchers):
        if node.braces is None:
            break
        others = [m for n, m in enumerate(node.matchers) if n != at]
        said = _written(matcher)
        if matcher.label != _NAME:
            yield Change("matcher", f"{said}{_DROPPED}"), *node.braces, _braces(others)
        negated = matcher._replace(op=_NEGATED[matcher.op])
        listed = [negated if n == at else m for n, m in enumerate(node.matchers)]
        yield Change("matcher", f"{said} → {_written(negated)}"), *node.braces, _braces(listed)
    if node.range_ms is not None:
        yield from _range(expr, node, node.braces[1] if node.braces else node.name_end)


def _range(expr: str, node: Selector | Subquery, after: int) -> Iterator[Edit]:
    """Twice and half the range. Closer ones mean the same to a rate of steady counters, by how its samples lie."""
    assert node.range_ms is not None
    start = expr.index("[", after) + 1
    end = min(at for at in (expr.find(":", start), expr.find("]", start)) if at >= 0)
    old = expr[start:end].strip()
    for length in (node.range_ms * 2, node.range_ms // 2):
        new = duration_text(length)
        yield Change("window", f"[{old}] → [{new}]"), start, end, new


def _number(expr: str, node: Number) -> Iterator[Edit]:
    old = expr[node.start : node.end]
    for value in (node.value * 1.1, node.value * 0.9) if node.value else (1.0, -1.0):
        new = f"{value:.6g}"
        yield Change("number", f"{old} → {new}"), node.start, node.end, new


def _operator(expr: str, node: Binary) -> Iterator[Edit]:
    between = expr[node.lhs.end : node.rhs.start]
    start = between.find(node.op)
    if start < 0:
        return
    start += node.lhs.end
    kind = "comparison" if node.op in COMPARISONS else "operator"
    for table in (COMPARED, REVERSED, _OTHER_OPERATOR):
        new = table.get(node.op)
        if new is not None:
            yield Change(kind, f"{node.op} → {new}"), start, start + len(node.op), new


def _labels(expr: str, node: Aggregate) -> Iterator[Edit]:
    """One label of `by` or `without` less."""
    if not node.labels:
        return
    word = "by" if node.by else "without"
    start = expr.index("(", _word(expr, word, node)) + 1
    end = expr.index(")", start)
    for label in node.labels:
        rest = ", ".join(other for other in node.labels if other != label)
        yield Change("grouping", f"{word} ({', '.join(node.labels)}) → {word} ({rest})"), start, end, rest


def _word(expr: str, word: str, node: Aggregate) -> int:
    """Where `by` or `without` stands: right behind the operator, or behind the operand."""
    first = expr.lower().find(word, node.start + len(node.op), node.expr.start)
    return first if first >= 0 else expr.lower().index(word, node.expr.end)


def _written(matcher: Matcher) -> str:
    return f"{matcher.label}{matcher.op}{quote(matcher.value)}"


def _braces(matchers: list[Matcher]) -> str:
    return "{" + ", ".join(map(_written, matchers)) + "}" if matchers else ""
