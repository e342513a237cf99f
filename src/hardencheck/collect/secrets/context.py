"""What the path and the shape of a file say about what stands in it. Pure."""

import re
from functools import lru_cache

from hardencheck.collect.extract._python import role
from hardencheck.lazily import compiled

# Pictures, fonts, sound and film: nobody keeps a credential in these, and they are a large part of many repositories.
MEDIA = (
    ".png", ".jpg", ".jpeg", ".gif", ".webp", ".avif", ".ico", ".bmp", ".tif", ".tiff", ".psd", ".woff", ".woff2",
    ".ttf", ".eot", ".otf", ".mp3", ".mp4", ".m4a", ".mov", ".webm", ".ogg", ".wav", ".flac", ".avi",
)  # fmt: skip
MEDIA_BYTES = tuple(ending.encode() for ending in MEDIA)
_LOCK_FILES = {
    "package-lock.json", "npm-shrinkwrap.json", "pnpm-lock.yaml", "bun.lock", "go.sum", "packages.lock.json",
    "package.resolved", "cartfile.resolved", "composer.lock", "flake.lock", ".secrets.baseline", "gradle.lockfile",
}  # fmt: skip
_REQUIREMENTS = compiled(
    r"(?:^|/)(?:[^/]*requirements[^/]*|constraints[^/]*)\.(?:txt|in)$|(?:^|/)requirements/[^/]+\.txt$"
)
_TRANSLATIONS = compiled(r"\.(?:po|pot|xliff|xlf|arb|strings)$|(?:^|/)(?:locales?|i18n|translations|lang)/")
_GENERATED = compiled(
    r"\.min\.(?:[0-9a-f]{8,40}\.)?(?:js|mjs|cjs|css)(?:\.(?:gz|br))?$|\.(?:map|css|scss|less|svg)$|(?:^|/)(?:vendor|vendored|third[-_]party|node_modules|"
    r"bower_components|dist|cassettes|__snapshots__)/|\.(?:snap|storyshot)$"
)
_MINIFIED_LINE = 500  # mean characters a line, in a script that nobody wrote by hand
_EXAMPLE_NAME = compiled(r"(?:^|[./_-])(?:example|sample|template|tmpl|dist|tpl)(?:[./_-]|$)")
_PROSE = (".md", ".rst", ".adoc", ".mdx")


# Roles of files in which broken archives and endless bait are made on purpose: what is cut off there is no loss.
ASIDE = frozenset({"test", "example", "documentation"})


def role_of(path: str) -> str:
    """As `_python.role`, and for text that is no code: prose is documentation, `.env.example` an example, what runs
    the tests is development (a credential there is as much worth as anywhere, a password of a test database is not).
    """
    found = role(path)
    if found != "production":
        return found
    *folders, name = path.lower().split("/")
    for part in folders:
        if part in _OTHER_FOLDERS:
            return _OTHER_FOLDERS[part]
    if re.search(r"[._](?:spec|test|stories)\.\w+$", name):
        return "test"
    if name.endswith(_PROSE):
        return "documentation"
    if _EXAMPLE_NAME.search(name) or name.startswith("changelog"):
        return "example"
    return "development" if name in _CI_FILES else "production"


_OTHER_FOLDERS = {
    "cypress": "test", "__tests__": "test", "__mocks__": "test", "mocks": "test", "spec": "test", "specs": "test",
    "playwright": "test", "test-data": "test", "test_data": "test",
    "documentation": "documentation", "wiki": "documentation", "tutorial": "documentation",
    "tutorials": "documentation", "alembic": "migration", "playground": "example",
    ".github": "development", ".gitlab": "development", ".circleci": "development",
    ".buildkite": "development", ".devcontainer": "development", "localdev": "development",
}  # fmt: skip
_CI_FILES = {".gitlab-ci.yml", ".travis.yml", "azure-pipelines.yml", "bitbucket-pipelines.yml", "tox.ini", "noxfile.py"}


@lru_cache(maxsize=4096)
def made_by_program(path: str) -> str:
    """Why generic and high-entropy values of a file tell nothing: what it is, by its name; "" for other files.

    Hashes of a lock file and texts of a catalogue have the form of such values by the thousand; on six services
    every one of them was noise. Formats that are known for certain are looked for here as everywhere.
    """
    lowered = path.lower()
    name = lowered.rpartition("/")[2]
    if name in _LOCK_FILES or name.endswith(".lock") or _REQUIREMENTS.search(lowered):
        return "lock file"
    if _TRANSLATIONS.search(lowered):
        return "translations"
    return MINIFIED if _GENERATED.search(lowered) else ""


def is_plain(path: str) -> bool:
    """Files in which a name beside a value says nothing: hashes beside the names of packages, translated sentences,
    style sheets, and maps, whose sources are elsewhere. Only formats that are known by a text of their own are looked
    for there."""
    return made_by_program(path) in {"lock file", "translations"} or path.lower().endswith(_STYLES)


_STYLES = (".css", ".scss", ".less", ".sass", ".svg", ".map")


def minified(path: str, text: bytes) -> bool:
    """Whether a script or document has lines that nobody writes by hand."""
    return path.lower().endswith(SCRIPTS) and len(text) > 5_000 and len(text) / (text.count(b"\n") + 1) > _MINIFIED_LINE


MINIFIED = "minified or generated"
SCRIPTS = (".js", ".mjs", ".cjs", ".ts", ".html", ".json", ".xml")
