"""Two things at once, where there are two processors.

In: two functions. Out: what both give. The second one, which gives plain data, runs in a forked copy of this process, which
has everything already; where that cannot be, or goes wrong, it runs here, after the first one, and its error is the one seen.
"""

from __future__ import annotations

import marshal
import os
import sys
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")
Plain = TypeVar("Plain")


def together(first: Callable[[], T], second: Callable[[], Plain]) -> tuple[T, Plain]:
    """The results of both; the second one's has to be what `marshal` takes, because it passes between processes."""
    if not possible():
        return first(), second()
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        # With a reader of its own it would wait for ever when the parent's is gone.
        os.close(reader)
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
        return result, second()
    plain: Plain = marshal.loads(answer)
    return result, plain


def possible() -> bool:
    """Whether a copy of this process would run beside it, and safely: a fork copies no other threads."""
    threading = sys.modules.get("threading")
    alone = threading is None or threading.active_count() == 1
    return alone and hasattr(os, "fork") and sys.platform == "linux" and len(os.sched_getaffinity(0)) > 1


def _answer(writer: int, second: Callable[[], Any]) -> None:
    """The child's whole life: it neither prints nor flushes nor cleans up, that is the parent's."""
    failed = 1
    try:
        answer = memoryview(marshal.dumps(second()))
        while answer:
            answer = answer[os.write(writer, answer) :]
        failed = 0
    finally:
        os._exit(failed)
