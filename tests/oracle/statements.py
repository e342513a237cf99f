"""Writes statements that set or change settings, in the ways that settings are written in."""

from collections.abc import Callable

from tests.oracle.author import FLAGS, KIND_OF, LISTS, NUMBERS, SETTINGS, TEXTS, URLS, Author, Kind, Scope

Lines = list[str]
_ONE = {"flag": "True", "number": "7", "text": "'t'", "texts": "['l']", "table": "{'d': {}}"}


class Statements:
    """Each method gives the lines of one statement and says in `scope` what is set after it."""

    def __init__(self, author: Author) -> None:
        self._author = author
        self._count = 0

    def fresh(self, stem: str) -> str:
        self._count += 1
        return f"{stem}{self._count}"

    def name(self, kind: Kind | None = None) -> str:
        return self._author.pick(SETTINGS[kind] if kind is not None else tuple(KIND_OF))

    def several(self, scope: Scope, least: int, most: int, depth: int = 0) -> Lines:
        lines: Lines = []
        for _ in range(self._author.number(least, most)):
            lines += self.one(scope, depth)
        return lines or ["pass"]

    def one(self, scope: Scope, depth: int = 0) -> Lines:
        pick, chance = self._author.pick, self._author.chance
        if not chance():
            return self._plain(scope)
        ways = [self._ways_of_setting, self._changes, self._flow]
        if depth == 0:
            ways.append(self._outer)
        return pick(pick(ways)(scope, depth))()

    def _set(self, name: str, scope: Scope) -> str:
        scope.names[name] = KIND_OF[name]
        return name

    def _plain(self, scope: Scope) -> Lines:
        name = self.name()
        given = self._author.of(name, scope)
        scope.names[name] = KIND_OF[name]
        return [f"{name} = {given}"]

    def _value(self, scope: Scope) -> tuple[str, str]:
        """A setting and a value for it; it counts as set from here on."""
        name = self.name()
        given = self._author.of(name, scope)
        scope.names[name] = KIND_OF[name]
        return name, given

    def _ways_of_setting(self, scope: Scope, depth: int) -> list[Callable[[], Lines]]:
        def annotated() -> Lines:
            name, given = self._value(scope)
            return [f"{name}: object = {given}"]

        def together() -> Lines:
            kind = self._author.pick(tuple(SETTINGS))
            one, two = self.name(kind), self.name(kind)
            given = self._author.expression(kind, scope)
            scope.names.update({one: kind, two: kind})
            return [f"{one} = {two} = {given}"]

        def unpacked() -> Lines:
            one, two = self.name("flag"), self.name("number")
            first, second = self._author.of(one, scope), self._author.of(two, scope)
            scope.names.update({one: "flag", two: "number"})
            return [f"{one}, {two} = {first}, {second}"]

        def walrus() -> Lines:
            name, given = self._value(scope)
            return [f"if ({name} := ({given})):", "    pass"]

        def through_globals() -> Lines:
            name, given = self._value(scope)
            way = self._author.pick(("globals()['{}'] = {}", "setattr(sys.modules[__name__], '{}', {})",
                                     "globals().update({}={})", "vars()['{}'] = {}", "locals().update({{'{}': {}}})"))  # fmt: skip
            return [way.format(name, given)]

        def in_place() -> Lines:
            name = self.name(self._author.pick(("number", "texts", "text")))
            kind = KIND_OF[name]
            first, second = self._author.of(name, scope), self._author.again(kind, scope)
            if kind == "texts":
                first, second = f"list({first})", f"list({second})"
            scope.names[name] = kind
            return [f"{name} = {first}", f"{name} += {second}"]

        def deleted() -> Lines:
            name, given = self._value(scope)
            del scope.names[name]
            return [f"{name} = {given}", f"del {name}"]

        def private() -> Lines:
            held = self.fresh("_held")
            name, given = self._value(scope)
            return [f"{held} = {given}", f"{name} = {held}"]

        def path() -> Lines:
            name = self._author.pick(("STATIC_ROOT", "MEDIA_ROOT", "LOG_FILE"))
            given = self._author.pick((
                "BASE_DIR / 'static'", "os.path.join(str(BASE_DIR), 'media')", "str(BASE_DIR.parent / 'x')",
                "Path(os.environ.get('SITE_NAME', 'log')) / 'a.log'", "(BASE_DIR / 'a' / 'b').name", "BASE_DIR.joinpath('q')",
                "f'{BASE_DIR}/logs'", "os.path.dirname(os.path.abspath(__file__))", "os.path.basename('/srv/www')",
            ))  # fmt: skip
            return [f"{name} = {given}"]

        return [annotated, together, unpacked, walrus, through_globals, in_place, deleted, private, path]

    def _changes(self, scope: Scope, depth: int) -> list[Callable[[], Lines]]:
        author = self._author

        def held(kind: Kind) -> tuple[str, Lines]:
            """A setting that can be changed, made anew where there is none that surely is of its type."""
            name = self.name(kind)
            given = author.of(name, scope)
            scope.names[name] = kind
            made = f"list({given})" if kind == "texts" else f"dict({given})"
            return name, [f"{name} = {made}"]

        def of_list() -> Lines:
            name, lines = held("texts")
            item = f"'{author.pick(('added', 'a.example', 'z'))}'" if author.chance() else author.again("text", scope)
            change = author.pick((
                f"{name}.append({item})", f"{name}.insert({author.number(-2, 3)}, {item})",
                f"{name}.extend({author.again('texts', scope)})", f"{name} += [{item}]",
                f"{name}[:0] = [{item}]", f"{name}.reverse()", f"{name}.sort()", f"{name}.clear()",
                f"{name}.append({item}); {name}.remove({item})", f"{name} = [{item}] + {name}",
                f"if {item} in {name}: {name}.remove({item})", f"if {name}: {name}.pop()",
                f"if {name}: {name}.pop(0)", f"if len({name}) > 1: del {name}[1]", f"if {name}: {name}[0] = {item}",
                f"{name} *= 2", f"{name}.insert({name}.index('w') if 'w' in {name} else 0, {item})",
                f"{name} = tuple({name}) + ({item},)", f"{author.again('flag', scope)} and {name}.append({item})",
                f"{name}.append({item}) if {author.again('flag', scope)} else None",
                f"if {author.again('flag', scope)}: {name} += [{item}]",
                f"{name}.insert(int({author.again('flag', scope)}), {item})",
            ))  # fmt: skip
            return [*lines, change]

        def of_table() -> Lines:
            name, lines = held("table")
            key = f"'{author.pick(('default', 'loggers', 'new'))}'"
            if author.chance(4):
                key = author.again("text", scope)
            inner = f"{{'on': {author.again('flag', scope)}}}"
            change = author.pick((
                f"{name}[{key}] = {inner}", f"{name}.update({{{key}: {inner}}})", f"{name}.setdefault({key}, {inner})",
                f"{name}.setdefault({key}, {{}}).update({inner})" if key == "'new'" else f"{name}.pop({key}, None)",
                f"{name} |= {{{key}: {inner}}}", f"{name}.pop({key}, None)", f"if {key} in {name}: del {name}[{key}]",
                f"{name}[{key}] = {{}}; {name}[{key}]['deep'] = {author.again('number', scope)}",
                f"{name}.update(default={inner})", f"{name} = {{**{name}, {key}: {inner}}}",
                f"if {author.again('flag', scope)}: {name}[{key}] = {inner}",
                f"for part in {name}.values(): part.update(seen=1) if isinstance(part, dict) else None",
                f"{name}[{key}] = {name}.get({key}) or {inner}", f"{name}.clear()",
            ))  # fmt: skip
            return [*lines, change]

        def alias() -> Lines:
            name, lines = held("texts")
            other = self.name("texts")
            made = author.pick(
                (f"{name}", f"list({name})", f"{name}[:]", f"copy.copy({name})", f"copy.deepcopy({name})")
            )
            lines += [f"{other} = {made}", f"{other}.append('aliased')"]
            if author.chance():
                lines.append(f"{name}.append({author.again('text', scope)})")
            scope.names[other] = "texts"
            return lines

        def one_of_two() -> Lines:
            """Another name for one of two lists or tables, which is then changed."""
            kind: Kind = author.pick(("texts", "table"))
            (one, lines), (two, more) = held(kind), held(kind)
            test, name = author.again("flag", scope), self.fresh("_chosen")
            choose = author.pick((
                [f"{name} = {one} if {test} else {two}"], [f"if {test}: {name} = {one}", f"else: {name} = {two}"],
                [f"{name} = ({test} and {one}) or {two}"], [f"{name} = {{True: {one}, False: {two}}}[bool({test})]"],
                [f"{name} = [{one}, {two}][int(bool({test}))]"],
                [f"def {name}_of(first, second):", f"    if {test}: return first", "    return second",
                 f"{name} = {name}_of({one}, {two})"],
            ))  # fmt: skip
            item = author.pick((one, two, name))
            change = {"texts": (f"{name}.append('chosen')", f"{name} += ['chosen']", f"{item}.insert(0, 'chosen')",
                                f"{item}.extend(['chosen'])"),
                      "table": (f"{name}['chosen'] = 1", f"{name}.update(chosen=1)", f"{item}.pop('default', None)",
                                f"{name} |= {{'chosen': 1}}")}[kind]  # fmt: skip
            lines += [*more, *choose, author.pick(change)]
            if author.chance():
                result = self.name(kind)
                lines.append(f"{result} = {name}")
                scope.names[result] = kind
            return lines

        def nested_alias() -> Lines:
            name, lines = held("table")
            other = self.name("table")
            lines += [f"{name}['shared'] = {{'n': 1}}", f"{other} = {{'s': {name}['shared']}}"]
            lines += [f"{other}['s']['n'] = {author.again('number', scope)}"]
            scope.names[other] = "table"
            return lines

        def by_function() -> Lines:
            function = self.fresh("change")
            name, lines = held("texts")
            body = author.pick((
                "items.append(extra)\n    return items", "items += [extra]", "items = items + [extra]",
                "if extra in items:\n        return\n    items.insert(0, extra)",
                "for item in list(items):\n        if item == extra:\n            break\n    else:\n        items.append(extra)",
                "items[:] = [item for item in items if item != extra]",
            ))  # fmt: skip
            return [
                f"def {function}(items, extra='e'):", *("    " + line for line in body.split("\n    ")), *lines,
                f"{function}({name}, {author.again('text', scope)})",
            ]  # fmt: skip

        return [of_list, of_table, alias, one_of_two, nested_alias, by_function]

    def _body(self, scope: Scope, depth: int) -> Lines:
        """Statements that are perhaps not run: what they set is not sure afterwards."""
        inner = Scope(dict(scope.names), scope.readers, scope.helpers)
        lines = self.several(inner, 1, 2, depth + 1)
        # A name that is set to something else there has a kind of its own name, always the same; one that is deleted
        # there is perhaps gone.
        for name in [name for name in scope.names if name not in inner.names]:
            del scope.names[name]
        return ["    " + line for line in lines]

    def _flow(self, scope: Scope, depth: int) -> list[Callable[[], Lines]]:
        author = self._author
        if depth > 1:
            return [lambda: self._plain(scope)]

        def condition() -> Lines:
            test = author.again("flag", scope)
            lines = [f"if {test}:", *self._body(scope, depth)]
            if author.chance():
                lines += [f"elif {author.again('flag', scope)}:", *self._body(scope, depth)]
            if author.chance():
                lines += ["else:", *self._body(scope, depth)]
            return lines

        def missing() -> Lines:
            module = author.pick((".local_settings", ".local_settings", "not_installed_package"))
            what = author.pick(("*", "*", "SOMETHING"))
            error = author.pick(("ImportError", "ModuleNotFoundError", "Exception", "(ImportError, KeyError)"))
            return ["try:", *self._maybe(scope, depth), f"    from {module} import {what}", f"except {error}:",
                    *self._body(scope, depth)] if depth == 0 else self._plain(scope)  # fmt: skip

        def needed() -> Lines:
            name = self.name("text")
            variable = author.pick((*TEXTS, *NUMBERS))
            after = author.pick(([], ["else:", *self._body(scope, depth)], ["finally:", *self._body(scope, depth)]))
            scope.names[name] = "text"
            return [
                "try:",
                f"    {name} = os.environ['{variable}']",
                "except KeyError:",
                f"    {name} = 'unset'",
                *after,
            ]

        def number() -> Lines:
            name = self.name("number")
            first, other = author.pick((*NUMBERS, "APP_ENV")), author.of(name, scope)
            scope.names[name] = "number"
            return ["try:", f"    {name} = int(os.environ.get('{first}', '{author.pick(('1', 'x'))}'))",
                    f"except {author.pick(('ValueError', '(TypeError, ValueError)', 'Exception'))}:",
                    f"    {name} = {other}"]  # fmt: skip

        def loop() -> Lines:
            over = author.pick((author.again("texts", scope), "('a', 'b', 'c')", "range(3)"))
            lines = [f"for item in {over}:"]
            lines += [f"    if {author.again('flag', scope)} and item == 'b': {author.pick(('break', 'continue'))}"]
            lines += self._body(scope, depth)
            if author.chance():
                lines += ["else:", *self._body(scope, depth)]
            return lines

        def collected() -> Lines:
            name = self.name("texts")
            over = author.again("texts", scope)
            scope.names[name] = "texts"
            return [
                f"{name} = []",
                f"for item in {over}:",
                f"    if item not in {name}:",
                f"        {name}.append(item)",
            ]

        def named() -> Lines:
            """A loop over names of settings."""
            first, second = self.name("flag"), self.name("flag")
            given = author.again("flag", scope)
            scope.names.update({first: "flag", second: "flag"})
            write = author.pick(("globals()[key] = value", "setattr(sys.modules[__name__], key, value)"))
            return [f"for key, value in {{'{first}': {given}, '{second}': False}}.items():", f"    {write}"]

        def counted() -> Lines:
            name = self.name("number")
            scope.names[name] = "number"
            limit = author.pick(
                ("3", "len(os.environ.get('HOSTS', 'ab').split(','))", author.again("number", scope) + " % 5")
            )
            return [f"{name} = 0", f"while {name} < {limit}:", f"    {name} += 1"]

        def chosen() -> Lines:
            name = self.name("text")
            scope.names[name] = "text"
            return [f"match os.environ.get('APP_ENV', '{author.pick(('production', 'x'))}'):", "    case 'production':",
                    f"        {name} = 'p'", "    case 'staging' | 'shop':", f"        {name} = 's'", "    case _:",
                    f"        {name} = {author.of(name, scope)}"]  # fmt: skip

        return [condition, condition, missing, needed, number, loop, collected, named, counted, chosen]

    def _maybe(self, scope: Scope, depth: int) -> Lines:
        return self._body(scope, depth) if self._author.chance() else []

    def _outer(self, scope: Scope, depth: int) -> list[Callable[[], Lines]]:
        """Definitions and what they do to the module."""
        author = self._author

        def early() -> Lines:
            function, name = self.fresh("computed"), self.name()
            kind = KIND_OF[name]
            first, second, test = author.again(kind, scope), author.again(kind, scope), author.again("flag", scope)
            loop = author.pick(
                ([], ["    for part in ('a', 'b'):", f"        if {author.again('flag', scope)}: return {_ONE[kind]}"])
            )
            scope.names[name] = kind
            return [f"def {function}(default=None):", f"    if {test}:", f"        return {first}", *loop,
                    f"    return {second}", f"{name} = {function}()"]  # fmt: skip

        def writer() -> Lines:
            function, name = self.fresh("write"), self.name()
            given = author.of(name, scope)
            test = author.again("flag", scope)
            lines = [f"{name} = {author.of(name, scope)}"]
            lines += [f"def {function}(on):", f"    global {name}", "    if not on:", "        return False"]
            lines += [f"    {name} = {given}", "    return True"]
            call = author.pick((f"{function}({test})", f"{self.name('flag')} = {function}({test})",
                                f"if {function}({test}): pass"))  # fmt: skip
            scope.names[name] = KIND_OF[name]
            return [*lines, call]

        def decorated() -> Lines:
            function, name = self.fresh("guarded"), self.name("text")
            scope.names[name] = "text"
            if not scope.helpers:
                return [f"{name} = 'plain'"]
            return ["@only_production", f"def {function}(value):", "    return value + '!'",
                    f"{name} = {function}({author.again('text', scope)}) or 'none'"]  # fmt: skip

        def closure() -> Lines:
            function, name = self.fresh("make"), self.name("text")
            scope.names[name] = "text"
            return [f"def {function}(prefix):", "    def inner(key, default=''):", "        return os.environ.get(prefix + key, default)",
                    "    return inner", f"{name} = {function}('{author.pick(('SITE_', 'APP_'))}')('{author.pick(('NAME', 'ENV'))}', 'd')"]  # fmt: skip

        def in_class() -> Lines:
            cls, name = self.fresh("Part"), self.name()
            kind = KIND_OF[name]
            given = author.of(name, scope)
            way = author.pick(("plain", "property", "instance", "inherited", "method"))
            scope.names[name] = kind
            lines = {
                "plain": [f"class {cls}:", f"    value = {given}", f"{name} = {cls}.value"],
                "property": [f"class {cls}:", "    @property", "    def value(self):", f"        return {given}", f"{name} = {cls}().value"],
                "instance": [f"class {cls}:", "    def __init__(self, value):", "        self.value = value", f"{name} = {cls}({given}).value"],
                "inherited": [f"class {cls}:", "    value = None", "    other = 1", f"class {cls}Child({cls}):", f"    value = {given}",
                              f"{name} = getattr({cls}Child, 'value', None)"],
                "method": [f"class {cls}:", "    held = None", "    def set(self, value):", "        self.held = value", "        return self",
                           f"{name} = {cls}().set({given}).held"],
            }  # fmt: skip
            return lines[way]

        def loader() -> Lines:
            cls, name = self.fresh("Live"), self.name()
            given, other = author.of(name, scope), self.name("number")
            lines = [f"class {cls}Base:", f"    {other} = 3", f"class {cls}({cls}Base):", f"    {name} = {given}"]
            scope.names.update({name: KIND_OF[name], other: "number"} if name != other else {name: "number"})
            load = author.pick((
                [f"for key in dir({cls}):", "    if key.isupper():", f"        globals()[key] = getattr({cls}, key)"],
                [f"for key in [k for k in dir({cls}) if k.isupper()]:", f"    setattr(sys.modules[__name__], key, getattr({cls}, key))"],
                [f"globals().update({{k: v for k, v in vars({cls}).items() if k.isupper()}})", f"{other} = {cls}.{other}"],
                ["import inspect", f"for key, value in inspect.getmembers({cls}):", "    if key.isupper():", "        globals()[key] = value"],
                [f"vars().update((k, getattr({cls}, k)) for k in dir({cls}) if not k.startswith('_'))"],
            ))  # fmt: skip
            return [*lines, *load]

        def written_environment() -> Lines:
            variable, name = author.pick((*TEXTS, *FLAGS)), self.name("text")
            write = author.pick((f"os.environ.setdefault('{variable}', 'set')", f"os.environ['{variable}'] = 'True'",
                                 f"os.environ.update({variable}='1')", f"os.environ.pop('{variable}', None)"))  # fmt: skip
            scope.names[name] = "text"
            return [write, f"{name} = os.environ.get('{variable}', 'gone')"]

        def prefixed() -> Lines:
            name = self.name("table")
            scope.names[name] = "table"
            prefix = author.pick(("DJANGO_", "S", ""))
            return [
                f"{name} = {{key: value for key, value in os.environ.items() if key.startswith('{prefix or 'H'}')}}"
            ]

        def address() -> Lines:
            name = self.name("text")
            scope.names[name] = "text"
            return [
                "from urllib.parse import urlparse",
                f"{name} = urlparse(os.environ.get('{URLS[0]}', 'http://u.example/p')).{author.pick(('scheme', 'path', 'netloc'))}",
            ]

        def library() -> Lines:
            """What Django itself gives."""
            name, flag = self.name("texts"), self.name("flag")
            test = author.again("flag", scope)
            scope.names.update({name: "texts", flag: "flag"})
            return author.pick((
                ["from django.conf import global_settings", f"{flag} = {test}",
                 f"{name} = list(global_settings.{name if name != 'SILENCED_SYSTEM_CHECKS' else 'MIDDLEWARE'}) + ['own']"],
                ["import django", f"{flag} = django.VERSION >= (5, 0)", f"{name} = ['v'] if {flag} else ['w']"],
                ["try:", "    from django.utils.csp import CSP", f"    {name} = [CSP.SELF, CSP.NONCE]", f"    {flag} = True",
                 "except ImportError:", f"    {name} = ['none']", f"    {flag} = {test}"],
                ["from django.contrib.messages import constants", f"{flag} = {test}", f"{name} = ['m']",
                 "MESSAGE_TAGS = {constants.INFO: 'info', 50: 'x'}"],
                ["import logging.config", "logging.config.dictConfig({'version': 1})", f"{flag} = {test}", f"{name} = []"],
                ["from django.core.management.utils import get_random_secret_key",
                 "SECRET = os.environ.get('SITE_NAME') or get_random_secret_key()", f"{flag} = {test}", f"{name} = ['k']"],
            ))  # fmt: skip

        def modelled() -> Lines:
            cls, name = self.fresh("Kinds"), self.name("text")
            scope.names[name] = "text"
            given = author.again("text", scope)
            way = author.pick(("enum", "data", "named", "space"))
            return {
                "enum": ["from enum import Enum", f"class {cls}(str, Enum):", "    LIVE = 'live'", "    TEST = 'test'",
                         f"{name} = {cls}(os.environ.get('KIND', 'live')).value"],
                "data": ["from dataclasses import dataclass", "@dataclass(frozen=True)", f"class {cls}:", "    first: str",
                         "    second: str = 's'", f"{name} = {cls}({given}).{author.pick(('first', 'second'))}"],
                "named": ["from collections import namedtuple", f"{cls} = namedtuple('{cls}', 'a b')", f"{name} = {cls}({given}, 'b').a"],
                "space": ["from types import SimpleNamespace", f"{name} = SimpleNamespace(a={given}, b=1).a"],
            }[way]  # fmt: skip

        def iterated() -> Lines:
            """What gives its items once."""
            held, one, two = self.fresh("_items"), self.name("texts"), self.name("texts")
            of = author.again("texts", scope)
            scope.names.update({one: "texts", two: "texts"})
            made = author.pick((f"(item for item in {of})", f"map(str, {of})", f"filter(None, {of})", f"reversed(list({of}))",
                                f"dict.fromkeys({of}).keys()", f"iter({of})"))  # fmt: skip
            return [f"{held} = {made}", f"{one} = list({held})", f"{two} = [*{held}]"]

        def lazy() -> Lines:
            function, name = self.fresh("lazily"), self.name("texts")
            scope.names[name] = "texts"
            of = author.again("texts", scope)
            made = author.pick(
                (f"(item for item in {of})", f"map(str.strip, {of})", f"filter(None, {of})", f"zip({of})")
            )
            return [
                f"def {function}():",
                f"    return {made}",
                f"EXTRA = {made}",
                f"{name} = [str(item) for item in {function}()]",
            ]

        def split() -> Lines:
            name = self.name("texts")
            scope.names[name] = "texts"
            return [
                f"raw = os.environ.get('{author.pick(LISTS)}')",
                f"{name} = raw.split(',') if raw else {author.again('texts', scope)}",
            ]

        return [early, writer, decorated, closure, in_class, loader, written_environment, prefixed, address, split,
                iterated, lazy, library, modelled]  # fmt: skip
