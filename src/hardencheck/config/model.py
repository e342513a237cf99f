"""What a configuration may say: hardencheck.toml, or [tool.hardencheck] in pyproject.toml, and the user's own file."""

import datetime as dt
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

MAX_WAIVER_DAYS = 180
MAX_ATTESTATION_DAYS = 366

FailOn = Literal["low", "medium", "high", "critical", "never"]
ParameterValue = int | str | list[str]

Text = Annotated[str, Meta(min_length=1)]
MAX_PATHS = 100
MAX_ITEMS = 1_000  # of any list: each is held against every check or file


class UploadConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    """What takes uploads, for --probe and --active, which measure how large they may be."""

    path: Annotated[str, Meta(min_length=1, description="A path of the target, such as /api/files.")] = "/"
    method: Annotated[Literal["POST", "PUT", "PATCH"], Meta(description="How they are sent.")] = "POST"
    content_type: Annotated[str, Meta(description="As what; default: a form with a file, then plain bytes.")] = ""
    field: Annotated[str, Meta(min_length=1, description="The field of the form that holds the file.")] = "file"
    headers: Annotated[
        dict[str, Text],
        Meta(description="Header fields by the environment variable with their value, HARDENCHECK_HEADER_…"),
    ] = {}


class TargetConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    """One deployment. Its url is requested only when the command line names the target: `--url NAME`."""

    name: Annotated[str, Meta(min_length=1, description="How --url calls it, such as staging.")]
    url: Annotated[str | None, Meta(description="An http or https URL; requested only with --url NAME.")] = None
    paths: Annotated[
        tuple[Text, ...],
        Meta(max_length=MAX_PATHS, description="Pages and endpoints of it, each from /; none: the url alone."),
    ] = ()
    sitemap: Annotated[bool, Meta(description="Whether the pages that its sitemap names are looked at too.")] = False
    profile: Annotated[str | None, Meta(description="The settings it runs with, such as shop.settings.production.")] = (
        None
    )
    upload: Annotated[UploadConfig | None, Meta(description="What takes uploads; default: the url itself.")] = None


class WaiverConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    """A failing line that is accepted for a stated time."""

    check: Annotated[str, Meta(min_length=1, description="The id of the check.")]
    scope: Annotated[str, Meta(min_length=1, description='A path, a path pattern, a URL prefix, or "*" for all.')]
    reason: Annotated[str, Meta(min_length=1, description="Why it is accepted.")]
    owner: Annotated[str, Meta(min_length=1, description="Who answers for it.")]
    expires: Annotated[dt.date, Meta(description="The last day on which it holds, at most 180 days ahead.")]
    approved_by: Annotated[str, Meta(description="Who agreed to it.")] = ""


class AttestationConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    """A person's answer to a manual line."""

    check: Annotated[str, Meta(min_length=1, description="The id of a manual check.")]
    by: Annotated[str, Meta(min_length=1, description="Who says so.")]
    evidence: Annotated[str, Meta(min_length=1, description="Where the proof is: a ticket, a log, a document.")]
    on: Annotated[dt.date, Meta(description="The day of the answer.")]
    expires: Annotated[dt.date, Meta(description="The last day on which it holds, at most 366 days ahead.")]


class Config(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    """The decisions of a project about its own audit. It can name no code, no plugin and no directory of checks."""

    schema: Annotated[Literal[1], Meta(description="The version of this format.")]
    fail_on: Annotated[FailOn, Meta(description="The lowest severity that fails the gate.")] = "high"
    fail_on_drift: Annotated[
        bool, Meta(description="Whether declared and observed differing fails the gate, whatever the severity.")
    ] = False
    strict: Annotated[bool, Meta(description="Whether any line that stays unknown makes the audit incomplete.")] = False
    select: Annotated[
        tuple[Text, ...],
        Meta(max_length=MAX_ITEMS, description="Ids or patterns of the checks to judge; none: all."),
    ] = ()
    ignore: Annotated[
        tuple[Text, ...],
        Meta(max_length=MAX_ITEMS, description="Ids or patterns of checks to leave out; reported."),
    ] = ()
    exclude: Annotated[
        tuple[Text, ...],
        Meta(max_length=MAX_ITEMS, description="Paths not to look at, as in .gitignore; counted and reported."),
    ] = ()
    target: Annotated[
        tuple[TargetConfig, ...],
        Meta(max_length=MAX_ITEMS, description="The deployments of this service."),
    ] = ()
    checks: Annotated[
        dict[str, dict[str, ParameterValue]], Meta(description='Parameters by check id, such as max-body = "10MiB".')
    ] = {}
    waiver: Annotated[
        tuple[WaiverConfig, ...],
        Meta(max_length=MAX_ITEMS, description="Failing lines accepted for a time."),
    ] = ()
    attestation: Annotated[
        tuple[AttestationConfig, ...],
        Meta(max_length=MAX_ITEMS, description="Answers to manual lines."),
    ] = ()


class UserConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    """What the person at this machine decides for every audit: `config.toml` in the platform's configuration directory.

    checks: directories of checks, absolute. plugins: entry points of collectors. The rest: as the flags.
    """

    checks: tuple[Text, ...] = ()
    plugins: tuple[Text, ...] = ()
    ca_file: str | None = None
    cache_dir: str | None = None
    jobs: Annotated[int, Meta(ge=0)] | None = None


def schema() -> dict[str, object]:
    """The JSON Schema (draft 2020-12) of a hardencheck.toml."""
    made = msgspec.json.schema(Config)
    definitions = made.get("$defs", {})
    root = definitions.pop("Config")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "hardencheck.toml",
        **{key: value for key, value in root.items() if key != "title"},
        "$defs": definitions,
    }
