from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("library", "0003_slugs")]

    operations = [
        migrations.AlterField("Author", "slug", models.SlugField(unique=True)),
    ]
