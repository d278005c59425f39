"""pydantic-core's compiled module, without the Python package around it.

In: nothing. Out: the module with `SchemaValidator`, `ValidationError`, `SchemaError` and `__version__`. The package's own
`__init__` defines hundreds of types that only pydantic itself needs, which takes longer than validating a spec.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import Any

_PACKAGE = "pydantic_core"
_COMPILED = "pydantic_core._pydantic_core"


def core() -> Any:
    """The compiled module; what imports the package later gets the whole package, with the same classes."""
    if _PACKAGE not in sys.modules and _COMPILED not in sys.modules:
        _alone()
    return sys.modules.get(_COMPILED) or import_module(_COMPILED)


def _alone() -> None:
    """Import the compiled module below a stand-in that knows no more than where the package's files are."""
    from importlib.util import find_spec

    found = find_spec(_PACKAGE)
    if found is None or not found.submodule_search_locations:
        return
    stand_in = ModuleType(_PACKAGE)
    stand_in.__path__ = list(found.submodule_search_locations)
    sys.modules[_PACKAGE] = stand_in
    try:
        import_module(_COMPILED)
    except ImportError:
        pass  # arranged in another way: the package is imported as usual
    finally:
        del sys.modules[_PACKAGE]
