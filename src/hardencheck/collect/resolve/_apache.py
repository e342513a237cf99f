"""The sites of an Apache configuration: virtual hosts with what their files, conditions and macros come to.

Source: Apache HTTP Server 2.4 documentation, "Configuration Sections", mod_macro, core (Include, Define, IfModule).
"""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import msgspec

from hardencheck.collect.extract._header_names import HEADERS
from hardencheck.collect.extract._templates import TEMPLATED
from hardencheck.collect.resolve._held import MAX_TEXT, Held, each_once, including, nested, put_in
from hardencheck.collect.resolve._routes import Doubt
from hardencheck.lazily import compiled
from hardencheck.model.facts.proxies import ApacheFile, Directive
from hardencheck.model.gap import FactSet, Reason
from hardencheck.model.location import Location

# Loaded in the images and packages that people use, or written down because they are to be.
_USUAL = compiled(
    r"!?(?:mod_)?(?:headers|rewrite|ssl|proxy\w*|alias|dir|mime|setenvif|reqtimeout|wsgi|expires|deflate|authz?_\w+|authz?n?_\w+"
    r"|log_config|unixd|filter|env|http2|negotiation|autoindex|remoteip|brotli|macro|socache_shmcb|slotmem_shm|security2"
    r"|evasive\w*|cache\w*|status|access_compat|lbmethod_\w+|mpm_event|version|include)(?:_module|\.c)?",
    re.IGNORECASE,
)
_DEFINED = compiled(r"\$\{([\w.:-]{1,99})\}")
# Named by Debian's envvars: where logs go and so on.
_ENVVARS = {"APACHE_LOG_DIR": "/var/log/apache2", "APACHE_RUN_DIR": "/var/run/apache2"}
_WITHIN = {"<limit", "<limitexcept", "<requireall", "<requireany", "<requirenone", "<authnprovideralias"}
MAX_EXPANDED = 20_000


class Section(NamedTuple):
    """A section with its content. kind: "<location", "<directory", "<if" ..."""

    kind: str
    held: Held
    content: tuple[Held, ...]

    @property
    def name(self) -> str:
        return " ".join(self.held.args)

    @property
    def matches(self) -> str:
        """What it is for: a path, or an expression where `expression` holds."""
        return self.held.args[-1] if self.held.args else ""

    @property
    def expression(self) -> bool:
        return self.kind.endswith("match") or "~" in self.held.args[:1]


class Site(NamedTuple):
    """A virtual host, or the main server where there is none. own: its directives outside of sections, those of the
    main server first, which are so many: main. sections: in the order in which httpd merges sections of one kind."""

    where: Location
    own: tuple[Held, ...]
    sections: tuple[Section, ...]
    doubts: tuple[Doubt, ...]
    templated: bool
    address: tuple[str, ...]
    main: int = 0

    def of(self, name: str) -> list[Held]:
        return [held for held in self.own if held.name == name]

    def last(self, name: str) -> Held | None:
        found = self.of(name)
        return found[-1] if found else None

    @property
    def host_first(self) -> tuple[Held, ...]:
        """Its own directives before those of the main server: so aliases and redirects are asked (measured)."""
        return (*self.own[self.main :], *self.own[: self.main])

    @property
    def rewriting(self) -> tuple[Held, ...]:
        """The directives of mod_rewrite that hold outside of sections: those of the main server are not inherited."""
        return self.own if self.of("rewriteoptions") else self.own[self.main :]

    @property
    def overridden(self) -> bool:
        """Whether files in its directories may say something: by default they may not (since 2.3.9)."""
        return any(
            held.name == "allowoverride" and "".join(held.args[:1]).lower() != "none"
            for section in self.sections
            for held in section.content
        )

    def rewrites(self, *more: Held) -> bool:
        """Whether rules are asked at all: not before `RewriteEngine on`. more: the directives of a section."""
        stated = [held for held in (*self.of("rewriteengine"), *more) if held.name == "rewriteengine"]
        if not stated:  # what is no whole site may stand where it is on
            return bool(self.doubts) or not self.address
        return "".join(stated[-1].args[:1]).lower() != "off"


def files(facts: FactSet) -> list[ApacheFile]:
    """The configuration files for production."""
    return [fact for fact in facts.of("apache.file") if isinstance(fact, ApacheFile) and fact.role == "production"]


