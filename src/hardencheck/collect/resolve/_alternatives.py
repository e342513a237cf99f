"""Which files of a repository are alternatives for one thing in production, and which are for different things."""

from collections.abc import Collection

from hardencheck.lazily import compiled

# Folders that say how something is deployed, not what.
_FOLDERS = frozenset({
    "docker", "deploy", "deployment", "deployments", "k8s", "kubernetes", "helm", "charts", "ops", "infra", "compose",
    "contrib", "config", "configs", "conf", "etc", "systemd", "scripts", "bin", ".github", ".docker", "env", "envs",
    "container", "containers", "build", "production", "prod", "ansible", "install", "nginx", "conf.d",
    "sites-available", "sites-enabled", "templates", "roles", "files", "gunicorn", "uwsgi", "supervisor", "server",
    "servers", "proxy", "rootfs", "root", "usr", "local", "share", "packaging", "debian", "provisioning", "vagrant",
})  # fmt: skip
_PRODUCTION = frozenset({"prod", "production", "live", "prd"})
# Neither production nor a developer's machine: another deployment, which may well differ.
_STAGES = frozenset({
    "staging", "stage", "stg", "qa", "uat", "preview", "review", "sandbox", "preprod", "canary", "e2e", "perf", "load",
    "loadtest", "benchmark", "benchmarks", "bench", "ci", "test", "tests", "testing", "dev", "devel", "development",
    "local", "override", "example", "sample", "demo", "quickstart", "debug", "playwright", "cypress", "docs", "vagrant",
    "debugger", "minimal", "ephemeral",
})  # fmt: skip
# What a file or a settings module is called for, where each has its own on purpose.
_PLATFORMS = frozenset({
    "heroku", "docker", "container", "k8s", "kubernetes", "aws", "ecs", "eb", "gcp", "gae", "appengine", "azure", "fly",
    "render", "railway", "dokku", "divio", "openshift", "helm", "vercel", "zappa", "lambda", "pythonanywhere",
})  # fmt: skip
_WORDS = frozenset({
    "nginx", "default", "site", "conf", "config", "http", "https", "ssl", "tls", "docker", "compose", "template", "j2",
    "tmpl", "tpl", "erb", "vhost", "server", "proxy", "app", "web", "www", "main", "k8s", "yml", "yaml", "service",
    "stack", "procfile", "gunicorn", "uwsgi", "py", "dockerfile", "containerfile", "sh", "entrypoint", "start", "run",
    "reverse", "inc", "include",
}) | _PRODUCTION  # fmt: skip
_WORD = compiled(r"[a-z0-9]+")


def unit(path: str) -> str:
    """The part of the repository that a deployment file is for: its folders without those that say how."""
    return "/".join(folder for folder in path.lower().split("/")[:-1] if folder not in _FOLDERS)


def other_stage(path: str) -> bool:
    """Whether a file or a module is for something other than production by its name or folders."""
    return bool(words(path) & _STAGES)


def for_a_platform(module: str) -> bool:
    """Whether a settings module is called after where it runs: `config.settings.heroku`."""
    return bool(words(module) & _PLATFORMS)


def about(path: str) -> frozenset[str]:
    """What the name of a file says beyond being a deployment file: "api" of api.nginx.conf, nothing of default.conf."""
    return words(path.rpartition("/")[2]) - _WORDS


def preferred(paths: Collection[str]) -> set[str]:
    """Files without those that stand beside one of the same name for production: that one decides then."""
    kept = set(paths)
    for path in paths:
        folder, _, name = path.rpartition("/")
        plain = words(name)
        for other in paths:
            theirs, _, called = other.rpartition("/")
            more = words(called) - plain
            if theirs == folder and other != path and more and more <= _PRODUCTION and plain <= words(called):
                kept.discard(path)
    return kept


def words(text: str) -> frozenset[str]:
    """The words of a path or a dotted name, in small letters."""
    return frozenset(_WORD.findall(text.lower()))
