"""Words and simple commands of a shell script, with their lines and what must hold for them to run.

`_shell.py` looks for modes on a command line; what a variable holds at the end of a script also takes its conditions,
functions and here-documents.
"""

from collections.abc import Iterator
from typing import NamedTuple

from hardencheck.collect.extract._environment_text import PLAIN_DOLLAR, closing_brace
from hardencheck.lazily import compiled

MAX_COMMANDS = 20_000
_LONGEST = 500  # characters between the braces of one parameter


class Command(NamedTuple):
    """One simple command. words: without quotes. when: "always", "maybe" (under a condition, in a function), or the
    name of a variable that is not set whenever it runs."""

    words: tuple[str, ...]
    line: int
    when: str = "always"


_TESTS = frozenset({"[", "[[", "test", "grep", "command", "which", "type", "!"})
_UNSET = compiled(r"\[{1,2} (?:-z \$\{?|! \$\{?|! -v |! -n \$\{?)(\w+)(?:\}|:?[-+]\w{0,9}\}|)(?: \]{1,2})?(?: then)?")
_OPENERS = {"if": "fi", "case": "esac", "for": "done", "while": "done", "until": "done", "select": "done", "{": "}"}
_HEREDOC = compiled(r"<<-?[ \t]*([\"']?)([A-Za-z_]\w*)\1")


class _Block:
    """closing: the word that ends it. unset: the variable that is not set in it."""

    def __init__(self, closing: str, sure: bool = False) -> None:
        self.closing, self.sure = closing, sure
        self.unset = ""


def shell_commands(text: str) -> Iterator[Command]:
    """The simple commands of a script in order, each with its line and what must hold for it to run.

    POSIX shell, XCU section 2: quotes, comments, here-documents (passed over), compound commands. A substitution stays
    as "$(": what it gives is not known.
    """
    reader = _Shell()
    for words, line, ended_by in _simple(text):
        yield from reader.take(words, line, ended_by)


class _Shell:
    def __init__(self) -> None:
        self.blocks: list[_Block] = []
        self.before = ""  # what stands between this command and the last one
        self.last: tuple[str, ...] = ()
        self.chain = ""  # what && and || before this command ask for
        self.function = False  # "name (" ")" was just read

    def take(self, words: list[str], line: int, ended_by: str) -> Iterator[Command]:
        while words and words[0] in {"then", "do", "else", "elif", "if", "while", "until", "!", "time", "{", "}", "fi",
                                     "done", "esac", "case", "for", "select", "function"}:  # fmt: skip
            word = words[0]
            if word in {"else", "elif"} and self.blocks:
                self.blocks[-1].unset = ""
            if word in _OPENERS:
                # Braces alone only group; a function runs when it is called, if it is.
                self.blocks.append(_Block(_OPENERS[word], sure=word == "{" and not self.function))
                self.function = False
            elif self.blocks and word == self.blocks[-1].closing:
                self.blocks.pop()
            if word == "function":
                self.function = True
            if word in {"case", "for", "select", "function"}:
                words = []
                break
            words = words[1:]
            if word in {"if", "elif"}:
                test = " ".join(words).replace('"', "")
                match = _UNSET.fullmatch(test)
                if match and ended_by in {"\n", ";"} and word == "if":
                    self.blocks[-1].unset = match[1]
        if words:
            yield Command(tuple(words), line, self._when())
            self.last = tuple(words)
        if ended_by == "(":
            self.blocks.append(_Block(")"))
        elif ended_by == ")" and self.blocks and self.blocks[-1].closing == ")":
            self.blocks.pop()
            self.function = bool(self.last) and len(self.last) == 1
        self.before = ended_by

    def _when(self) -> str:
        unsure = [block for block in self.blocks if not block.sure]
        if self.before not in {"&&", "||", "|"}:
            self.chain = ""
        elif self.before == "||":
            self.chain = "maybe"
        elif self.before == "&&" and not self.chain and self.last and self.last[0] in _TESTS:
            match = _UNSET.fullmatch(" ".join(self.last))
            self.chain = match[1] if match else "maybe"
        if not unsure:
            return self.chain or "always"
        return "maybe" if len(unsure) > 1 or self.chain else unsure[0].unset or "maybe"