def distributed(facts: FactSet) -> dict[str, Doubt]:
    """What files in directories of content may say of responses and bodies: the first line of each directive."""
    found: dict[str, Doubt] = {}
    for file in files(facts):
        path = file.location.path or ""
        for held in nested(path, file.directives) if path.endswith(".htaccess") else ():
            if held.name in _SPELT and (held.name != "header" or HEADERS & {word.lower() for word in held.args}):
                text = f"{_SPELT[held.name]} in {path} holds where its folder is served and AllowOverride lets it"
                found.setdefault(held.name, Doubt(held.location, text, Reason.NOT_SUPPORTED))
    return found


_SPELT = {"limitrequestbody": "LimitRequestBody", "header": "Header"}


def sites(facts: FactSet) -> list[Site]:
    """Every site of every file, includes of the repository followed."""
    known = [file for file in files(facts) if not (file.location.path or "").endswith(".htaccess")]

    def walked(file: ApacheFile) -> tuple[list[Site], set[str]]:
        walk = _Expansion(known)
        return list(walk.sites(file)), walk.included

    return each_once(known, walked)


class _Expansion:
    def __init__(self, known: list[ApacheFile]) -> None:
        self._known = known
        self._defined: dict[str, str] = dict(_ENVVARS)
        self._macros: dict[str, Held] = {}
        self.included: set[str] = set()
        self.doubts: list[Doubt] = []
        self._loaded: set[str] = set()
        self._count = 0

    def sites(self, file: ApacheFile) -> Iterator[Site]:
        path = file.location.path or ""
        level = list(self.level(path, file.directives, (path,)))
        hosts = [held for held in level if held.name == "<virtualhost"]
        main = [held for held in level if held.name != "<virtualhost"]
        own, sections = self._parted(main)
        if not hosts:
            if any(held.name in _ANSWERS for held in own) or any(_answering(section) for section in sections):
                yield Site(file.location, own, sections, tuple(self.doubts), file.templated, ())
            return
        for held in hosts:
            before = len(self.doubts)
            inner = list(self.level(held.path, held.directive.block or (), (held.path,)))
            more, within = self._parted(inner)
            yield Site(
                held.location, (*own, *more), (*sections, *within), tuple(self.doubts), file.templated, held.args,
                len(own),
            )  # fmt: skip
            del self.doubts[before:]

    def _parted(self, level: list[Held]) -> tuple[tuple[Held, ...], tuple[Section, ...]]:
        own: list[Held] = []
        sections: list[Section] = []
        for held in level:
            if held.directive.block is None:
                own.append(held)
            elif held.name not in _WITHIN:
                content = tuple(self.level(held.path, held.directive.block, (held.path,)))
                sections.append(Section(held.name, held, content))
        return tuple(own), tuple(sections)

    def level(
        self, path: str, directives: Iterable[Directive], around: tuple[str, ...], perhaps: bool = False
    ) -> Iterator[Held]:
        """The directives of one level: what is included, conditions that can be told, macros in their places.

        perhaps: whether all of it stands under a condition that cannot.
        """
        for directive in directives:
            self._count += 1
            if self._count > MAX_EXPANDED:
                text = f"more than {MAX_EXPANDED} directives come of what is included: the rest is not read"
                self.doubts.append(Doubt(Location(path=path), text, Reason.BUDGET))
                return
            name = directive.name
            directive = self._filled(directive, perhaps)
            held = Held(path, directive)
            match name:
                case "include" | "includeoptional" if directive.args:
                    yield from self._include(held, around)
                case "define" if directive.args:
                    self._defined[directive.args[0]] = directive.args[1] if len(directive.args) > 1 else ""
                case "undefine" if directive.args:
                    self._defined.pop(directive.args[0], None)
                case "loadmodule" if directive.args:
                    self._loaded.add(directive.args[0].lower().removesuffix("_module"))
                case "<macro" if directive.args:
                    self._macros[directive.args[0].lower()] = held
                case "use" if directive.args:
                    yield from self._use(held, around)
                case "<ifmodule" | "<ifdefine" | "<ifversion" | "<iffile" | "<ifdirective" | "<ifsection":
                    holds = self._holds(directive)
                    if holds is not False:
                        yield from self.level(path, directive.block or (), around, perhaps or holds is None)
                case _:
                    yield held

    def _filled(self, directive: Directive, perhaps: bool) -> Directive:
        """The directive with what is defined in its place; a name that nothing defines is a placeholder."""
        args = directive.args
        if any("${" in arg for arg in args):
            args = tuple(self._put(arg) for arg in args)
        if args is directive.args and not (perhaps and not directive.conditional):
            return directive
        return msgspec.structs.replace(directive, args=args, conditional=directive.conditional or perhaps)

    def _put(self, arg: str) -> str:
        filled = put_in(_DEFINED, arg, lambda match: self._defined.get(match[1], TEMPLATED))
        return TEMPLATED if filled is None else filled

    def _include(self, held: Held, around: tuple[str, ...]) -> Iterator[Held]:
        pattern = held.args[0]
        targets = including(pattern, held.path, self._known)
        if not targets and "-enabled/" in pattern:
            targets = including(pattern.replace("-enabled/", "-available/"), held.path, self._known)
        if not targets:
            if held.name == "include" or "*" not in pattern:
                self.doubts.append(why_absent(held))
            return
        for target in targets:
            inner = target.location.path or ""
            if inner in around or len(around) > 30:
                self.doubts.append(why_absent(held))
                continue
            self.included.add(inner)
            yield from self.level(inner, target.directives, (*around, inner), held.directive.conditional)

    def _use(self, held: Held, around: tuple[str, ...]) -> Iterator[Held]:
        macro = self._macros.get(held.args[0].lower())
        if macro is None or len(around) > 30:
            text = f"the macro {held.args[0][:40]} is not in the repository"
            self.doubts.append(Doubt(held.location, text))
            return
        # The longest name first, as $name is a part of $name2.
        pairs = sorted(zip(macro.args[1:], held.args[1:], strict=False), key=lambda pair: -len(pair[0]))
        block = tuple(_replaced(directive, pairs) for directive in macro.directive.block or ())
        yield from self.level(macro.path, block, (*around, f"macro {held.args[0]}"), held.directive.conditional)

    def _holds(self, directive: Directive) -> bool | None:
        """Whether a condition of the start holds; None where that cannot be told."""
        given = directive.args[0] if directive.args else ""
        if TEMPLATED in given:
            return None
        negated, asked = given.startswith("!"), given.lstrip("!")
        match directive.name:
            case "<ifmodule":
                name = asked.lower().removesuffix(".c").removeprefix("mod_").removesuffix("_module")
                if name in self._loaded or _USUAL.fullmatch(asked):
                    return not negated
                return None
            case "<ifdefine":
                return not negated if asked in self._defined else None
            case "<ifversion":
                return _version(directive.args)
        return None


