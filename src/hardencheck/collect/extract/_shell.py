"""Enough of the shell to see which modes a command line sets. Nothing is expanded but named variables."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from hardencheck.lazily import compiled

_MAX_WORDS = 20_000
MAX_EXPANSION = 20_000  # characters that variables may add to one text: A=$A$A doubles
# What may stand before the name of a command (`root`: as in `sudo -u root`).
_PREFIXES = frozenset({
    "sudo", "doas", "exec", "command", "env", "nice", "time", "then", "do", "else", "if", "while", "!", "{", "xargs",
    "root",
})  # fmt: skip
# What runs a command on another machine, in a container, as another user.
_ELSEWHERE = frozenset({
    "ssh", "docker", "podman", "docker-compose", "kubectl", "oc", "su", "runuser", "gosu", "su-exec", "setpriv",
    "chroot", "fly", "flyctl", "heroku", "vagrant", "nsenter",
})  # fmt: skip
_MODE_COMMANDS = frozenset({"chmod", "install", "mkdir", "mkfifo", "setfacl"})
_SHELLS = frozenset({"sh", "bash", "dash", "ash"})
_ASSIGNMENT = compiled(r"[A-Za-z_]\w*=")
_VARIABLE = compiled(r"\$(?:\{([A-Za-z_]\w*)(?::?-([^{}$]*))?\}|([A-Za-z_]\w*))")
_SYMBOLIC = compiled(r"([ugoa]*)([-+=][rwxXst]*|[-+=][ugo])+")
_OCTAL = compiled(r"[-+=]?([0-7]{1,5})")
_WHO = {"u": 0o4700, "g": 0o2070, "o": 0o1007, "a": 0o7777}
_WHAT = {"r": 0o444, "w": 0o222, "x": 0o111, "X": 0o111, "s": 0o6000, "t": 0o1000}


class ModeChange(NamedTuple):
    """command: "chmod", "install", "mkdir" ... spec: the mode as written. bits: those it sets for certain (0o7777);
    None when it is not known (a variable). targets: the paths, as written."""

    command: str
    spec: str
    bits: int | None
    recursive: bool
    targets: tuple[str, ...]


def expand(text: str, variables: Mapping[str, str]) -> str:
    """Known variables replaced, `${NAME:-default}` by its default when NAME is not known; the rest stays as it is."""

    left = MAX_EXPANSION

    def value(match: re.Match[str]) -> str:
        nonlocal left
        known = variables.get(match[1] or match[3])
        if known is not None and len(known) <= left:
            left -= len(known)
            return known
        return match[2] if match[2] is not None else match[0]

    return _VARIABLE.sub(value, text)


class Placed(NamedTuple):
    """words: of one simple command, without their quotes. line, offset: of the text, from 0, where it begins."""

    words: list[str]
    line: int
    offset: int


def commands(text: str) -> Iterator[list[str]]:
    """The simple commands of a script, as words."""
    return (command.words for command in placed(text))


def placed(text: str) -> Iterator[Placed]:
    """The simple commands of a script. Comments, operators and redirections end them.

    POSIX shell, XCU section 2.3, without here-documents and substitutions: those stay words.
    """
    words: list[str] = []
    word: list[str] | None = None
    quote = ""
    position, end, count = 0, len(text), 0
    line = first = begins = 0  # of what is read, of the first word
    while position < end:
        char = text[position]
        position += 1
        if char == "\n":
            line += 1
        if quote:
            if char == quote:
                quote = ""
            elif char == "\\" and quote == '"' and position < end and text[position] in '"\\$`\n':
                line += text[position] == "\n"
                (word := word if word is not None else []).append(text[position])
                position += 1
            else:
                (word := word if word is not None else []).append(char)
            continue
        if word is None and not words:
            first, begins = line, position - 1
        if char == "\\" and position < end:
            if text[position] == "\n":
                position += 1
                line += 1
                continue
            (word := word if word is not None else []).append(text[position])
            position += 1
        elif char in "'\"":
            quote = char
            word = word if word is not None else []
        elif char == "#" and word is None:
            newline = text.find("\n", position)
            position = end if newline < 0 else newline
        elif char in " \t\r\n;&|()":
            if word is not None:
                words.append("".join(word))
                word = None
                count += 1
                if count > _MAX_WORDS:
                    break
            if char in "\n;&|()" and words:
                yield Placed(words, first, begins)
                words = []
        else:
            (word := word if word is not None else []).append(char)
    if word is not None:
        words.append("".join(word))
    if words:
        yield Placed(words, first, begins)


def mode_changes(words: Sequence[str], variables: Mapping[str, str]) -> Iterator[ModeChange]:
    """The modes that one simple command sets: chmod, install, mkdir, mkfifo; also by sudo, find -exec, xargs, sh -c."""
    for start, word in enumerate(words):
        name = word.rpartition("/")[2]
        rest = words[start + 1 :]
        if name == "setfacl":
            yield from _access_lists(rest)
            return
        if name in _MODE_COMMANDS:
            yield from _changes(name, rest, variables)
            return
        if name == "find":
            for index, option in enumerate(rest):
                if option in {"-exec", "-execdir", "-ok"}:
                    yield from mode_changes(rest[index + 1 :], variables)
                    return
            return
        if name in _ELSEWHERE:
            yield from _elsewhere(rest, variables)
            return
        if name in _SHELLS:
            for inner in given_to_shell(words[start:]):
                if inner != list(words):
                    yield from mode_changes(inner, variables)
            return
        if word not in _PREFIXES and not _ASSIGNMENT.match(word) and not word.startswith("-"):
            return


def given_to_shell(words: Sequence[str]) -> Iterator[list[str]]:
    """The commands of the text that a shell is started with: `sh -c "a; b"`, `exec bash -ec ...`."""
    for start, word in enumerate(words):
        if word.rpartition("/")[2] in _SHELLS:
            option, *text = words[start + 1 : start + 3] or [""]
            yield from commands(text[0]) if text and re.fullmatch(r"-[a-z]*c", option) else ()
            return
        if word not in _PREFIXES and not _ASSIGNMENT.match(word) and not word.startswith("-"):
            return


def _elsewhere(words: Sequence[str], variables: Mapping[str, str]) -> Iterator[ModeChange]:
    """`ssh host chmod 777 x`, `docker exec app sh -c "chmod 777 x"`: the command begins at a word that is one."""
    for start, word in enumerate(words):
        name = word.rpartition("/")[2]
        if name in _MODE_COMMANDS or (name in _SHELLS and start + 1 < len(words)):
            yield from mode_changes(words[start:], variables)
            return
        if " " in word and not word.startswith("-"):
            for inner in commands(word):
                yield from mode_changes(inner, variables)
            return


def _changes(name: str, arguments: Sequence[str], variables: Mapping[str, str]) -> Iterator[ModeChange]:
    spec: str | None = None
    recursive = False
    targets: list[str] = []
    waiting = skipping = False  # for the value of an option
    for word in arguments:
        if waiting:
            spec, waiting = word, False
        elif skipping:
            skipping = False
        elif name == "install" and word in {"-o", "-g", "-t", "-S", "--owner", "--group", "--target-directory"}:
            skipping = True
        elif word == "--":
            continue
        elif name == "chmod" and spec is None and (_SYMBOLIC.fullmatch(word) or _OCTAL.fullmatch(word)):
            spec = word  # also "-w", which looks like an option
        elif word.startswith("--mode="):
            spec = word[7:]
        elif word.startswith("--reference"):
            return
        elif word == "--mode" or (name != "chmod" and re.fullmatch(r"-[a-zA-Z]*m", word)):
            waiting = True
        elif name != "chmod" and (match := re.fullmatch(r"-[a-ln-zA-Z]*m=?([0-7ugoa+=,rwxst-]+)", word)):
            spec = match[1]
        elif word.startswith("-") and word != "-":
            recursive = recursive or word == "--recursive" or (not word.startswith("--") and "R" in word)
        elif name == "chmod" and spec is None:
            spec = word
        else:
            targets.append(word)
    if spec is not None:
        yield ModeChange(name, spec, mode_bits(expand(spec, variables)), recursive, tuple(targets[:20]))


_ENTRY = compiled(r"(?:d(?:efault)?:)?(?:o|other):?:([rwxX-]{0,3})")


def _access_lists(arguments: Sequence[str]) -> Iterator[ModeChange]:
    """`setfacl -m o::rwX path`: what others may do then. Entries for named users and groups are no mode."""
    targets = tuple(word for word in arguments if not word.startswith("-"))
    for word in targets:
        for entry in word.split(","):
            match = _ENTRY.fullmatch(entry)
            if match is not None:
                bits = sum({"r": 4, "w": 2, "x": 1, "X": 1}.get(letter, 0) for letter in set(match[1]))
                recursive = any(one == "--recursive" or re.match(r"-[a-zA-Z]*R", one) for one in arguments)
                yield ModeChange("setfacl", entry, bits, recursive, tuple(one for one in targets if one != word)[:20])


def umask_of(words: Sequence[str], variables: Mapping[str, str]) -> str | None:
    """What a simple command sets the umask to, as written; None for any other command, and for one that shows it."""
    for start, word in enumerate(words):
        if word == "umask":
            given = [one for one in words[start + 1 :] if one not in {"-S", "-p"}]
            return expand(given[0], variables) if given else None
        if word not in _PREFIXES and not _ASSIGNMENT.match(word):
            return None
    return None


def mask_bits(spec: str) -> int | None:
    """The bits that a umask takes away: "022" -> 0o022, "u=rwx,g=rx,o=" -> 0o027, "o+w" -> 0o020. None for what is
    neither form."""
    if re.fullmatch(r"[0-7]{1,4}", spec):
        return int(spec, 8) & 0o777
    if not re.fullmatch(r"[ugoa]*[-+=][rwx]*(?:,[ugoa]*[-+=][rwx]*)*", spec):
        return None
    left = 0o022  # what is not named keeps what is usual
    for clause in spec.split(","):
        who, operator, what = re.split(r"([-+=])", clause)
        bits = sum({"r": 4, "w": 2, "x": 1}[letter] for letter in set(what))
        for one, shift in (("u", 6), ("g", 3), ("o", 0)):
            if not who or one in who or "a" in who:
                if operator == "=":
                    left |= 7 << shift
                left = left | bits << shift if operator == "-" else left & ~(bits << shift)
    return left


def mode_bits(spec: str) -> int | None:
    """The bits a mode of chmod(1) sets for certain: "1777" -> 0o1777, "u=rwx,go=rx" -> 0o755, "a+w" -> 0o222.

    Without u, g, o or a the umask guards group and others ("+w" -> 0o200). None for what is neither form.
    """
    octal = _OCTAL.fullmatch(spec)
    if octal:
        return 0 if spec.startswith("-") else int(octal[1], 8)
    bits = 0
    for clause in spec.split(","):
        match = _SYMBOLIC.fullmatch(clause)
        if match is None:
            return None
        who = match[1]
        for operator, what in re.findall(r"([-+=])([rwxXstugo]*)", clause[len(who) :]):
            if set(what) & set("ugo"):
                continue  # g=u copies what is there
            reach = 0
            for letter in who or "u":
                reach |= _WHO[letter]
            if not who:
                reach |= 0o0555  # a umask of 022 lets read and execute through
            wanted = 0
            for letter in what:
                wanted |= _WHAT[letter]
            if operator == "=":
                bits &= ~reach
            bits = bits & ~(reach & wanted) if operator == "-" else bits | (reach & wanted)
    return bits
