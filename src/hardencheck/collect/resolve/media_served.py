"""What a proxy does with uploads that it answers from the disk: response fields, and scripts that it would run."""

import re
from collections.abc import Iterable, Iterator

from hardencheck.collect.contract import Found, Resolver, Tree
from hardencheck.collect.live._csp import NONE, parse_policy
from hardencheck.collect.resolve import _apache, _nginx
from hardencheck.collect.resolve._held import Held
from hardencheck.collect.resolve._proxies import routes, troubles
from hardencheck.collect.resolve._routes import Change, Route
from hardencheck.lazily import compiled
from hardencheck.model.facts import Scalar
from hardencheck.model.facts.storage import ServedMedia, StoredPlace, UploadHandler
from hardencheck.model.gap import FactSet, Gap
from hardencheck.model.location import Location

_WORDS = compiled(
    r"(?:^|/)(?:media|uploads?|uploaded|attachments?|avatars|user[-_]?(?:files|content|media|uploads))(?:/|$)"
)
_SCRIPTS = compiled(r"\\?\.\(?[^/]{0,60}\b(?:php\d?|phtml|py|pl|cgi|rb|fcgi|sh|asp|jsp)\b")
_PASSES = frozenset({"fastcgi_pass", "uwsgi_pass", "scgi_pass"})
_HANDLERS = compiled(
    r"cgi-script|server-parsed|.*php.*|proxy:(?:unix:[^|]*\||)(?:fcgi|uwsgi|scgi)://.*|fcgid-script|wsgi-script"
)


class MediaServed(Resolver):
    """Uploads are known by where Django keeps them, else by the words of the path or folder."""

    name = "uploads.media-served"
    after = ("uploads.places",)
    emits = (ServedMedia, UploadHandler)

    def resolve(self, facts: FactSet, tree: Tree) -> Iterable[Found]:
        folders = [
            fact.place.strip("/")
            for fact in facts.facts
            if isinstance(fact, StoredPlace) and fact.setting == "MEDIA_ROOT" and fact.place not in {"", ".", "/"}
        ]
        seen: set[Location] = set()
        for route in routes(facts, tree):
            if route.role == "production" and route.serves and route.where not in seen:
                if holds_uploads(route.serves, folders) or _WORDS.search(_plain(route.path)):
                    seen.add(route.where)
                    yield from self._served(route)
        yield from _nginx_scripts(facts, folders)
        yield from _apache_scripts(facts, folders)
        for gap in troubles(facts):
            yield Gap(
                kinds=self.kinds(), collector=self.name, reason=gap.reason, detail=gap.detail, location=gap.location
            )

    def _served(self, route: Route) -> Iterator[Found]:
        if route.header_doubts:
            doubt = route.header_doubts[0]
            about: dict[str, Scalar] = {"product": route.product}
            yield Gap(
                kinds=(ServedMedia.kind(),),
                collector=self.name,
                reason=doubt.reason,
                detail=doubt.text,
                location=doubt.where,
                about=about,
            )
            return
        sent = list(_sent(route))
        yield ServedMedia(
            location=route.where,
            product=route.product,
            route=route.name,
            nosniff=any(
                one.name.lower() == "x-content-type-options" and (one.value is None or one.value.lower() == "nosniff")
                for one in sent
            ),
            confined=any(map(_confines, sent)),
            internal=route.internal,
        )


def _sent(route: Route) -> Iterator[Change]:
    """The fields of a file that is sent with 200."""
    for change in route.headers:
        if change.does in {"set", "add", "default"} and (change.statuses is None or 200 in change.statuses):
            yield change


def _confines(change: Change) -> bool:
    """Whether a browser saves the file, or shows it without running what is in it. A value that is not known may."""
    name, value = change.name.lower(), change.value
    if name == "content-disposition":
        return value is None or value.strip().lower().startswith("attachment")
    if name == "content-security-policy":
        return value is None or any(map(_runs_nothing, value.split(",")))
    return False


def _runs_nothing(text: str) -> bool:
    """Whether a page of somebody else's runs no script under a policy."""
    policy = parse_policy(text)
    if "sandbox" in policy.directives and "allow-scripts" not in policy.directives["sandbox"]:
        return True
    return policy.effective("script-src", "default-src") == (NONE,)


def holds_uploads(folder: str, known: list[str]) -> bool:
    """Whether a folder is one of uploads, is in one, or has one in it."""
    plain = folder.strip("/")
    return _WORDS.search(plain) is not None or any(
        f"/{plain}/".endswith(f"/{place}/") or f"/{place}/".startswith(f"/{plain}/") for place in known if plain
    )


def _plain(path: str) -> str:
    """`~ ^/media/(.*)$` without what makes it an expression."""
    return re.sub(r"^(?:~\*?|\^~|=)\s*|[\^$]|\(.*", "", path)


def _nginx_scripts(facts: FactSet, folders: list[str]) -> Iterator[UploadHandler]:
    seen: set[Location] = set()
    for place in _nginx.places(facts):
        handler = next((held for held in place.levels[-1] if held.directive.name in _PASSES), None)
        if handler is None or not place.name.startswith("location ~") or place.where in seen:
            continue
        folder = _folder(place.levels)
        named = _WORDS.search(_plain(place.name.removeprefix("location "))) is not None
        if _SCRIPTS.search(place.name) and (named or holds_uploads(folder, folders)):
            seen.add(place.where)
            yield UploadHandler(
                location=handler.location,
                product="nginx",
                route=place.name,
                handler=handler.directive.name,
                folder=folder,
            )


def _folder(levels: tuple[tuple[Held, ...], ...]) -> str:
    """The folder that holds innermost; `alias` of the location around a nested one says where its files are, too."""
    for level in reversed(levels):
        for held in level:
            if held.directive.name in {"alias", "root"} and held.directive.args:
                return held.directive.args[0]
    return ""


def _apache_scripts(facts: FactSet, folders: list[str]) -> Iterator[UploadHandler]:
    seen: set[Location] = set()
    for site in _apache.sites(facts):
        for section in site.sections:
            if section.kind not in {"<directory", "<directorymatch", "<location", "<locationmatch"}:
                continue
            if not holds_uploads(_plain(section.matches), folders):
                continue
            found = _runs(section.content)
            if found is not None and found.location not in seen:
                seen.add(found.location)
                yield UploadHandler(
                    location=found.location,
                    product="apache",
                    route=section.name,
                    handler=" ".join((found.name, *found.args))[:80],
                    folder=section.matches,
                )
        for held in site.own:
            if held.name in {"scriptalias", "scriptaliasmatch"} and held.args and held.location not in seen:
                if holds_uploads(held.args[-1], folders):
                    seen.add(held.location)
                    yield UploadHandler(
                        location=held.location, product="apache", route=held.args[0], handler=held.name,
                        folder=held.args[-1],
                    )  # fmt: skip


def _runs(content: Iterable[Held]) -> Held | None:
    """The directive that lets scripts run: the option first, the handler without it."""
    options: Held | None = None
    handler: Held | None = None
    for held in content:
        words = [word.lower() for word in held.args]
        if held.name == "options" and {"execcgi", "+execcgi"} & set(words):
            options = held
        elif held.name in {"addhandler", "sethandler"} and words and _HANDLERS.fullmatch(words[0]):
            handler = held
    return options or handler
