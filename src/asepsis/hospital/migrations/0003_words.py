from django.db import migrations, models


def fill(apps, schema_editor):
    """What rows of before are looked for by, from what they tell of themselves."""
    rows = apps.get_model("hospital", "AssetRow").objects
    for row in rows.all().iterator(500):
        told = row.detail
        named = [told.get(name) or "" for name in ("name", "id", "manufacturer", "model", "serial", "station", "owner")]
        listed = [one for name in ("addresses", "macs", "ae_titles", "hl7_applications", "hostnames") for one in told.get(name) or ()]
        row.words = "\n".join(dict.fromkeys(word.lower() for word in (*named, *listed) if word))
        row.save(update_fields=["words"])


class Migration(migrations.Migration):
    dependencies = [("hospital", "0002_acts")]
    operations = [
        migrations.AddField(model_name="assetrow", name="words", field=models.TextField(default="")),
        migrations.AddIndex(model_name="assetrow", index=models.Index(fields=["name", "id"], name="hospital_asset_by_name")),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
