# The key comes from a mounted file, so it is in no image layer and no compose file.
set -eu
DJANGO_SECRET_KEY="$(cat /run/secrets/django_secret_key)"
export DJANGO_SECRET_KEY
python manage.py migrate --noinput
exec gunicorn --config gunicorn.conf.py storefront.wsgi
