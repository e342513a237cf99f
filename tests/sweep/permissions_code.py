"""Modes in code, scripts and other tools."""

from .base_django import DJANGO
from .sample import Sample, sample
from .servers import UWSGI, WAITRESS

D = "Dockerfile"
S = "shop/settings.py"
V = "orders/views.py"


def code(name: str, line: str, at: str = "") -> Sample:
    base = DJANGO.edited(
        V,
        "import logging\n",
        "import logging\nimport os\nimport shutil\nimport stat\nimport subprocess\nimport tempfile\nfrom pathlib import Path\n",
    )
    return sample(
        f"permissions/code-{name}",
        base,
        V,
        '    if request.method == "POST":\n',
        f'{line}    if request.method == "POST":\n',
        at,
    )


CODE = (
    code("chmod-777", '    os.chmod("/srv/shop/media", 0o777)\n'),
    code("chmod-decimal-511", '    os.chmod("/srv/shop/media", 511)\n'),
    code("chmod-666", '    os.chmod("/srv/shop/media/list", 0o666)\n'),
    code("chmod-decimal-777", '    os.chmod("/srv/shop/media", 777)\n'),
    code("chmod-stat", '    os.chmod("/srv/shop/media", stat.S_IRWXU | stat.S_IRWXG | stat.S_IRWXO)\n'),
    code("chmod-stat-other-write", '    os.chmod("/srv/shop/media", stat.S_IRUSR | stat.S_IWOTH)\n'),
    code("chmod-constant", '    mode = 0o777\n    os.chmod("/srv/shop/media", mode)\n', "os.chmod("),
    code("chmod-keyword", '    os.chmod("/srv/shop/media", mode=0o777)\n'),
    code(
        "fchmod",
        '    with open("/srv/shop/media/list", "a") as out:\n        os.fchmod(out.fileno(), 0o666)\n',
        "os.fchmod",
    ),
    code("lchmod", '    os.lchmod("/srv/shop/media/list", 0o777)\n'),
    code("path-chmod", '    Path("/srv/shop/media").chmod(0o777)\n'),
    code("path-chmod-variable", '    target = Path("/srv/shop") / "media"\n    target.chmod(0o757)\n', "target.chmod"),
    code("setuid", '    os.chmod("/srv/shop/tool", 0o4755)\n'),
    code("setgid-stat", '    os.chmod("/srv/shop/tool", stat.S_ISGID | 0o755)\n'),
    code("umask-zero", "    os.umask(0)\n"),
    code("umask-octal-zero", "    os.umask(0o000)\n"),
    code("umask-without-other", "    os.umask(0o070)\n"),
    code(
        "makedirs-mode",
        '    old = os.umask(0)\n    os.makedirs("/srv/shop/media/new", mode=0o777)\n    os.umask(old)\n',
        "os.makedirs",
    ),
    code(
        "os-open-mode",
        '    os.umask(0)\n    os.open("/srv/shop/media/new", os.O_CREAT | os.O_WRONLY, 0o666)\n',
        "os.open(",
    ),
    code(
        "mktemp",
        '    name = tempfile.mktemp()\n    logger.info("made", extra={"made": bool(name)})\n',
        "tempfile.mktemp",
    ),
    code("subprocess-chmod", '    subprocess.run(["chmod", "-R", "777", "/srv/shop/media"], check=True)\n'),
    code("subprocess-chmod-shell", '    subprocess.run("chmod -R a+rwx /srv/shop/media", shell=True, check=True)\n'),
    code("os-system-chmod", '    os.system("chmod 777 /srv/shop/media")\n'),
    code("path-touch-umask", '    os.umask(0)\n    Path("/srv/shop/media/list").touch(0o666)\n', ".touch("),
    code("path-mkdir-umask", '    os.umask(0)\n    Path("/srv/shop/media/new").mkdir(mode=0o777)\n', ".mkdir("),
    code("mkfifo-umask", '    os.umask(0)\n    os.mkfifo("/srv/shop/pipe", 0o666)\n', "os.mkfifo"),
    code("tmp-fixed-name", '    with open("/tmp/shop-upload", "w") as out:\n        out.write("x")\n', "with open("),
    sample(
        "permissions/django-upload-decimal",
        DJANGO,
        S,
        "FILE_UPLOAD_PERMISSIONS = 0o640",
        "FILE_UPLOAD_PERMISSIONS = 644",
    ),
    sample(
        "permissions/django-upload-666", DJANGO, S, "FILE_UPLOAD_PERMISSIONS = 0o640", "FILE_UPLOAD_PERMISSIONS = 0o666"
    ),
    sample(
        "permissions/django-upload-executable",
        DJANGO,
        S,
        "FILE_UPLOAD_PERMISSIONS = 0o640",
        "FILE_UPLOAD_PERMISSIONS = 0o755",
    ),
    sample(
        "permissions/django-upload-int-string",
        DJANGO,
        S,
        "FILE_UPLOAD_PERMISSIONS = 0o640",
        'FILE_UPLOAD_PERMISSIONS = int("777", 8)',
    ),
    sample(
        "permissions/django-directory-777",
        DJANGO,
        S,
        "FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o750",
        "FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o777",
    ),
    sample(
        "permissions/django-directory-decimal",
        DJANGO,
        S,
        "FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o750",
        "FILE_UPLOAD_DIRECTORY_PERMISSIONS = 755",
    ),
    sample("permissions/entrypoint-umask", DJANGO, "entrypoint.sh", "umask 027", "umask 000"),
    sample(
        "permissions/entrypoint-chmod",
        DJANGO,
        "entrypoint.sh",
        "umask 027\n",
        "umask 027\nchmod -R 777 /srv/shop/media\n",
    ),
    sample("permissions/makefile-chmod", DJANGO, "Makefile", "", "deploy:\n\tchmod -R 777 /srv/shop\n", "chmod -R 777"),
    sample(
        "permissions/deploy-script",
        DJANGO,
        "deploy/deploy.sh",
        "",
        "#!/bin/sh\nset -e\nrsync -a . host:/srv/shop\nssh host chmod -R a+w /srv/shop/media\n",
        "chmod -R a+w",
    ),
    sample(
        "permissions/deploy-script-local",
        DJANGO,
        "deploy/setup.sh",
        "",
        "#!/bin/sh\nset -e\nmkdir -p /srv/shop/media\nchmod 0777 /srv/shop/media\n",
        "chmod 0777",
    ),
    sample(
        "permissions/ansible-unquoted",
        DJANGO,
        "deploy/playbook.yml",
        "",
        "- hosts: web\n  tasks:\n    - name: media\n      ansible.builtin.file:\n        path: /srv/shop/media\n        state: directory\n        mode: 0777\n",
        "mode: 0777",
    ),
    sample(
        "permissions/ansible-quoted",
        DJANGO,
        "deploy/playbook.yml",
        "",
        '- hosts: web\n  tasks:\n    - name: media\n      ansible.builtin.file:\n        path: /srv/shop/media\n        state: directory\n        mode: "0777"\n',
        'mode: "0777"',
    ),
    sample(
        "permissions/ansible-decimal",
        DJANGO,
        "deploy/playbook.yml",
        "",
        "- hosts: web\n  tasks:\n    - name: media\n      ansible.builtin.file:\n        path: /srv/shop/media\n        state: directory\n        mode: 777\n",
        "mode: 777",
    ),
    sample(
        "permissions/ansible-symbolic",
        DJANGO,
        "deploy/playbook.yml",
        "",
        "- hosts: web\n  tasks:\n    - name: media\n      ansible.builtin.file:\n        path: /srv/shop/media\n        state: directory\n        mode: u=rwx,g=rwx,o=rwx\n",
        "mode: u=rwx",
    ),
    sample(
        "permissions/waitress-socket",
        WAITRESS,
        D,
        "--listen=0.0.0.0:8000",
        '--unix-socket=/run/photos.sock", "--unix-socket-perms=666',
    ),
    sample(
        "permissions/uwsgi-chmod-socket",
        UWSGI,
        "uwsgi.ini",
        "http-socket = 0.0.0.0:8000",
        "socket = /run/photos.sock\nchmod-socket = 666",
        "chmod-socket",
    ),
    sample("permissions/uwsgi-umask", UWSGI, "uwsgi.ini", "umask = 027", "umask = 000"),
    sample(
        "permissions/uwsgi-uid-root", UWSGI, "uwsgi.ini", "umask = 027\n", "umask = 027\nuid = root\n", "uid = root"
    ),
    sample(
        "permissions/gunicorn-user-root",
        DJANGO,
        "gunicorn.conf.py",
        'loglevel = "info"',
        'loglevel = "info"\nuser = "root"',
    ),
    sample(
        "permissions/supervisor-root",
        DJANGO,
        "deploy/supervisord.conf",
        "",
        "[supervisord]\nnodaemon=true\nuser=root\n\n[program:web]\ncommand=gunicorn -c gunicorn.conf.py shop.wsgi:application\nuser=root\numask=022\n",
        [
            "[program:web]",
            ("deploy/supervisord.conf", "umask=022", -1),
            ("deploy/supervisord.conf", "nodaemon=true", 1),
        ],
    ),
    sample(
        "permissions/supervisor-umask",
        DJANGO,
        "deploy/supervisord.conf",
        "",
        "[supervisord]\nnodaemon=true\nuser=app\n\n[program:web]\ncommand=gunicorn -c gunicorn.conf.py shop.wsgi:application\nuser=app\numask=000\n",
        "umask=000",
    ),
    sample(
        "permissions/supervisor-socket",
        DJANGO,
        "deploy/supervisord.conf",
        "",
        "[supervisord]\nnodaemon=true\nuser=app\n\n[unix_http_server]\nfile=/run/supervisor.sock\nchmod=0777\n\n[program:web]\ncommand=gunicorn -c gunicorn.conf.py shop.wsgi:application\nuser=app\n",
        "chmod=0777",
    ),
    sample(
        "permissions/supervisor-inet",
        DJANGO,
        "deploy/supervisord.conf",
        "",
        "[supervisord]\nnodaemon=true\nuser=app\n\n[inet_http_server]\nport=*:9001\n\n[program:web]\ncommand=gunicorn -c gunicorn.conf.py shop.wsgi:application\nuser=app\n",
        ["port=*:9001", "[inet_http_server]"],
    ),
)

SAMPLES: tuple[Sample, ...] = (*CODE,)
