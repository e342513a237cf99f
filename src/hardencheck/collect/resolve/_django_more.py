"""Settings of Django and of packages for it that `_django.DEFAULTS` does not have, and lists that hold an entry."""

from typing import NamedTuple

from hardencheck.collect.resolve._django import DEFAULTS, Project, possible
from hardencheck.collect.resolve._setting import Setting
from hardencheck.collect.resolve._versions import Since, Version, default
from hardencheck.model.gap import Reason
from hardencheck.model.location import Location

_ALWAYS: Version = (0,)
# name -> its default since each version of Django, the oldest first (django/conf/global_settings.py, 2.2 to 6.1).
MORE: dict[str, Since] = {
    "INSTALLED_APPS": [(_ALWAYS, ())],
    "SESSION_ENGINE": [(_ALWAYS, "django.contrib.sessions.backends.db")],
    "SECRET_KEY_FALLBACKS": [(_ALWAYS, ())],
    "SECURE_CSP_REPORT_ONLY": [(_ALWAYS, "")],
    "FILE_UPLOAD_HANDLERS": [(_ALWAYS, (
        "django.core.files.uploadhandler.MemoryFileUploadHandler",
        "django.core.files.uploadhandler.TemporaryFileUploadHandler",
    ))],
}  # fmt: skip


def held(project: Project, name: str) -> Setting:
    """One setting with all the values that it may have: as assigned, else the default, of the tables of either
    module."""
    found = possible(project, name)
    if found.source != "default" or name in DEFAULTS or name not in MORE:
        return found
    known, value = default(MORE[name], project.version)
    text = "" if known else "not set, and its default depends on the version of Django, which nothing pins"
    return Setting(known, value, "default", project.location, Reason.NOT_LITERAL, text)


class Entry(NamedTuple):
    """Whether a list holds an entry: present None where that is not known, with the reason and why.

    item: the entry as it stands in the list.
    """

    present: bool | None
    location: Location
    item: str = ""
    reason: Reason = Reason.NOT_LITERAL
    text: str = ""


def entry(project: Project, name: str, *wanted: str) -> Entry:
    """Whether a list holds one of some entries: itself, or (`django_extensions.apps.Config`) its class."""
    bound = project.bound(name)
    if bound is None:
        return Entry(False, project.location)
    expression = bound.expression
    if expression.what == "list":
        for item in expression.items:
            if _is(item, wanted):
                return Entry(True, bound.location, item)
        perhaps = next((item for item in sorted(bound.maybe) if _is(item, wanted)), "")
        if expression.complete and not perhaps:
            return Entry(False, bound.location)
        text = f"{perhaps} is in {name} under a condition" if perhaps else f"{name} is not literal in all its parts"
        return Entry(None, bound.location, perhaps, bound.reason, text)
    if expression.what == "scalar" and not expression.value:
        return Entry(False, bound.location)
    text = f"{name} is {expression.text or 'computed'}, which is not followed"
    return Entry(None, bound.location, "", bound.reason, text)


def _is(item: str, wanted: tuple[str, ...]) -> bool:
    return any(item == one or item.startswith(f"{one}.apps.") for one in wanted)
