from django.db import models

from shop.pictures import picture_path, validate_picture


class Product(models.Model):
    name = models.CharField(max_length=80)
    price_cents = models.PositiveIntegerField()
    picture = models.FileField(upload_to=picture_path, validators=[validate_picture], blank=True)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name
