"""Writes whole settings packages: files that import, include or load each other."""

import json
from collections.abc import Callable, Mapping
from typing import NamedTuple

from hypothesis import strategies as st

from tests.oracle.author import HELPERS, IMPORTS, KIND_OF, READERS, SETTINGS, TEXTS, VALUES, Author, Draw, Scope
from tests.oracle.statements import Statements


class Package(NamedTuple):
    """files: path -> text. module: what DJANGO_SETTINGS_MODULE says; configuration: DJANGO_CONFIGURATION.
    environments: one after another, the first one empty."""

    files: dict[str, str]
    module: str
    path: str
    environments: tuple[dict[str, str], ...]
    configuration: str = ""

    def __repr__(self) -> str:
        shown = "\n".join(f"--- {path}\n{text}" for path, text in self.files.items())
        return f"{self.module} {self.configuration} {self.environments}\n{shown}"


class Writer:
    def __init__(self, draw: Draw) -> None:
        self.author = Author(draw)
        self.statements = Statements(self.author)

    def scope(self) -> Scope:
        readers = tuple(READERS) if self.author.chance() else tuple(self.author.some(tuple(READERS), 0, 2))
        return Scope({}, readers, self.author.chance())

    def head(self, scope: Scope, up: int = 2) -> str:
        readers = "".join(READERS[name] for name in scope.readers)
        base = f"\nBASE_DIR = Path(__file__).resolve(){'.parent' * up}\n"
        return IMPORTS + readers + base + (f"\n\n{HELPERS}" if scope.helpers else "") + "\n"

    def body(self, scope: Scope, least: int = 1, most: int = 6) -> str:
        return "\n".join(self.statements.several(scope, least, most)) + "\n"

    def file(self, scope: Scope, least: int = 1, most: int = 6, up: int = 2) -> str:
        return self.head(scope, up) + self.body(scope, least, most)

    def other(self, scope: Scope) -> Scope:
        """For another file that knows the names of the first one."""
        return Scope(dict(scope.names), self.scope().readers, scope.helpers)

    # Styles

    def single(self) -> tuple[dict[str, str], str]:
        return {"shop/settings.py": self.file(self.scope(), 2, 10)}, "shop.settings"

    def stars(self) -> tuple[dict[str, str], str]:
        base = self.scope()
        files = {"shop/settings/base.py": self.file(base, 1, 6, up=3)}
        common = self.other(base)
        start = self.author.pick(("from .base import *\n", "from shop.settings.base import *\n"))
        files["shop/settings/production.py"] = self.head(common, 3) + start + self.body(common, 1, 5)
        local = self.author.pick(("", "try:\n    from .local_settings import *\nexcept ImportError:\n    pass\n",
                                  "from .extra import *\n", "from .extra import *\nfrom .base import *\n"))  # fmt: skip
        if "extra" in local:
            files["shop/settings/extra.py"] = self.file(self.scope(), 1, 3, up=3)
            if self.author.chance():
                exported = self.author.some(tuple(KIND_OF), 1, 3)
                files["shop/settings/extra.py"] += f"__all__ = [name for name in {exported} if name in globals()]\n"
        files["shop/settings/production.py"] += local
        files["shop/settings/__init__.py"] = self.author.pick(("", "from .production import *\n"))
        return files, "shop.settings.production" if not files["shop/settings/__init__.py"] else "shop.settings"

    def attributes(self) -> tuple[dict[str, str], str]:
        """`from . import base`, `base.X`, changes of what is there."""
        base = self.scope()
        files = {"shop/__init__.py": "", "shop/base.py": self.file(base, 2, 6)}
        mine = Scope({}, (), base.helpers)
        text = self.head(mine) + self.author.pick(
            ("from . import base\n", "import shop.base as base\n", "from shop import base\n")
        )
        for name, kind in list(base.names.items()):
            way = self.author.pick((
                f"{name} = base.{name}", f"{name} = getattr(base, '{name}', None)", f"from .base import {name}",
                f"from .base import {name} as COPIED", f"{name} = copy.copy(base.{name})",
                f"{name} = vars(base)['{name}']", "", f"base.{name} = {self.author.expression(kind, mine)}\n{name} = base.{name}",
                f"if hasattr(base, '{name}'): {name} = base.{name}",
                f"{name} = {name}_ORIGINAL = importlib.import_module('shop.base').{name}",
            ))  # fmt: skip
            text += way + "\n"
            if f"{name} =" in way:
                mine.names[name] = kind
            if kind == "texts" and self.author.chance(3):
                text += f"base.{name} += ('plus',)\n" if self.author.chance() else f"base.{name} = [*base.{name}]\n"
        text += self.author.pick((
            "", "globals().update({k: v for k, v in vars(base).items() if k.isupper()})\n",
            "for key in dir(base):\n    if key.isupper():\n        globals()[key] = getattr(base, key)\n",
            "for key, value in base.__dict__.items():\n    if key.isupper() and key not in globals():\n        globals()[key] = value\n",
        ))  # fmt: skip
        files["shop/settings.py"] = text + self.body(mine, 0, 4)
        return files, "shop.settings"

    def chosen(self) -> tuple[dict[str, str], str]:
        """Which module it is, the environment says."""
        variable = TEXTS[0]
        files = {"shop/__init__.py": "", "shop/conf/__init__.py": ""}
        names: list[dict[str, str]] = []
        for stage in ("production", "staging"):
            scope = self.scope()
            files[f"shop/conf/{stage}.py"] = self.file(scope, 1, 4, up=3)
            names.append(dict(scope.names))
        mine = Scope({}, (), self.author.chance())
        asked = f"os.environ.get('{variable}', 'production')"
        load = self.author.pick((
            f"chosen = importlib.import_module(f\"shop.conf.{{{asked.replace(chr(39), chr(39))}}}\")\n"
            "for key in dir(chosen):\n    if key.isupper():\n        globals()[key] = getattr(chosen, key)\n",
            f"if {asked} == 'production':\n    from shop.conf.production import *\nelse:\n    from shop.conf.staging import *\n",
            "try:\n    chosen = importlib.import_module('shop.conf.' + " + asked + ")\nexcept ImportError:\n"
            "    from shop.conf import staging as chosen\nvars().update({k: v for k, v in vars(chosen).items() if k.isupper()})\n",
            f"chosen = __import__('shop.conf.' + {asked}, fromlist=['*'])\nDEBUG = getattr(chosen, 'DEBUG', 'unset')\n",
        ))  # fmt: skip
        files["shop/settings.py"] = self.head(mine) + load + self.body(mine, 0, 3)
        return files, "shop.settings"

    def split(self) -> tuple[dict[str, str], str]:
        """django-split-settings: parts share one scope."""
        scope = self.scope()
        files = {"shop/settings/__init__.py": ""}
        first = self.file(scope, 1, 3, up=3)
        parts = ("base", "hosts", "logs")
        for part in parts:
            files[f"shop/settings/components/{part}.py"] = self.file(scope, 1, 3, up=3)
        includes = self.author.pick((
            "'components/base.py', 'components/hosts.py', 'components/logs.py'",
            "'components/base.py', optional('local.py'), 'components/[hl]*.py'",
            "'components/base.py', optional('environments/*.py'), 'components/hosts.py', 'components/logs.py'",
            "f\"components/{os.environ.get('PART', 'base')}.py\", 'components/hosts.py', 'components/logs.py'",
        ))  # fmt: skip
        text = f"from split_settings.tools import include, optional\n{first}\ninclude({includes})\n"
        files["shop/settings/__init__.py"] = text + self.body(scope, 0, 2)
        return files, "shop.settings"

    def data(self) -> tuple[dict[str, str], str]:
        """Settings from a file of data beside the module."""
        scope = self.scope()
        given = {
            name: self.author.pick({
                "flag": (True, False), "number": (0, 60, 3600), "text": ("DENY", "", "x"),
                "texts": (["a.example"], [], ["a", "b"]), "table": ({"default": {"k": 1}}, {}),
            }[KIND_OF[name]])
            for name in self.author.some(tuple(KIND_OF), 1, 5)
        }  # fmt: skip
        kind = self.author.pick(("json", "yaml", "toml", "ini"))
        opened = f"open(Path(__file__).parent / 'data.{kind}'{', ' + repr('rb') if kind == 'toml' else ''})"
        use = self.author.pick((
            "vars().update(loaded)\n", "globals().update(loaded)\n",
            "for key, value in loaded.items():\n    globals()[key] = value\n",
            "".join(f"{name} = loaded['{name}']\n" for name in given),
            "".join(f"{name} = loaded.get('{name}', None)\n" for name in given),
            f"DEBUG = loaded.get('DEBUG', {self.author.pick(('True', 'False'))})\n",
        ))  # fmt: skip
        if kind == "ini":
            text = "[shop]\n" + "".join(
                f"{name} = {value}\n" for name, value in given.items() if not isinstance(value, list | dict)
            )
            load = "import configparser\nparser = configparser.ConfigParser()\n"
            load += f"parser.read(Path(__file__).parent / 'data.{kind}')\n"
            use = "".join(
                f"{name} = parser.get{part}('shop', '{name}', fallback={fallback})\n"
                for name in given
                for part, fallback in [
                    {"flag": ("boolean", "False"), "number": ("int", "5")}.get(KIND_OF[name], ("", "''"))
                ]
            )
        else:
            text = {"json": json.dumps(given), "yaml": json.dumps(given), "toml": _toml(given)}[kind]
            parse = {"json": "json.load(file)", "yaml": "yaml.safe_load(file)", "toml": "tomllib.load(file)"}[kind]
            load = {"json": "", "yaml": "import yaml\n", "toml": "import tomllib\n"}[kind]
            load += f"with {opened} as file:\n    loaded = {parse}\n"
        scope.names.update({name: KIND_OF[name] for name in given if "vars" in use})
        return {
            "shop/settings.py": self.head(scope) + load + use + self.body(scope, 0, 4),
            f"shop/data.{kind}": text,
        }, "shop.settings"

    def tracked(self) -> tuple[dict[str, str], str]:
        """A .env file or settings.ini of the repository, and who reads it."""
        scope = Scope({}, tuple(READERS), self.author.chance())
        held = {name: self.author.pick(values).strip() for name, values in VALUES.items() if self.author.chance()}
        lines = "".join(f"{name}={value}\n" for name, value in held.items())
        read = self.author.pick((
            "django_environ.Env.read_env(BASE_DIR / '.env')\n", "env.read_env(str(BASE_DIR / '.env'))\n",
            "env.read_env(os.path.join(BASE_DIR, '.env'), overwrite=True)\n",
            "from dotenv import load_dotenv\nload_dotenv(BASE_DIR / '.env')\n",
            "from dotenv import load_dotenv\nload_dotenv(BASE_DIR / '.env', override=True)\n",
            "from dotenv import dotenv_values\nCACHES = dict(dotenv_values(BASE_DIR / '.env'))\n",
            "reader.read_env(BASE_DIR / '.env')\n", "",
        ))  # fmt: skip
        files = {"shop/settings.py": self.head(scope) + read + self.body(scope, 2, 8)}
        if self.author.chance(3):
            files["settings.ini"] = f"[settings]\n{lines}"
        else:
            files[".env"] = self.author.pick(("", "# comment\n", "export EXTRA='quoted value'\n")) + lines
        return files, "shop.settings"

    def pydantic(self) -> tuple[dict[str, str], str]:
        scope = self.scope()
        prefix = self.author.pick(("", "DJANGO_"))
        text = self.head(scope) + "from pydantic_settings import BaseSettings, SettingsConfigDict\n\n\n"
        text += f"class Live(BaseSettings):\n    model_config = SettingsConfigDict(env_prefix='{prefix}'{self.author.pick(('', ', env_file=str(BASE_DIR / chr(46)) + chr(46) + chr(101)'))})\n"
        text += "    debug: bool = False\n    hsts_seconds: int = 60\n    app_env: str = 'production'\n"
        text += "    hosts_json: list[str] = ['a.example']\n    use_tls: bool = True\n    site_name: str | None = None\n\n\nlive = Live()\n"
        given = {"debug": "flag", "hsts_seconds": "number", "app_env": "text", "hosts_json": "texts", "use_tls": "flag"}
        for field in self.author.some(tuple(given), 1, 4):
            name = self.author.pick(SETTINGS[given[field]])  # type: ignore[index]
            text += f"{name} = live.{field}\n"
            scope.names[name] = KIND_OF[name]
        return {"shop/settings.py": text + self.body(scope, 0, 4)}, "shop.settings"

    def classes(self) -> tuple[dict[str, str], str]:
        """django-configurations: the class that DJANGO_CONFIGURATION names."""
        scope = Scope({}, (), self.author.chance())
        text = self.head(scope) + "from configurations import Configuration, values\n\n\n"

        def value(name: str) -> str:
            kind = KIND_OF[name]
            default = self.author.pick(
                ("", "environ_name='APP_VALUE', ", "environ_prefix=None, ", "environ_prefix='SHOP', ")
            )
            ways: dict[str, tuple[str, ...]] = {
                "flag": (f"values.BooleanValue({self.author.pick(('True', 'False'))}, {default})",),
                "number": (f"values.IntegerValue({self.author.number(0, 99)}, {default})",
                           f"values.PositiveIntegerValue({self.author.number(0, 99)}, {default})"),
                "text": (f"values.Value('v', {default})", f"values.Value({default})"),
                "texts": (f"values.ListValue(['v', 'w'], {default})", f"values.ListValue({default})",
                          f"values.TupleValue(('t',), {default})", f"values.ListValue(['a'], separator=';', {default})"),
                "table": ("values.DatabaseURLValue('sqlite:///d.db')", f"values.DictValue({{'a': 'b'}}, {default})"),
            }  # fmt: skip
            return self.author.pick((self.author.of(name, scope), *ways[kind], *ways[kind]))

        def body() -> str:
            lines = ""
            for _ in range(self.author.number(1, 5)):
                name = self.statements.name()
                way = self.author.pick((
                    f"    {name} = {value(name)}\n", f"    {name} = {value(name)}\n",
                    f"    @property\n    def {name}(self):\n        return {self.author.of(name, scope)}\n",
                    f"    @property\n    def {name}(self):\n        return getattr(self, '{self.statements.name(KIND_OF[name])}', None)\n"
                    if KIND_OF[name] in {"text", "number"} else f"    {name} = {self.author.of(name, scope)}\n",
                    f"    @classmethod\n    def post_setup(cls):\n        super().post_setup()\n        cls.{name} = {self.author.of(name, scope)}\n",
                    f"    @classmethod\n    def setup(cls):\n        super().setup()\n        cls.{name} = {self.author.of(name, scope)}\n",
                ))  # fmt: skip
                lines += way
            return lines

        mixin = self.author.pick(("", "Hardened", "Local"))
        if mixin:
            text += f"class {mixin}:\n{body()}\n\n"
        text += f"class Base(Configuration):\n{body()}\n\n"
        bases = self.author.pick(("Base", f"{mixin}, Base", f"Base, {mixin}")) if mixin else "Base"
        text += f"class Production({bases}):\n{body()}\n"
        changed = self.statements.name("texts")
        text += self.author.pick((
            "", f"    {changed} = list(getattr(Base, '{changed}', None) or []) + ['more']\n",
            f"    @property\n    def {changed}(self):\n        return list(super().{changed}) + ['more']\n",
        ))  # fmt: skip
        return {"shop/settings.py": text}, "shop.settings"


