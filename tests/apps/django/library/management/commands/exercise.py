"""Uses every model, so that a wrong table or column would show."""

from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.core.management.base import BaseCommand

from library.models import Author, Publication, Tag


class Command(BaseCommand):
    help = "Writes and reads through the models"

    def handle(self, *args, **options):
        editor = User.objects.create_user("editor", password="secret")
        author = Author.objects.create(full_name="Ada Lovelace", slug="ada-lovelace")
        publication = Publication.objects.create(title="Notes", author=author, editor=editor, pages=66)
        publication.tags.add(Tag.objects.create(label="engines"))
        found = Publication.objects.filter(tags__label="engines", author__slug="ada-lovelace")
        self.stdout.write(f"{found.get().title} edited by {found.get().editor.username}")
        assert ContentType.objects.get_for_model(Publication).model == "publication"
