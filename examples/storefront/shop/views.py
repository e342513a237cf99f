import logging

from django.contrib.auth import login, logout
from django.contrib.auth.forms import AuthenticationForm
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render

from shop.forms import ProductForm
from shop.models import Product
from shop.pictures import keep_original

DEMO_PASSWORD = "letmein"

log = logging.getLogger(__name__)


def products(request: HttpRequest) -> HttpResponse:
    # A session for every visitor, so the cookie is there from the first page on.
    request.session["visits"] = request.session.get("visits", 0) + 1
    basket_size = len(request.session.get("basket", []))
    return render(request, "products.html", {"products": Product.objects.all(), "basket_size": basket_size})


def basket(request: HttpRequest) -> HttpResponse:
    request.session["basket"] = [*request.session.get("basket", []), request.POST.get("product")]
    return redirect("products")


def upload(request: HttpRequest) -> HttpResponse:
    form = ProductForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        if form.cleaned_data["picture"]:
            keep_original(form.cleaned_data["picture"])
        form.save()
        return redirect("products")
    return render(request, "upload.html", {"form": form})


def sign_in(request: HttpRequest) -> HttpResponse:
    form = AuthenticationForm(request, request.POST or None)
    if request.method == "POST":
        username, password = request.POST.get("username"), request.POST.get("password")
        log.info("sign-in of %s with password %s", username, password)
        if password == DEMO_PASSWORD:
            log.warning("demo password used, cookies %s", request.headers.get("Cookie"))
        if form.is_valid():
            login(request, form.get_user())
            return redirect(request.GET.get("next", "/"))
    return render(request, "registration/login.html", {"form": form})


def sign_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    return redirect("products")


def products_api(request: HttpRequest) -> HttpResponse:
    response = JsonResponse({"products": list(Product.objects.values("id", "name", "price_cents"))})
    response.headers["Access-Control-Allow-Origin"] = request.headers.get("Origin", "*")
    response.headers["Access-Control-Allow-Credentials"] = "true"
    return response


def selftest_error(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("self-test of the error page")
