"""Versions of libraries for cache keys, without importing them."""

import importlib.util
import os
import re
from functools import cache


@cache
def version_of(module: str) -> str:
    """The version of the distribution of a top-level module, by the name of its directory; else "unknown".

    Asked for in every scan, and importlib.metadata alone takes 40 ms to import.
    """
    spec = importlib.util.find_spec(module)
    for package in (spec.submodule_search_locations or ()) if spec is not None else ():
        for name in os.listdir(os.path.dirname(package)):
            if match := re.fullmatch(rf"{re.escape(module)}-([\w.+!]+)\.(?:dist|egg)-info", name, re.IGNORECASE):
                return match[1]
    return "unknown"
