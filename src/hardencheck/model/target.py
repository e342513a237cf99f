"""What is audited: asked for (`Target`) and found (`Subject`)."""

import msgspec


class Target(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the user asked to audit.

    repository: a path on this machine, or None to audit URLs alone.
    revision: a git revision to read from objects instead of the work tree.
    urls: http or https URLs to observe. har: path of saved exchanges (HAR 1.2) judged instead of URLs.
    compare: the URL of another deployment, asked for the same pages and compared with; it is not judged.
    sitemaps: those of `urls` whose origin is asked which pages it has (robots.txt and its sitemap).
    profile: dotted name of the settings module that production uses, ":" and its class if they are in one; None: found
    by convention.
    """

    name: str = ""
    repository: str | None = None
    revision: str | None = None
    urls: tuple[str, ...] = ()
    har: str | None = None
    compare: str | None = None
    sitemaps: tuple[str, ...] = ()
    profile: str | None = None


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """What was really looked at. Holds no absolute path, so that a report can be shared.

    kind: "git work tree", "git revision", "directory" or "none". commit: full object id, or None.
    dirty: tracked files differ from `commit` or are new; None where that has no meaning.
    origin: https address of the repository without credentials, or None where it is not known.
    observed: how the live side was had: "live", "saved exchanges" or "not asked". compared: the URL of the deployment
    that `urls` were compared with, "" for none.
    """

    name: str
    kind: str
    commit: str | None = None
    revision: str | None = None
    dirty: bool | None = None
    origin: str | None = None
    urls: tuple[str, ...] = ()
    observed: str = "not asked"
    compared: str = ""
    profile: str | None = None
