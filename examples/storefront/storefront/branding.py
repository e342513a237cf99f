"""Response headers that say too much, or that browsers no longer honour."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse


class BrandingMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers["X-Powered-By"] = "Django/5.2"
        response.headers["X-XSS-Protection"] = "1; mode=block"
        response.headers["X-Frame-Options"] = "ALLOWALL"
        response.headers["Cache-Control"] = "public, max-age=3600"
        return response
