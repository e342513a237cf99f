"""What is said of one matter at one place of a proxy's configuration."""

from typing import NamedTuple

from hardencheck.model.facts.proxies import Matter
from hardencheck.model.gap import Reason
from hardencheck.model.location import Location


class Weak(NamedTuple):
    """weak: it is as the matter fears. value: what stands there."""

    matter: Matter
    product: str
    where: Location
    weak: bool
    value: str


class Doubtful(NamedTuple):
    matter: str
    product: str
    where: Location
    text: str
    reason: Reason
