from datetime import datetime

from django.db import migrations, models

NEVER = 1 << 62
ORDERS = {"kind": ["kind", "name", "id"], "clinical_class": ["clinical_class", "name", "id"], "zone": ["zone", "name", "id"]}
ORDERS |= {"maker": ["maker", "name", "id"], "silence": ["silence", "id"]}


def fill(apps, schema_editor):
    """What rows of before are ordered by, from what they tell of themselves."""
    for row in apps.get_model("hospital", "AssetRow").objects.all().iterator(500):
        row.maker = f"{row.detail.get('manufacturer') or ''} {row.detail.get('model') or ''}".strip()[:600]
        if row.last_seen is not None:
            row.silence = (datetime.max - row.last_seen.replace(tzinfo=None)) // datetime.resolution
        row.save(update_fields=["maker", "silence"])


class Migration(migrations.Migration):
    dependencies = [("hospital", "0003_words")]
    operations = [
        migrations.AddField(model_name="assetrow", name="maker", field=models.CharField(default="", max_length=600)),
        migrations.AddField(model_name="assetrow", name="silence", field=models.BigIntegerField(default=NEVER)),
        migrations.RunPython(fill, migrations.RunPython.noop),
        *(
            migrations.AddIndex(model_name="assetrow", index=models.Index(fields=fields, name=f"hospital_asset_by_{first}"[:30]))
            for first, fields in ORDERS.items()
        ),
    ]
