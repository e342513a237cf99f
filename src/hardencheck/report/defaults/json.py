"""JSON: the rows as data, each with all that is known of it."""

import msgspec

from hardencheck.model.checklist import Application, Checklist, Default
from hardencheck.report import json
from hardencheck.report._options import Options

VERSION = 1
SCHEMA_ID = f"urn:hardencheck:schema:defaults:{VERSION}"


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """The production defaults of a repository, in order of framework, application and name.

    version: of this schema. A field may be added within a version; other changes raise it.
    """

    version: int = VERSION
    applications: tuple[Application, ...]
    settings: tuple[Default, ...]


def render(checklist: Checklist, options: Options) -> str:
    return json.encode(Document(applications=checklist.applications, settings=checklist.defaults))


def schema() -> dict[str, object]:
    """JSON Schema (2020-12) of the document."""
    return json.schema_of(Document, SCHEMA_ID, f"hardencheck production defaults, version {VERSION}")
