from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import LoginView, LogoutView
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from shop.forms import ProductForm
from shop.models import Product

MAX_BASKET_ITEMS = 50


@require_safe
def products(request: HttpRequest) -> HttpResponse:
    basket_size = len(request.session.get("basket", []))
    return render(request, "products.html", {"products": Product.objects.all(), "basket_size": basket_size})


@require_POST
def basket(request: HttpRequest) -> HttpResponse:
    product = request.POST.get("product", "")
    if not (product.isascii() and product.isdigit() and len(product) <= 9):
        raise Http404
    if not Product.objects.filter(pk=int(product)).exists():
        raise Http404
    request.session["basket"] = [*request.session.get("basket", []), int(product)][-MAX_BASKET_ITEMS:]
    return redirect("products")


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: HttpRequest) -> HttpResponse:
    form = ProductForm(request.POST or None, request.FILES or None)
    if form.is_bound and form.is_valid():
        form.save()
        return redirect("products")
    return render(request, "upload.html", {"form": form}, status=400 if form.is_bound else 200)


class SignIn(LoginView):
    pass


class SignOut(LogoutView):
    def post(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        response = super().post(request, *args, **kwargs)
        response.headers["Clear-Site-Data"] = '"cache", "cookies", "storage"'
        return response


@require_safe
def products_api(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"products": list(Product.objects.values("id", "name", "price_cents"))})


@require_safe
def selftest_error(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("self-test of the error page")
