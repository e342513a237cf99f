"""What the commands of a script say: modes, the umask, what is fetched and run, sudo without a password."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

from hardencheck.collect.extract._shell import ModeChange, given_to_shell, mask_bits, mode_changes, placed, umask_of
from hardencheck.lazily import compiled

_SHELLS = r"(?:\S*/)?(?:ba|da|z|a|k|fi)?sh|(?:\S*/)?(?:python[\d.]*|perl|ruby|node)"
_FETCHES = r"(?:curl|wget|fetch|http)\b"
# curl ... | sudo sh;  sh <(curl ...);  sh -c "$(curl ...)";  eval "$(curl ...)"
_PIPED = compiled(
    rf"(?<![\w./-]){_FETCHES}(?P<a>(?:[^|;&\n]|&(?!&)){{0,500}})\|\s*(?:(?:sudo|env|exec|tee\s+\S+\s*\|)\s+(?:-\S+\s+|\w+=\S*\s+){{0,5}}|\w+=\S*\s+)"
    rf"{{0,3}}(?P<i>{_SHELLS})(?=\s|$|[;&)\"'])"
)
_SUBSTITUTED = compiled(
    rf"(?<![\w./-])(?P<i>{_SHELLS}|eval|source|\.)\s+(?:-\w+\s+){{0,3}}[\"']?(?:<\(|\$\(|`)\s*{_FETCHES}(?P<a>[^)`\n]{{0,500}})"
)
_URL = compiled(r"[a-z]{3,5}://[^\s\"'`|)<>]{1,300}|(?<=\s)[\w-]+(?:\.[\w-]+)+/[^\s\"'`|)]{0,200}")
_NOPASSWD = compiled(r"NOPASSWD(?:\s*:\s*\w+)*\s*:\s*(?P<what>[^\s,\"'\\]+)")
_PROGRAMS = compiled(r"(?:^|/)s?bin/")


class Fetched(NamedTuple):
    """offset: where in the text."""

    host: str
    interpreter: str
    encrypted: bool
    offset: int


class Mask(NamedTuple):
    """others_write: what is made afterwards may be writable by everybody. mask None: it is not known (a variable)."""

    spec: str
    mask: int | None
    offset: int


def modes(text: str, variables: Mapping[str, str]) -> Iterator[tuple[ModeChange, int]]:
    """The modes that a script sets, each with its offset."""
    for command in placed(text):
        for change in mode_changes(command.words, variables):
            yield change, command.offset


def masks(text: str, variables: Mapping[str, str]) -> Iterator[Mask]:
    for command in placed(text):
        for spec in umasks_of(command.words, variables):
            yield Mask(spec, mask_bits(spec), command.offset)


def umasks_of(words: Sequence[str], variables: Mapping[str, str]) -> Iterator[str]:
    """What a command sets the umask to, as written: by itself, or by a text for a shell (`sh -c "umask 0"`)."""
    for one in (words, *given_to_shell(words)):
        spec = umask_of(one, variables)
        if spec is not None:
            yield spec


def set_id(change: ModeChange) -> bool:
    """Whether a program gets the rights of its owner or group. On a directory setgid hands its group down, so it counts
    where programs are."""
    bits = change.bits or 0
    programs = any(_PROGRAMS.search(target) for target in change.targets)
    return bool(bits & 0o4000) or (bool(bits & 0o2000) and programs and change.command != "mkdir")


def others_write(change: ModeChange) -> bool:
    """Whether everybody may write afterwards. Devices are the kernel's, and a sticky directory protects each one's
    own."""
    devices = bool(change.targets) and all(target.startswith(("/dev/", "/proc/")) for target in change.targets)
    bits = change.bits or 0
    return bool(bits & 0o002) and not bits & 0o1000 and not devices


def fetched(text: str) -> Iterator[Fetched]:
    """What is fetched and run unseen."""
    if "curl" not in text and "wget" not in text and "fetch" not in text:
        return
    seen: set[int] = set()
    for pattern in (_PIPED, _SUBSTITUTED):
        for match in pattern.finditer(text):
            if match.start() in seen or "--version" in match["a"]:
                continue
            interpreter = match["i"].rpartition("/")[2]
            if interpreter.startswith(("python", "perl", "ruby", "node")) and _reads_data(text[match.end() :]):
                continue  # curl ... | python -m json.tool, python3 -c "...": the answer is data
            seen.add(match.start())
            url = _URL.search(match["a"])
            host, encrypted = _address(url[0]) if url is not None else ("", True)
            yield Fetched(
                host=host or "?",
                interpreter="eval" if interpreter in {"eval", "source", "."} else interpreter,
                encrypted=encrypted,
                offset=match.start(),
            )


def _address(url: str) -> tuple[str, bool]:
    """(host, whether it is asked under encryption); "" for a host that is none."""
    try:
        parts = urlsplit(url if "://" in url else f"https://{url}")
        return (parts.hostname or "")[:100], parts.scheme != "http"
    except ValueError:  # brackets in the wrong places
        return "", not url.startswith("http://")


def _reads_data(rest: str) -> bool:
    return re.match(r"\s+(?:-[A-Za-z]*[cmne]\b|[\w./]+\.(?:py|pl|rb|js)\b)", rest) is not None


def passwordless(text: str) -> Iterator[tuple[bool, int]]:
    """(whether all commands are allowed, offset) of each NOPASSWD outside comments."""
    if "NOPASSWD" not in text:
        return
    for match in _NOPASSWD.finditer(text):
        line = text[text.rfind("\n", 0, match.start()) + 1 : match.start()]
        if not line.lstrip().startswith("#"):
            yield match["what"] == "ALL", match.start()
