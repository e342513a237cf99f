from django.db import models


class Product(models.Model):
    name = models.CharField(max_length=80)
    price_cents = models.PositiveIntegerField()
    picture = models.FileField(upload_to="products", blank=True)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name
