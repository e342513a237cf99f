"""hardencheck record: the exchanges of a live audit, saved for `scan --har`."""

from pathlib import Path

import click

from hardencheck.cli import _options


@click.command(
    "record",
    context_settings=_options.CONTEXT,
    short_help="Save what a live URL answers, to be judged offline.",
    epilog="Exit codes: 0 saved; 2 usage or configuration; 3 nothing answered; 70 internal error.",
)
@click.argument("urls", nargs=-1, required=True, metavar="URL...")
@click.option("-o", "--output", required=True, metavar="FILE", help="The HAR 1.2 file to write.")
@click.option("--compare", metavar="URL", help="Also ask this other deployment, as 'scan --compare' does.")
@click.option("--probe", is_flag=True, help="Also ask for what 'scan --probe' asks for.")
@click.option("--ca-file", metavar="FILE", help="Trust the certificate authorities in this PEM file.")
@_options.config
@_options.extra
@_options.debug
def command(
    urls: tuple[str, ...],
    output: str,
    compare: str | None,
    probe: bool,
    ca_file: str | None,
    config_file: str | None,
    checks: tuple[str, ...],
    plugins: tuple[str, ...],
) -> int:
    """Ask each URL (or configured target by its name) what 'scan --url' asks, and save the exchanges in FILE.

    'scan --har FILE' then judges them without network, as 'scan --url' would have. Values of cookies, of
    tokens, queries and hidden fields are placeholders of the same length; what else has the form of a secret
    is a mark. TLS is in the field _tls of an entry.
    """
    from hardencheck.cli import _say, _setup, _urls
    from hardencheck.cli._output import shown, writable, write_files
    from hardencheck.cli._terminal import Progress
    from hardencheck.collect.live.run import ask_all
    from hardencheck.collect.options import Options
    from hardencheck.collect.secrets.ruleset import use_rules
    from hardencheck.collect.source.har import MAX_FILE
    from hardencheck.collect.source.recording import har_of
    from hardencheck.config.load import load
    from hardencheck.errors import NothingExamined, UsageError
    from hardencheck.model.gap import Gap
    from hardencheck.model.target import Target
    from hardencheck.model.words import plural

    if ca_file is not None and not Path(ca_file).exists():
        raise UsageError(f"--ca-file {ca_file}: no such file")
    writable(f"-o {output}", Path(output))
    extra = _setup.extras(checks, plugins)
    use_rules(extra.checks)
    loaded = load(_setup.find_configuration(Path(), config_file), today=_setup.today())
    live = _urls.live(urls, loaded, compare)
    progress = Progress()
    asked = ask_all(
        Target(urls=live.urls, compare=live.compare, sitemaps=live.sitemaps),
        Options(
            plugins=extra.plugins,
            probe=probe,
            endpoints=live.endpoints,
            ca_file=ca_file or extra.user.ca_file,
            progress=progress,
        ),
    )
    progress.clear()
    missing = list(dict.fromkeys(item.detail for item in asked.found if isinstance(item, Gap) and item.reason.trouble))
    if not any(exchange.status for exchange in asked.exchanges):
        raise NothingExamined("nothing was saved: " + (missing[0] if missing else "no URL answered"))
    data = har_of(asked)
    if len(data) > MAX_FILE:
        raise UsageError(
            f"the exchanges are {len(data) >> 20} MiB, and no file above {MAX_FILE >> 20} MiB is read again",
            hint="record fewer pages at a time",
        )
    write_files({Path(output): data})
    for detail in missing:
        _say(shown(f"not saved: {detail}"))
    _say(shown(f"{plural(len(asked.exchanges), 'exchange')} of {', '.join(asked.urls)} saved in {output}"))
    return 0
