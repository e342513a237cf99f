from django.urls import path

from shop import views

urlpatterns = [
    path("", views.products, name="products"),
    path("basket/", views.basket, name="basket"),
    path("upload/", views.upload, name="upload"),
    path("login/", views.sign_in, name="login"),
    path("logout/", views.sign_out, name="logout"),
    path("api/products/", views.products_api, name="products-api"),
    # Fails on purpose, so that the error page itself can be audited.
    path("selftest/error/", views.selftest_error, name="selftest-error"),
]