def _simple(text: str) -> Iterator[tuple[list[str], int, str]]:
    """(words, line of the first, the operator that ends them) of every simple command; also empty ones."""
    words: list[str] = []
    word: list[str] | None = None
    position, end, line, first, count = 0, len(text), 1, 1, 0
    documents: list[str] = []

    while position < end:
        char = text[position]
        if char == "\\" and position + 1 < end:
            escaped = text[position + 1]
            position += 2
            if escaped == "\n":
                line += 1
                continue
            first = line if word is None and not words else first
            (word := word if word is not None else []).append(PLAIN_DOLLAR if escaped == "$" else escaped)
            continue
        if char in " \t\r":
            position += 1
            if word is not None:
                words.append("".join(word))
                word = None
            continue
        if char == "#" and word is None:
            newline = text.find("\n", position)
            position = end if newline < 0 else newline
            continue
        if char == "<" and text.startswith("<<", position) and not text.startswith("<<<", position):
            heredoc = _HEREDOC.match(text, position)
            if heredoc is not None:
                documents.append(heredoc[2])
                position = heredoc.end()
                continue
        # `>&2` and `&>file` are redirections.
        redirects = char == "&" and (text[position - 1 : position] in {">", "<"} or text.startswith("&>", position))
        if char in "\n;&|()" and not redirects:
            if char == "(" and word and word[-1] == "=":
                opened, position = position, _past(text, position)
                line += text.count("\n", opened, position)
                word.append("$(")  # an array
                continue
            operator = char * 2 if char in "&|" and text.startswith(char * 2, position) else char
            if word is not None:
                words.append("".join(word))
                word = None
            count += 1
            if count > MAX_COMMANDS:
                return
            yield words, first if words else line, operator
            words = []
            position += len(operator)
            if char == "\n":
                line += 1
                for name in documents:
                    position, passed = _past_document(text, position, name)
                    line += passed
                documents = []
            continue
        if word is None and not words:
            first = line
        word = word if word is not None else []
        piece, after = _piece(text, position)
        line += text.count("\n", position, after)
        word.append(piece)
        position = after
    if word is not None:
        words.append("".join(word))
    yield words, first, "\n"


def _piece(text: str, position: int) -> tuple[str, int]:
    """What a quoted string, a substitution or one plain character gives, and where it ends."""
    char, end = text[position], len(text)
    if char == "'":
        close = text.find("'", position + 1)
        close = end if close < 0 else close
        return text[position + 1 : close].replace("$", PLAIN_DOLLAR), min(close + 1, end)
    if char == '"':
        return _double_quoted(text, position + 1)
    if text.startswith("$(", position):
        return "$(", _past(text, position + 1)
    if char == "`":
        return "$(", _past_tick(text, position)
    if text.startswith("${", position):
        close = closing_brace(text, position + 2, _LONGEST)
        if close > 0:
            return text[position : close + 1].replace('"', ""), close + 1
    return char, position + 1


def _double_quoted(text: str, at: int) -> tuple[str, int]:
    parts: list[str] = []
    end = len(text)
    while at < end and text[at] != '"':
        if text[at] == "\\" and at + 1 < end:
            escaped = text[at + 1]
            kept = "" if escaped == "\n" else PLAIN_DOLLAR if escaped == "$" else escaped
            parts.append(kept if escaped in '"\\$`\n' else f"\\{escaped}")
            at += 2
        elif text.startswith("$(", at):
            parts.append("$(")
            at = _past(text, at + 1)
        elif text[at] == "`":
            parts.append("$(")
            at = _past_tick(text, at)
        elif text.startswith("${", at):
            close = closing_brace(text, at + 2, _LONGEST)
            close = at + 1 if close < 0 else close
            parts.append(text[at : close + 1])
            at = close + 1
        else:
            parts.append(text[at])
            at += 1
    return "".join(parts), min(at + 1, end)


def quoted_words(text: str, blanks: str = " \t\r\n") -> Iterator[str]:
    """Words parted by blanks, without their quotes, where nothing else has a meaning: ENV of a Dockerfile, units.
    Without blanks all of it is one word."""
    word: list[str] | None = None
    position, end = 0, len(text)
    while position < end:
        char = text[position]
        if char in blanks:
            if word is not None:
                yield "".join(word)
                word = None
            position += 1
            continue
        word = word if word is not None else []
        if char == "\\" and position + 1 < end:
            word.append(PLAIN_DOLLAR if text[position + 1] == "$" else text[position + 1])
            position += 2
        elif char in "'\"" or text.startswith("${", position):
            piece, position = _piece(text, position)
            word.append(piece)
        else:
            word.append(char)
            position += 1
    if word is not None:
        yield "".join(word)


def _past_tick(text: str, position: int) -> int:
    close = text.find("`", position + 1)
    return len(text) if close < 0 else close + 1


_BRACKET = compiled(r"[()]")


def _past(text: str, position: int) -> int:
    """Behind the bracket that closes the one at `position`; the end of the text when nothing does."""
    depth = 0
    for match in _BRACKET.finditer(text, position):
        depth += 1 if match[0] == "(" else -1
        if depth == 0:
            return match.end()
    return len(text)


def _past_document(text: str, position: int, name: str) -> tuple[int, int]:
    passed = 0
    while position < len(text):
        newline = text.find("\n", position)
        stop = len(text) if newline < 0 else newline
        passed += 1
        ends = text[position:stop].strip() == name
        position = min(stop + 1, len(text))
        if ends:
            break
    return position, passed
