from django.db import migrations, models
from django.utils.text import slugify


def fill_slugs(apps, schema_editor):
    for author in apps.get_model("library", "Author").objects.all():
        author.slug = slugify(author.full_name)
        author.save(update_fields=["slug"])


class Migration(migrations.Migration):
    dependencies = [("library", "0002_rename_and_widen")]

    operations = [
        migrations.AddField("Author", "slug", models.SlugField(null=True)),
        migrations.RunPython(fill_slugs, migrations.RunPython.noop),
    ]
