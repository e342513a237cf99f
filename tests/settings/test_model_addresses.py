"""django-cache-url, and the names of the variables: measured with django-cache-url 3.4.6."""

import pytest

from tests.settings.following import Case, cases, check

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
