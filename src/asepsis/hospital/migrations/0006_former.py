from django.db import migrations


def fill(apps, schema_editor):
    """What an asset was called before is among the words by which it is found."""
    for row in apps.get_model("hospital", "AssetRow").objects.all().iterator(500):
        if former := [id.lower() for id in row.detail.get("former") or ()]:
            row.words = "\n".join(dict.fromkeys((*row.words.split("\n"), *former)))
            row.save(update_fields=["words"])


class Migration(migrations.Migration):
    dependencies = [("hospital", "0005_counted")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
