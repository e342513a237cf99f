"""Who signed in, who failed to, who left. Never with what."""

import logging

from django.contrib.auth.models import AbstractBaseUser
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver

log = logging.getLogger(__name__)


@receiver(user_logged_in)
def signed_in(sender: object, user: AbstractBaseUser, **_: object) -> None:
    log.info("signed in: user %s", user.pk)


@receiver(user_logged_out)
def signed_out(sender: object, user: AbstractBaseUser | None, **_: object) -> None:
    log.info("signed out: user %s", user.pk if user else "-")


@receiver(user_login_failed)
def refused(sender: object, **_: object) -> None:
    # No name: people type passwords into that field.
    log.warning("sign-in refused")
