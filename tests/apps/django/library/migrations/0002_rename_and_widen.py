from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("library", "0001_initial"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]

    operations = [
        migrations.RenameField("Author", "name", "full_name"),
        migrations.AlterField("Author", "full_name", models.CharField(max_length=200)),
        migrations.AddIndex("Author", models.Index(fields=["full_name"], name="author_full_name")),
        migrations.AlterField("Book", "title", models.CharField(max_length=300, db_index=True)),
        migrations.AddField(
            "Book",
            "editor",
            models.ForeignKey(null=True, on_delete=models.deletion.SET_NULL, to=settings.AUTH_USER_MODEL),
        ),
    ]
