"""Two things at once, where there are two processors.

In: two functions. Out: what both give. The second one runs in a forked copy of this process, which has all data already;
where that cannot be, or goes wrong, it runs here, after the first one, and its error is the one that is seen.
"""

from __future__ import annotations

import marshal
import os
import sys
from collections.abc import Callable, Iterable
from typing import TypeVar

T = TypeVar("T")
Texts = list[tuple[str, str]]


def together(first: Callable[[], T], second: Callable[[], Iterable[tuple[str, str]]]) -> tuple[T, Texts]:
    """The results of both; those of the second one are pairs of texts, because they pass between processes."""
    if not possible():
        return first(), _texts(second)
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        _answer(writer, second)
    os.close(writer)
    try:
        # Closed before the child is waited for, whatever happens: a writer without a reader ends.
        with open(reader, "rb") as stream:
            result = first()
            answer = stream.read()
    finally:
        _, status = os.waitpid(child, 0)
    if status:
        return result, _texts(second)
    texts: Texts = marshal.loads(answer)
    return result, texts


def possible() -> bool:
    """Whether a copy of this process would run beside it, and safely: a fork copies no other threads."""
    threading = sys.modules.get("threading")
    alone = threading is None or threading.active_count() == 1
    return alone and hasattr(os, "fork") and sys.platform == "linux" and len(os.sched_getaffinity(0)) > 1


def _answer(writer: int, second: Callable[[], Iterable[tuple[str, str]]]) -> None:
    """The child's whole life: it neither prints nor flushes nor cleans up, that is the parent's."""
    failed = 1
    try:
        answer = memoryview(marshal.dumps(_texts(second)))
        while answer:
            answer = answer[os.write(writer, answer) :]
        failed = 0
    finally:
        os._exit(failed)


def _texts(function: Callable[[], Iterable[tuple[str, str]]]) -> Texts:
    # marshal takes plain tuples only.
    return [(path, text) for path, text in function()]
