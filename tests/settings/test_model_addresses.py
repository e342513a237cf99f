"""django-cache-url, and the names of the variables: measured with django-cache-url 3.4.6."""

import pytest

from tests.settings.following import Case, cases, check, depending, followed

CASES = cases(r"""
$ C=file:///var/c?max_entries=5&timeout=60
$ R=redis://h/2
$ P=redis://:p@h
import dj_database_url, dj_email_url, django_cache_url
A = django_cache_url.config()  #= {'BACKEND': 'django.core.cache.backends.locmem.LocMemCache', 'LOCATION': ''}
B = django_cache_url.config(env='C')['LOCATION']  #= '/var/c'
C = django_cache_url.config(env='C')['OPTIONS']  #= {'MAX_ENTRIES': 5}
D = django_cache_url.config(env='C')['TIMEOUT']  #= '60'
E = django_cache_url.parse('pymemcache://a:1,b:2')['LOCATION']  #= 'a:1;b:2'
F = django_cache_url.parse('pymemcache:///run/m')['LOCATION']  #= 'unix:///run/m'
G = django_cache_url.config(env='R')['LOCATION']  #= 'redis://h:6379/2'
H = django_cache_url.config(env='R')['BACKEND']  #? branch
I = django_cache_url.config(env='P')  #? call
J = django_cache_url.parse('memcached://h')  #? call
K = dj_database_url.DEFAULT_ENV  #= 'DATABASE_URL'
L = dj_database_url.config(env=dj_database_url.DEFAULT_ENV, default='postgres://u@h/n')['NAME']  #= 'n'
M = (dj_email_url.DEFAULT_ENV, django_cache_url.DEFAULT_ENV)  #= ('EMAIL_URL', 'CACHE_URL')
""")


@pytest.mark.parametrize("case", CASES)
def test_it_gives_what_the_library_gives(case: Case) -> None:
    check(case)


_MAIL = {
    "environ": "import environ\nE = environ.Env().email_url('EMAIL_URL')\n",
    "environs": "from environs import Env\nE = Env().dj_email_url('EMAIL_URL')\n",
    "dj_email_url": "import dj_email_url\nE = dj_email_url.config(default='smtp://a')\n",
}


@pytest.mark.parametrize("name", sorted(_MAIL))
@pytest.mark.parametrize("given", [{}, {"EMAIL_URL": "smtps://u@h:1"}, {"EMAIL_URL": "gopher:"}])
@pytest.mark.parametrize("scope", ["vars", "globals", "locals"])
def test_the_address_of_a_mail_server_sets_nothing_else(name: str, given: dict[str, str], scope: str) -> None:
    text = f"DEBUG = False\n{_MAIL[name]}{scope}().update(E)\nX = 1\n"
    found = followed({"main.py": text}, given)
    assert (found["DEBUG"], found["X"]) == (False, 1)
    depends = depending({"main.py": text}, given)
    assert depends["DEBUG"] == [] and depends["EMAIL_USE_TLS"] == depends["EMAIL_HOST"] == ["EMAIL_URL"]


@pytest.mark.parametrize(
    "changed",
    [
        # What the program adds to it under a condition it adds to the settings too, and that is told.
        "if os.getenv('F'):\n    E['DEBUG'] = True\n",
        "if E['EMAIL_HOST'] == 'a':\n    E['DEBUG'] = True\n",
        "if E['EMAIL_HOST'] == 'a':\n    E.update(os.environ)\n",
    ],
)
def test_a_table_of_mail_that_was_changed(changed: str) -> None:
    text = f"import os\nDEBUG = False\n{_MAIL['environ']}{changed}vars().update(E)\n"
    found = depending({"main.py": text}, {"EMAIL_URL": "smtp://h"})
    assert found["DEBUG"] != []


def test_what_the_program_adds_to_the_table_of_mail_is_set() -> None:
    text = f"DEBUG = False\n{_MAIL['environ']}E['DEBUG'] = True\nvars().update(E)\n"
    assert followed({"main.py": text}, {"EMAIL_URL": "smtp://h"})["DEBUG"] is True
    assert followed({"main.py": text})["DEBUG"] is True
