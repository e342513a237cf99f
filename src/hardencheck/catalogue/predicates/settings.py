"""What a comparison cannot say of a setting."""

import re

from hardencheck.catalogue.predicates import predicate
from hardencheck.model.facts.settings import FrameworkSetting

_WEAK = ("MD5PasswordHasher", "SHA1PasswordHasher", "CryptPasswordHasher")


@predicate("strong-first-hasher")
def strong_first_hasher(fact: FrameworkSetting) -> bool:
    """The first entry, which new passwords get, is no fast or unsalted hash."""
    if not isinstance(fact.value, tuple) or not fact.value:
        return False
    name = fact.value[0].rpartition(".")[2]
    return name == "PBKDF2SHA1PasswordHasher" or not name.endswith(_WEAK)


@predicate("https-origins-only")
def https_origins_only(fact: FrameworkSetting) -> bool:
    """Every origin is https, and a wildcard stands for a label of a host that is named."""
    if not isinstance(fact.value, tuple):
        return False
    for origin in fact.value:
        scheme, _, host = origin.partition("://")
        if scheme.lower() != "https" or not host or host.count("*") > 1:
            return False
        if "*" in host and (not host.startswith("*.") or "." not in host[2:]):
            return False
        if "*" not in host and not _named_host(host):
            return False
    return True


def _named_host(rest: str) -> bool:
    """Whether what follows "://" names a host. Not by urlsplit, which raises ValueError for brackets in the wrong
    place, and a repository may write any."""
    return re.split(r"[/?#]", rest, maxsplit=1)[0].rpartition("@")[2].partition(":")[0] != ""


@predicate("hosts-without-wildcard")
def hosts_without_wildcard(fact: FrameworkSetting) -> bool:
    """No entry stands for all subdomains: ".shop.example" of Django, "*.shop.example" of Starlette. "*" is another
    matter."""
    value = fact.value if isinstance(fact.value, tuple) else ()
    return not any(host.startswith((".", "*.")) for host in value)


@predicate("no-security-check-silenced")
def no_security_check_silenced(fact: FrameworkSetting) -> bool:
    """No id of Django's security checks is in the list."""
    return isinstance(fact.value, tuple) and not any(name.startswith("security.") for name in fact.value)
