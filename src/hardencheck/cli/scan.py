"""hardencheck scan: audit a repository, a URL, or both."""

import datetime as dt
import os
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hardencheck.cli import _options

if TYPE_CHECKING:
    from hardencheck.cli._terminal import Color
    from hardencheck.collect.meter import Meter
    from hardencheck.collect.options import History
    from hardencheck.config.load import Loaded
    from hardencheck.model.check import Severity

DRIFT = "drift"


@click.command(
    "scan",
    context_settings=_options.CONTEXT,
    short_help="Audit a repository, its live URL, or both.",
    epilog="Exit codes: 0 gate passed, 1 gate failed, 2 usage or configuration, 3 incomplete, 70 internal error, "
    "130 interrupted, 129 ended by SIGHUP, 143 by SIGTERM.",
)
@click.argument("path", default=".", metavar="[PATH]")
@click.option("--url", "urls", multiple=True, metavar="URL", help="Observe a URL, or a configured target by its name.")
@click.option("--har", metavar="FILE", help="Judge saved HTTP exchanges (HAR 1.2) instead of a live URL.")
@click.option("--compare", metavar="URL", help="Say what this other deployment answers otherwise; it is not judged.")
@click.option("--url-only", is_flag=True, help="Judge only --url or --har; read no repository.")
@_options.revision
@click.option("--name", metavar="NAME", help="Call the service by this name in reports; default: its directory.")
@_options.profile
@click.option(
    "--format", "formats", multiple=True, metavar="F[=FILE]", help="Write a report; the terminal one by default."
)
@click.option(
    "--fail-on",
    multiple=True,
    type=click.Choice(["low", "medium", "high", "critical", "never", "drift"]),
    help="Lowest severity that fails the gate; default: high. drift: drift fails it too.",
)
@click.option("--strict", is_flag=True, help="Any line that stays unknown makes the audit incomplete (exit 3).")
@click.option("--select", multiple=True, metavar="IDS", help="Judge only these ids or patterns (comma-separated).")
@click.option(
    "--ignore", multiple=True, metavar="IDS", help="Leave out these ids or patterns, and the configured ones."
)
@_options.exclude
@click.option("--new-since", metavar="REV", help="Fail only on what this revision does not already fail on.")
@click.option(
    "--history",
    type=click.Choice(["all", "reachable", "none"]),
    default="reachable",
    help="History to look at for secrets: of refs and stashes (default), all, or none.",
)
@click.option("--since", metavar="REV", help="Of the history, look only at what came after this revision.")
@click.option("--fingerprint-key", metavar="FILE", help="Fingerprint secrets with the key in this file.")
@click.option("--policy-ref", metavar="REV", help="Read the configuration from this revision (a pull request's base).")
@_options.config
@_options.extra
@click.option(
    "--probe",
    is_flag=True,
    help="Also ask for what should not be there, as other sites, and declare large bodies.",
)
@click.option(
    "--active",
    is_flag=True,
    help="Also send bodies and hold one connection for 70 s; needs --i-own-this.",
)
@click.option(
    "--i-own-this", "i_own", multiple=True, metavar="HOST", help="A host that --active may act upon; repeatable."
)
@click.option("--ca-file", metavar="FILE", help="Trust the certificate authorities in this PEM file.")
@_options.work
@click.option(
    "--profile-run",
    is_flag=True,
    help="Say on standard error where the CPU time went, by collector (--jobs 0).",
)
@_options.color
@_options.verbose
@click.option("-q", "--quiet", is_flag=True, help="Print no terminal report, only why the gate did not pass.")
@_options.debug
def command(
    path: str,
    urls: tuple[str, ...],
    har: str | None,
    compare: str | None,
    url_only: bool,
    rev: str | None,
    name: str | None,
    profile: str | None,
    formats: tuple[str, ...],
    fail_on: tuple[str, ...],
    strict: bool,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    exclude: tuple[str, ...],
    new_since: str | None,
    history: "History",
    since: str | None,
    fingerprint_key: str | None,
    policy_ref: str | None,
    config_file: str | None,
    checks: tuple[str, ...],
    plugins: tuple[str, ...],
    probe: bool,
    active: bool,
    i_own: tuple[str, ...],
    ca_file: str | None,
    jobs: int | None,
    no_cache: bool,
    cache_dir: str | None,
    profile_run: bool,
    color: "Color",
    verbose: bool,
    quiet: bool,
) -> int:
    """Audit the service in PATH (default: here) and give every line of the checklist a verdict.

    Reads files without executing any. Without --url nothing is sent over the network. Reports go to
    standard output (F) or are written in one step (F=FILE); when every report goes to a file, the
    terminal report is still printed, unless -q.
    """
    from hardencheck.audit import PolicyChange, audit
    from hardencheck.cli import _setup, _urls
    from hardencheck.cli._deliver import deliver
    from hardencheck.cli._output import Output, outputs
    from hardencheck.cli._terminal import Progress
    from hardencheck.collect.meter import measured, metering
    from hardencheck.collect.options import Options
    from hardencheck.config.load import attestations, load, waivers
    from hardencheck.errors import UsageError
    from hardencheck.judge.settle import Policy
    from hardencheck.model.checklist import Note
    from hardencheck.model.target import Target
    from hardencheck.report import RENDERERS

    if verbose and quiet:
        raise UsageError("-v and -q ask for opposite things", hint="give one of them")
    if har is not None and urls:
        raise UsageError("--har judges saved exchanges instead of a live URL", hint="give --har or --url, not both")
    if compare is not None and not urls:
        raise UsageError("--compare has nothing to compare with", hint="add --url URL, the deployment that is audited")
    if url_only and not urls and har is None:
        raise UsageError("--url-only leaves nothing to look at", hint="add --url URL or --har FILE")
    if url_only and (rev or new_since):
        raise UsageError("--url-only reads no repository, so it has no revision to compare with or read")
    if policy_ref is not None and config_file is not None:
        raise UsageError("--policy-ref and --config both name the configuration", hint="give one of them")
    if i_own and not active:
        raise UsageError("--i-own-this is for --active alone", hint="leave it out, or add --active")
    if active and not urls:
        raise UsageError("--active acts upon a live URL", hint="add --url URL")
    if since is not None and history == "none":
        raise UsageError("--since looks at history and --history none does not", hint="give one of them")
    if profile_run and jobs:
        raise UsageError("--profile-run measures one process", hint="leave --jobs out, or give 0")
    for flag, file in (("--har", har), ("--ca-file", ca_file)):
        if file is not None and not Path(file).exists():
            raise UsageError(f"{flag} {file}: no such file")
    wanted = outputs(formats, tuple(RENDERERS))
    if not quiet and all(output.file is not None for output in wanted):
        wanted.append(Output("terminal", None))

    _setup.fingerprint(fingerprint_key)
    progress = Progress(quiet=quiet)
    today = _setup.today()
    extra = _setup.extras(checks, plugins)
    root = Path(path)
    notes: list[Note] = []
    changed: PolicyChange | None = None
    mine = _setup.find_configuration(root, config_file, rev)
    loaded = load(mine, today=today)
    if policy_ref is not None and root.is_dir():
        base, commit = _setup.base_configuration(root, policy_ref)
        difference = _setup.change(mine, base)
        if difference is not None:
            _setup.catalogue_of(loaded, extra)  # a change that could not be used must not wait for its merge
            changed = PolicyChange(base=commit, keys=difference.keys, label=difference.label)
            notes.append(Note(topic="policy", text=changed.words))
        loaded = load(base, today=today)
    cache, catalogue = _setup.cached_catalogue(loaded, extra, cache_dir, notes, off=no_cache)
    config = loaded.config
    live = _urls.live(urls, loaded, compare, owners=i_own if active else None)
    excluded = (*config.exclude, *exclude)
    if excluded:
        notes.append(Note(topic="excluded paths", text=", ".join(excluded)))
    if extra.plugins:
        notes.append(Note(topic="plugins", text=", ".join(extra.plugins)))
    if extra.checks:
        notes.append(Note(topic="extra checks", text=", ".join(directory.name for directory in extra.checks)))
    target = Target(
        name=name or "",
        repository=None if url_only else path,
        revision=rev,
        urls=live.urls,
        har=har,
        compare=live.compare,
        sitemaps=live.sitemaps,
        profile=profile or live.profile,
    )
    with metering() if profile_run else nullcontext() as meter:
        checklist = audit(
            target,
            catalogue,
            Policy(
                today=today,
                fail_on=_severity(next((word for word in reversed(fail_on) if word != DRIFT), config.fail_on)),
                drift=DRIFT in fail_on or config.fail_on_drift,
                strict=strict or config.strict,
                waivers=waivers(loaded, catalogue.also),
                attestations=attestations(loaded, catalogue.also),
            ),
            Options(
                jobs=0 if profile_run else jobs if jobs is not None else extra.user.jobs,
                cache=cache,
                excludes=excluded,
                plugins=extra.plugins,
                probe=probe,
                active=active,
                i_own=live.owned,
                endpoints=live.endpoints,
                history=history,
                since=since,
                rules=extra.checks,
                ca_file=ca_file or extra.user.ca_file,
                progress=progress,
            ),
            select_ids=_split(select) or config.select,
            ignore_ids=(*config.ignore, *_split(ignore)),
            new_since=new_since,
            config_digest=loaded.digest,
            config_source=_source(loaded, policy_ref, changed),
            notes=tuple(notes),
            policy_change=changed,
            now=_now(),
        )
        progress.clear()
        with measured("reports"):
            deliver(checklist, wanted, verbose=verbose, color=color)
    if meter is not None:
        from hardencheck.cli import _say

        for line in shares(meter):
            _say(line)
    if quiet and checklist.gate.exit_code:
        from hardencheck.cli import _say
        from hardencheck.cli._output import plain

        for reason in checklist.gate.reasons:
            _say(plain(reason))
    return checklist.gate.exit_code


