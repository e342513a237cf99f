"""Django: the value each setting has in production, and what it means for keys, cookies, middleware and CORS."""

from collections.abc import Iterable, Iterator

from hardencheck.collect.contract import Found, Resolver, Tree
from hardencheck.collect.extract._security_names import SECURITY
from hardencheck.collect.interpret.values import Library, depending, lifted
from hardencheck.collect.resolve._cookies import Flag, declared
from hardencheck.collect.resolve._django import (
    DEFAULTS,
    JUDGED_IF_SET,
    OTHER_MIDDLEWARE,
    OTHERS,
    OWN_MIDDLEWARE,
    Project,
    absent,
    called_like,
    has_middleware,
    middleware,
    possible,
    projects,
    setting,
    usual,
)
from hardencheck.collect.resolve._follow import Files
from hardencheck.collect.resolve._modules import value_of
from hardencheck.collect.resolve._rows import row
from hardencheck.collect.resolve._setting import Setting, why_unknown, worth
from hardencheck.collect.resolve._versions import NEWEST
from hardencheck.model.facts import Scalar
from hardencheck.model.facts.declared import COOKIE_ATTRIBUTES, DeclaredCookie, DeclaredCookieName
from hardencheck.model.facts.settings import (
    CorsPolicy,
    DjangoMiddleware,
    Expression,
    FrameworkSetting,
    ProductionDefault,
    SecretKey,
    SettingsChoice,
)
from hardencheck.model.gap import FactSet, Gap, Reason
from hardencheck.model.location import Location

_FLAGS = frozenset({"DEBUG"})
_COOKIE = {"secure": "SECURE", "http_only": "HTTPONLY", "same_site": "SAMESITE", "name": "NAME"}
_TABLES = frozenset({"SECURE_CSP"})  # whose default is an empty dict
_SKIPPED = frozenset({"MIDDLEWARE"})


