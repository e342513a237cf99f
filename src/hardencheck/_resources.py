"""Where `checks/` and `reports/templates/` are: inside the installed package, else in the checkout it runs from."""

from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Literal


def data_root(name: Literal["checks", "templates"]) -> Traversable:
    """The directory of one kind of data; works from a wheel, an editable install and a zip, never from the cwd.

    Raises FileNotFoundError when the installation lacks it.
    """
    packaged = resources.files("hardencheck").joinpath("_data", name)
    if packaged.is_dir():
        return packaged
    checkout = Path(__file__).resolve().parents[2]
    source = checkout / {"checks": "checks", "templates": "reports/templates"}[name]
    if (checkout / "src" / "hardencheck").is_dir() and source.is_dir():
        return source
    raise FileNotFoundError(f"hardencheck was installed without its {name} data")