def _version(args: tuple[str, ...]) -> bool | None:
    """Whether a condition on the version holds for any 2.4."""
    operator, text = (args[0], args[1]) if len(args) > 1 else ("=", args[0] if args else "")
    negated = operator.startswith("!")
    operator = operator.lstrip("!")
    found = re.match(r"(\d+)\.(\d+)(?:\.(\d+))?", text)
    if found is None:
        return None
    asked = (int(found[1]), int(found[2]))
    if asked == (2, 4) and found[3] and int(found[3]):
        return None
    holds = {
        "<": asked > (2, 4), "<=": asked >= (2, 4), ">": asked < (2, 4), ">=": asked <= (2, 4), "=": asked == (2, 4),
        "==": asked == (2, 4),
    }.get(operator)  # fmt: skip
    return holds if holds is None or not negated else not holds


def _replaced(directive: Directive, pairs: list[tuple[str, str]]) -> Directive:
    def put(text: str) -> str:
        for name, value in pairs:
            if len(text) + text.count(name) * len(value) > MAX_TEXT:
                return TEMPLATED
            text = text.replace(name, value)
        return text

    block = None if directive.block is None else tuple(_replaced(inner, pairs) for inner in directive.block)
    return msgspec.structs.replace(directive, args=tuple(put(arg) for arg in directive.args), block=block)


def why_absent(held: Held) -> Doubt:
    what = held.args[0] if held.args else ""
    if TEMPLATED in what:
        return Doubt(held.location, "a placeholder says which file is included here", Reason.TEMPLATED)
    return Doubt(held.location, f"it may be in {what[:80]}, which is not in the repository")


# What makes a place answer requests.
_ANSWERS = frozenset({
    "proxypass", "proxypassmatch", "wsgiscriptalias", "wsgiscriptaliasmatch", "documentroot", "alias", "aliasmatch",
    "redirect", "redirectmatch", "redirectpermanent", "rewriterule", "scriptalias",
})  # fmt: skip


def _answering(section: Section) -> bool:
    return any(held.name in _ANSWERS or held.name == "sethandler" for held in section.content)
