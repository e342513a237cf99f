"""Takes new logging configurations over a socket while the service runs."""

import logging.config
import os

from django.core.management.base import BaseCommand

LOG_FILE = "/srv/storefront/logs/app.log"


class Command(BaseCommand):
    def handle(self, *args: object, **options: object) -> None:
        os.close(os.open(LOG_FILE, os.O_CREAT | os.O_APPEND, 0o666))
        os.chmod(LOG_FILE, 0o666)
        listener = logging.config.listen(9030)
        listener.start()
        listener.join()
