"""One id for everything that is logged about one request, in nginx and in Python."""

import logging
import re
import uuid
from collections.abc import Callable
from contextvars import ContextVar

from django.http import HttpRequest, HttpResponse

_current: ContextVar[str] = ContextVar("request_id", default="-")
_from_nginx = re.compile(r"[0-9a-f]{32}", re.ASCII)


class RequestIdMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        sent = request.headers.get("X-Request-ID", "")
        # Anything but nginx's own form is replaced: the id goes into the log as it is.
        request_id = sent if _from_nginx.fullmatch(sent) else uuid.uuid4().hex
        # Not reset: Django logs refusals after the last middleware has returned.
        _current.set(request_id)
        response = self.get_response(request)
        response.headers["X-Request-ID"] = request_id
        return response


class RequestIdFilter(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = _current.get()
        return True
