"""What the migrations lead to."""

from django.contrib.auth.models import User
from django.db import models


class Author(models.Model):
    full_name = models.CharField(max_length=200)
    slug = models.SlugField(unique=True)

    class Meta:
        indexes = [models.Index(fields=["full_name"], name="author_full_name")]


class Tag(models.Model):
    label = models.CharField(max_length=50, unique=True)


class Publication(models.Model):
    title = models.CharField(max_length=300, db_index=True)
    author = models.ForeignKey(Author, on_delete=models.CASCADE, related_name="publications")
    editor = models.ForeignKey(User, null=True, on_delete=models.SET_NULL)
    pages = models.PositiveIntegerField(default=0)
    tags = models.ManyToManyField(Tag)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["author", "title"], name="one_title_per_author"),
            models.CheckConstraint(condition=models.Q(pages__lte=100_000), name="pages_are_few"),
        ]
