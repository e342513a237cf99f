"""Data of libraries, by version: read in the sources of the versions that are named."""

from hardencheck.collect.interpret.interpreter import Interpreter
from hardencheck.collect.interpret.run import Source
from tests.settings.following import worth

TEXT = (
    "from corsheaders.defaults import default_headers, default_methods\nfrom django.conf import global_settings\n"
    "X = (*default_headers, 'x-a')\nY = [*default_methods]\nZ = ['mine'] + global_settings.PASSWORD_HASHERS\n"
    "Z = Z[-1]\nW = global_settings.MIDDLEWARE\nW.append('a')\nV = global_settings.MIDDLEWARE\n"
)


def settings(*versions: tuple[int, ...]) -> dict[str, object]:
    source = Source(
        lambda path: TEXT.encode(), lambda module, near: None, lambda module, near: False,
        versions=lambda package: (versions[0], versions[-1]),
    )  # fmt: skip
    return worth(Interpreter(source).module("main.py").namespace)


def test_data_of_a_version() -> None:
    old = settings((3, 2))
    assert old["X"] == (
        "accept", "accept-encoding", "authorization", "content-type", "dnt", "origin", "user-agent", "x-csrftoken",
        "x-requested-with", "x-a",
    )  # fmt: skip
    assert old["Z"] == "django.contrib.auth.hashers.BCryptSHA256PasswordHasher"
    new = settings((4, 9))
    assert new["X"] == (
        "accept", "authorization", "content-type", "user-agent", "x-csrftoken", "x-requested-with", "x-a",
    )  # fmt: skip
    assert new["Y"] == ["DELETE", "GET", "OPTIONS", "PATCH", "POST", "PUT"]
    assert new["Z"] == "django.contrib.auth.hashers.ScryptPasswordHasher"


def test_of_several_versions_it_is_one_of_several() -> None:
    both = settings((3, 2), (4, 9))
    assert not isinstance(both["X"], list) and both["Y"] == ["DELETE", "GET", "OPTIONS", "PATCH", "POST", "PUT"]
    assert settings((4, 0), (10_000,))["X"] == settings((4, 9))["X"]


def test_a_list_of_a_library_is_one_list() -> None:
    assert settings((5, 2))["V"] == ["a"]
