"""Laying plain data over plain data: `extends` under a spec, an environment over it.

In: data of two sources. Out: new data; what went in is never changed, though unchanged parts are shared.
"""

from __future__ import annotations

from typing import Any

from monitorspec.diagnostics import Path


def laid_over(base: Any, over: Any) -> Any:
    """`over` on top of `base`: mappings merge by key, anything else replaces, `null` deletes a key of `base`."""
    if not isinstance(base, dict) or not isinstance(over, dict):
        return over
    result = dict(base)
    for key, value in over.items():
        if key not in base:
            result[key] = value
        elif value is None:
            del result[key]
        else:
            result[key] = laid_over(base[key], value)
    return result


def at_path(data: Any, path: Path) -> Any:
    """What stands at a path of mappings, None if nothing does."""
    for step in path:
        if not isinstance(data, dict):
            return None
        data = data.get(step)
    return data