def _toml(given: Mapping[str, object]) -> str:
    lines, tables = "", ""
    for name, value in given.items():
        if isinstance(value, dict):
            tables += f"[{name}]\n" + "".join(f"[{name}.{key}]\n" + "".join(f"{k} = {json.dumps(v)}\n" for k, v in inner.items())
                                              for key, inner in value.items())  # fmt: skip
        else:
            lines += f"{name} = {json.dumps(value)}\n"
    return lines + tables


STYLES: tuple[str, ...] = ("single", "stars", "attributes", "chosen", "split", "data", "tracked", "pydantic", "classes")


@st.composite
def packages(draw: Draw, style: str) -> Package:
    writer = Writer(draw)
    write: Callable[[], tuple[dict[str, str], str]] = getattr(writer, style)
    files, module = write()
    environments = tuple(_environment(writer, style) for _ in range(2))
    stem = module.replace(".", "/")
    path = f"{stem}.py" if f"{stem}.py" in files else f"{stem}/__init__.py"
    return Package(files, module, path, ({}, *environments), "Production" if style == "classes" else "")


def _environment(writer: Writer, style: str) -> dict[str, str]:
    """Of django-configurations, the names are those of the settings."""
    found = writer.author.environment()
    if style == "classes":
        given = {"flag": ("True", "no"), "number": ("0", "9"), "text": ("t", ""), "texts": ("a,b", ""), "table": ()}
        for prefix in ("DJANGO_", "SHOP_", ""):
            for name in writer.author.some(tuple(KIND_OF), 0, 3):
                if given[KIND_OF[name]]:
                    found[prefix + name] = writer.author.pick(given[KIND_OF[name]])
    return found