class DjangoSettings(Resolver):
    """Settings, secret key, middleware, cookies and CORS policy of every Django project."""

    name = "django.settings"
    emits = (
        SettingsChoice,
        FrameworkSetting,
        ProductionDefault,
        SecretKey,
        DjangoMiddleware,
        DeclaredCookie,
        DeclaredCookieName,
        CorsPolicy,
    )

    def resolve(self, facts: FactSet, tree: Tree) -> Iterable[Found]:
        found, troubles = projects(facts, tree)
        for text in troubles:
            yield Gap(kinds=self.kinds(), collector=self.name, reason=Reason.DYNAMIC, detail=text)
        for project in found:
            yield SettingsChoice(
                location=project.location,
                framework="django",
                application=project.application,
                why=project.choice.why,
                places=project.choice.places,
            )
            yield from self._settings(project)
            yield from self._rows(project)
            yield from self._key(project)
            yield from self._middleware(project, tree)
            yield from self._cookies(project)
            yield from self._cors(project)

    def _gap(self, kind: str, held: Setting, name: str, about: dict[str, Scalar]) -> Gap:
        return Gap(
            kinds=(kind,),
            collector=self.name,
            reason=held.reason,
            detail=f"{name} is {held.text}",
            location=held.location,
            about=about,
        )

    def _settings(self, project: Project) -> Iterator[Found]:
        for name in DEFAULTS:
            if name in _SKIPPED:
                continue
            bound = project.bound(name)
            if bound is not None and bound.expression.what == "environment-text" and name in _FLAGS:
                # Unset it is a text that is not empty, and so is every value but the empty one.
                text = value_of(bound.expression)
                held = Setting(True, text, "environment", bound.location, depends=bound.depends)
                yield self._fact(project, name, held)
                continue
            held = possible(project, name)
            if held.known:
                yield self._fact(project, name, held)
            else:
                about: dict[str, Scalar] = {"framework": "django", "application": project.application, "name": name}
                yield self._gap("framework.setting", held, name, about)

        for name, without in JUDGED_IF_SET.items():
            bound = project.bound(name)
            if bound is not None:
                yield from self._one(project, name, worth(bound, True, without))

    def _one(self, project: Project, name: str, held: Setting) -> Iterator[Found]:
        if held.known:
            yield self._fact(project, name, held)
        else:
            about: dict[str, Scalar] = {"framework": "django", "application": project.application, "name": name}
            yield self._gap("framework.setting", held, name, about)

    def _fact(self, project: Project, name: str, held: Setting) -> FrameworkSetting:
        return FrameworkSetting(
            location=held.location,
            framework="django",
            application=project.application,
            name=name,
            value=held.value,
            on=bool(held.value),
            source=held.source,
            depends_on=tuple(sorted(held.depends)),
            others=held.others,
        )

    def _rows(self, project: Project) -> Iterator[Found]:
        """What the production defaults say of each setting, set or not."""
        versions = project.version
        at = ".".join(map(str, versions)) if versions is not None and versions != NEWEST else ""
        for name in sorted({*DEFAULTS, *(SECURITY & project.namespace.keys())}):
            if name not in DEFAULTS and project.written.binding(name) is None:
                continue  # an app sets it at the start, and no settings module
            known, value = usual(name, versions) if name in DEFAULTS else (name in OTHERS, OTHERS.get(name))
            written = lifted(list(value) if isinstance(value, tuple) else {} if name in _TABLES else value)
            if absent(name, versions):
                written = Library(dotted="")  # nothing: it has no such setting
            yield row(
                "django",
                project.application,
                name,
                project.written.binding(name),
                default=depending(written, project.unless(name)) if known else None,
                version=at,
                here=project.location,
                variables=project.followed.variables,
            )

    def _key(self, project: Project) -> Iterator[Found]:
        about: dict[str, Scalar] = {"framework": "django", "application": project.application, "name": "SECRET_KEY"}
        bound = project.bound("SECRET_KEY")
        if bound is None:
            # Django does not start without a key, so it comes from where nobody looked.
            text = f"SECRET_KEY is not set in {project.path} nor in what it imports"
            yield Gap(
                kinds=("framework.secret-key",),
                collector=self.name,
                reason=Reason.DYNAMIC,
                detail=text,
                location=project.location,
                about=dict(about),
            )
            return
        fact = secret_key("django", project.application, "SECRET_KEY", bound.expression, bound.location)
        if fact is None:
            held = Setting(False, None, "literal", bound.location, bound.reason, why_unknown(bound))
            yield self._gap("framework.secret-key", held, "SECRET_KEY", about)
        else:
            yield fact

    def _middleware(self, project: Project, tree: Tree) -> Iterator[Found]:
        _, _, _, where = middleware(project)
        data = Files(tree).text(project.path)
        own = data.decode("utf-8", "replace").splitlines() if data else []
        for name, dotted in (*OWN_MIDDLEWARE.items(), ("cors", OTHER_MIDDLEWARE["cors"])):
            present = has_middleware(project, dotted)
            if present is None:
                bound = project.bound("MIDDLEWARE")
                other = called_like(project, dotted)
                text = why_unknown(bound) if bound is not None else "computed"
                if other:
                    text = f"{other} is not in the repository and may be one"
                held = Setting(False, None, "literal", where, Reason.NOT_LITERAL, text)
                yield self._gap(
                    "django.middleware", held, "MIDDLEWARE", {"application": project.application, "name": name}
                )
            else:
                # Where the module takes it out again, that line is to blame, and not the one of the list.
                gone = () if present else (at for at, line in enumerate(own, 1) if _takes_out(line, dotted))
                line = next(iter(gone), None)
                place = Location(path=project.path, line=line) if line is not None else where
                yield DjangoMiddleware(location=place, application=project.application, name=name, present=present)

    def _cookies(self, project: Project) -> Iterator[Found]:
        for role, prefix in (("session", "SESSION_COOKIE"), ("csrf", "CSRF_COOKIE")):
            names = [f"{prefix}_{part}" for part in _COOKIE.values()]
            present = has_middleware(project, OWN_MIDDLEWARE[role])
            written = any(project.bound(name) is not None for name in names)
            if present is False and not written:
                continue  # nothing sends this cookie
            if role == "csrf" and (stored := setting(project, "CSRF_USE_SESSIONS")).known and stored.value:
                continue  # the token is kept in the session
            cookie = setting(project, names[-1])
            if cookie.known:
                named = cookie.location if cookie.source == "literal" else project.location
                yield DeclaredCookieName(location=named, role=role, name=str(cookie.value), layer="django")
            else:
                yield self._gap("cookie.declared-name", cookie, names[-1], {"role": role, "layer": "django"})
            held = {attribute: setting(project, f"{prefix}_{_COOKIE[attribute]}") for attribute in COOKIE_ATTRIBUTES}
            for attribute, one in held.items():
                if not one.known:
                    about: dict[str, Scalar] = {"role": role, "layer": "django", "known": attribute}
                    yield self._gap("cookie.declared", one, f"{prefix}_{_COOKIE[attribute]}", about)
            flags = {
                attribute: Flag(one.value, one.location if one.source == "literal" else project.location)
                for attribute, one in held.items()
                if one.known
            }
            yield from declared(flags, role=role, name=str(cookie.value) if cookie.known else "", layer="django")

    def _cors(self, project: Project) -> Iterator[Found]:
        present = has_middleware(project, OTHER_MIDDLEWARE["cors"])
        names = ("CORS_ALLOW_ALL_ORIGINS", "CORS_ORIGIN_ALLOW_ALL", "CORS_ALLOW_CREDENTIALS")
        if present is False or (present is None and not any(project.bound(name) for name in names)):
            return
        held = {name: setting(project, name) for name in names}
        anybody, legacy, credentials = (held[name] for name in names)
        # Either half that is surely off decides the check; only a half that could still be on leaves it open.
        if credentials.known and not credentials.value:
            anybody = anybody if anybody.known else Setting(True, False, "literal", anybody.location)
        open_ = [one for one in (anybody, legacy) if one.known and one.value]
        unknown = [(name, one) for name, one in held.items() if not one.known and not (one is legacy and open_)]
        if unknown and not (credentials.known and not credentials.value):
            for name, one in unknown:
                yield self._gap("cors.policy", one, name, {"framework": "django", "application": project.application})
            return
        yield CorsPolicy(
            location=open_[0].location if open_ else credentials.location,
            framework="django",
            application=project.application,
            any_origin=bool(open_),
            credentials=bool(credentials.value),
        )


def _takes_out(line: str, dotted: str) -> bool:
    """Whether a line is `MIDDLEWARE.remove("dotted")`."""
    call, _, rest = line.strip().partition(".remove(")
    return call == "MIDDLEWARE" and rest.strip("\"') ") == dotted


def secret_key(
    framework: str, application: str, name: str, expression: Expression, where: Location
) -> SecretKey | None:
    """The fact of a key from what it is assigned; None when that is not known."""
    match expression.what:
        case "secret":
            return SecretKey(
                location=where,
                framework=framework,
                application=application,
                name=name,
                source="literal",
                length=expression.length,
                distinct=expression.distinct,
                prefixed=expression.prefixed,
            )
        case "environment":
            return SecretKey(
                location=where, framework=framework, application=application, name=name, source="environment"
            )
        case "generated":
            return SecretKey(
                location=where, framework=framework, application=application, name=name, source="generated"
            )
        case "scalar" if not expression.value:
            return SecretKey(location=where, framework=framework, application=application, name=name, source="missing")
    return None
