"""Reviews in the formats that people and programs read.

In: a `Review`. Out: a string; printing it is the caller's. A format's module is loaded when the format is used. The formats that
are made for findings (annotations, code quality, …) get the changes as findings.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from monitorspec.report import FORMATS as FINDINGS
from monitorspec.review import Review

Renderer = Callable[[Review, bool, bool], str]
"""(what to render, whether coloured, whether cosmetic changes are named) → the report."""


def _text(review: Review, color: bool, verbose: bool) -> str:
    from monitorspec.report.review.text import render

    return render(review, color, verbose)


def _json(review: Review, color: bool, verbose: bool) -> str:  # noqa: ARG001
    from monitorspec.report.review.json import render

    return render(review)


def _markdown(review: Review, color: bool, verbose: bool) -> str:  # noqa: ARG001
    from monitorspec.report.review.markdown import render

    return render(review)


_OWN: Mapping[str, Renderer] = {"text": _text, "json": _json, "markdown": _markdown}
FORMATS: tuple[str, ...] = tuple(dict.fromkeys((*_OWN, *FINDINGS)))


def render(review: Review, format_: str, color: bool = False, verbose: bool = False) -> str:
    """The review in one of `FORMATS`."""
    if format_ in _OWN:
        return _OWN[format_](review, color, verbose)
    from monitorspec.report.review.findings import findings

    return FINDINGS[format_](findings(review), review.texts, color=color)
