from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("library", "0004_slugs_are_unique")]

    operations = [
        migrations.RenameModel("Book", "Publication"),
        migrations.RemoveField("Publication", "obsolete"),
        migrations.AlterField(
            "Publication",
            "author",
            models.ForeignKey(
                on_delete=models.deletion.CASCADE, related_name="publications", to="library.author"
            ),
        ),
        migrations.AddConstraint(
            "Publication",
            models.UniqueConstraint(fields=["author", "title"], name="one_title_per_author"),
        ),
        migrations.AddConstraint(
            "Publication",
            models.CheckConstraint(condition=models.Q(pages__lte=100_000), name="pages_are_few"),
        ),
    ]