def shares(meter: "Meter") -> Iterator[str]:
    """A table of what each collector cost, the dearest first; what took less than 5 ms is one line."""
    total = sum(meter.seconds.values()) or 1.0
    yield f"{'CPU s':>8} {'share':>6} {'times':>8}  where ({total:.2f} s in all, in this process)"
    small = 0.0
    for name, seconds in sorted(meter.seconds.items(), key=lambda one: -one[1]):
        if seconds < 0.005:
            small += seconds
            continue
        yield f"{seconds:8.2f} {seconds / total:6.1%} {meter.calls[name]:8,}  {name}"
    yield f"{small:8.2f} {small / total:6.1%} {'':8}  less than 5 ms each"


def _split(given: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(part.strip() for text in given for part in text.split(",") if part.strip())


def _severity(text: str) -> "Severity | None":
    from hardencheck.model.check import Severity

    return None if text == "never" else Severity(text)


def _source(loaded: "Loaded", policy_ref: str | None, changed: object) -> str:
    if policy_ref is None:
        return loaded.label
    return f"{loaded.label or 'no configuration'} @ {policy_ref}"


def _now() -> dt.datetime | None:
    """SOURCE_DATE_EPOCH (seconds) makes a report reproducible: it takes the place of the clock in its head, never
    that of today's date, which waivers are held against. Source: reproducible-builds.org, SOURCE_DATE_EPOCH."""
    from hardencheck.errors import UsageError

    text = os.environ.get("SOURCE_DATE_EPOCH")
    if not text:
        return None
    try:
        return dt.datetime.fromtimestamp(int(text), dt.UTC)
    except (ValueError, OverflowError, OSError):
        raise UsageError("SOURCE_DATE_EPOCH: expected whole seconds since 1970") from None
