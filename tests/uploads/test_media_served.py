"""What proxies do with uploads that they answer from the disk."""

from pathlib import Path

import pytest

from hardencheck.model.facts.storage import ServedMedia, UploadHandler
from tests.collect.repos import look, repository

NOSNIFF, SAVED = "add_header X-Content-Type-Options nosniff;", "add_header Content-Disposition attachment;"
Files = dict[str, str | bytes]


def nginx(inside: str, server: str = "") -> Files:
    media = f"location /media/ {{ alias /srv/media/; {inside} }}"
    return {"nginx.conf": f"server {{\n{server}\n{media}\nlocation / {{ proxy_pass http://a; }}\n}}\n"}


def apache(section: str) -> Files:
    return {"apache/a.conf": f"<VirtualHost *:80>\nServerName a\n{section}\nProxyPass /api http://a/\n</VirtualHost>\n"}


def served(tmp_path: Path, files: Files) -> list[tuple[int | None, bool, bool]]:
    facts = look(repository(tmp_path, files)).facts.of("upload.media-served")
    return [(fact.location.line, fact.nosniff, fact.confined) for fact in facts if isinstance(fact, ServedMedia)]


@pytest.mark.parametrize(
    ("inside", "server", "nosniff", "confined"),
    [
        ("", "", False, False),
        (NOSNIFF, "", True, False),
        (SAVED, "", False, True),
        (NOSNIFF + SAVED, "", True, True),
        ("", NOSNIFF, True, False),
        (SAVED, NOSNIFF, False, True),
        ("add_header X-Content-Type-Options sniff;", "", False, False),
        ("add_header Content-Disposition inline;", "", False, False),
        ("add_header Content-Security-Policy \"default-src 'none'; sandbox\";", "", False, True),
        ('add_header Content-Security-Policy "sandbox allow-scripts";', "", False, False),
        ("add_header Content-Security-Policy \"default-src 'none'; script-src 'self'\";", "", False, False),
        ("add_header Content-Security-Policy \"default-src 'self'; script-src 'none'\";", "", False, True),
        ('add_header Content-Disposition "inline; filename=attachment.svg";', "", False, False),
        ('add_header Content-Disposition "Attachment; filename=a";', "", False, True),
        ("add_header X-Content-Type-Options NoSniff;", "", True, False),
        ("add_header X-Content-Type-Options $sniffing;", "", True, False),
        ("add_header Content-Security-Policy \"default-src 'self'\";", "", False, False),
    ],
)
def test_fields_of_nginx(inside: str, server: str, nosniff: bool, confined: bool, tmp_path: Path) -> None:
    assert served(tmp_path, nginx(inside, server)) == [(3, nosniff, confined)]


def test_the_folder_of_django_by_any_name(tmp_path: Path) -> None:
    files: Files = {
        "shop/settings.py": "ROOT_URLCONF = 'shop.urls'\nMEDIA_ROOT = '/srv/shop/papers'\n", "manage.py": "",
        "nginx.conf": (
            "server {\nlocation /papers/ { root /srv/shop; }\nlocation /static/ { root /srv/shop/static; }\n"
            "location /p/ { alias /srv/shop/papers/; }\nlocation / { proxy_pass http://a; }\n}\n"
        ),
    }  # fmt: skip
    assert [line for line, _, _ in served(tmp_path, files)] == [2, 4]


def test_apache_and_caddy(tmp_path: Path) -> None:
    section = "Alias /uploads/ /srv/u/\n<Directory /srv/u>\n{}\n</Directory>"
    fields = "Header set X-Content-Type-Options nosniff\nHeader set Content-Disposition attachment"
    bare = served(tmp_path / "a", apache(section.format("Require all granted")))
    assert [(nosniff, confined) for _, nosniff, confined in bare] == [(False, False)]
    full = served(tmp_path / "b", apache(section.format(fields)))
    assert [(nosniff, confined) for _, nosniff, confined in full] == [(True, True)]
    media = "\thandle_path /media/* {{\n\t\troot * /srv/media\n{}\t\tfile_server\n\t}}\n"
    caddy = "a.example {{\n" + media + "\treverse_proxy web:8000\n}}\n"
    bare = served(tmp_path / "c", {"Caddyfile": caddy.format("")})
    assert [(nosniff, confined) for _, nosniff, confined in bare] == [(False, False)]
    full = served(tmp_path / "d", {"Caddyfile": caddy.format("\t\theader X-Content-Type-Options nosniff\n")})
    assert [(nosniff, confined) for _, nosniff, confined in full] == [(True, False)]


def test_what_may_add_fields_is_said(tmp_path: Path) -> None:
    found = look(repository(tmp_path, nginx("include /etc/nginx/headers.conf;"))).facts
    assert found.of("upload.media-served") == ()
    assert [gap.location.line for gap in found.gaps if "upload.media-served" in gap.kinds] == [3]


@pytest.mark.parametrize(
    ("files", "line"),
    [
        (nginx("location ~ \\.php$ { fastcgi_pass a:9000; }"), 3),
        (nginx("", "location ~* \\.(py|cgi)$ { root /srv/media; uwsgi_pass a:9000; }"), 2),
        (nginx("", "location ~ \\.php$ { root /srv/blog; fastcgi_pass a:9000; }"), None),
        (nginx("", "location ~ ^/uploads/.*\\.(php|py)$ { root /srv; uwsgi_pass a:9000; }"), 2),
        (nginx("", "location ~ ^/api { root /srv/media; uwsgi_pass a:9000; }"), None),
        (apache("<Directory /srv/uploads>\nSetHandler cgi-script\n</Directory>"), 4),
        (apache("ScriptAlias /uploads/ /srv/uploads/"), 3),
        (apache("<Directory /srv/uploads>\nSetHandler none\nOptions None\n</Directory>"), None),
    ],
)
def test_scripts_among_uploads(files: Files, line: int | None, tmp_path: Path) -> None:
    facts = [fact for fact in look(repository(tmp_path, files)).facts.facts if isinstance(fact, UploadHandler)]
    assert [fact.location.line for fact in facts] == ([line] if line is not None else [])
