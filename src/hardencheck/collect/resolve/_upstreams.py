"""Addresses of what stands behind a proxy, in one spelling."""

from hardencheck.lazily import compiled

_ADDRESS = compiled(
    r"(?:(?P<scheme>[a-z][a-z0-9+.-]{1,9})://)?"
    r"(?:(?P<unix>unix:/{0,2}[^\s:|]+)(?:[:|].*)?|(?P<host>\[[0-9a-fA-F:.]+\]|[^/\s:\[\]]+)(?P<port>:\d+)?(?:/.*)?)"
)


def address(text: str, scheme: str = "http") -> str:
    """ "http://app:8000" of "http://app:8000/x/", "app:8000" or the like, "unix:/run/app.sock" of a socket; "" where it
    is no address. scheme: where none is written."""
    match = _ADDRESS.fullmatch(text.strip())
    if match is None:
        return ""
    if match["unix"]:
        return "unix:/" + match["unix"].removeprefix("unix:").lstrip("/")
    return f"{match['scheme'] or scheme}://{match['host'].lower()}{match['port'] or ''}"
