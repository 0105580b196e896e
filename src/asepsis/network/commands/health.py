"""`asepsis network health`"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from asepsis.kit.command import DEFAULT_SITE, JsonOption, SiteOption, at
from asepsis.kit.errors import one_line
from asepsis.kit.output import print_json
from asepsis.kit.site import Site

from ..service import Health, Trouble


def health(site: SiteOption = DEFAULT_SITE, json: JsonOption = False) -> None:
    """What the mirror port leaves out, doubles or spoils, and what to mend at the switch."""
    from asepsis.lake.service import open_lake

    from .. import service

    with open_lake(Site.open(site)) as lake:
        found = service.health(lake)
    if json:
        print_json([_form(one) for one in found])
    elif found:
        for one in found:
            _show(one)
    else:
        print(f"Nothing was heard yet. To begin: asepsis network watch --interface IF{at(site)}")


def _form(one: Health) -> dict[str, Any]:
    troubles = [asdict(trouble) | {"share": round(trouble.share, 6)} for trouble in one.troubles]
    return asdict(one) | {"troubles": troubles}


def _show(one: Health) -> None:
    where = one.interface or "captures"
    dropped = f", {one.dropped:,} dropped" if one.dropped is not None else ""
    print(f"{one_line(one.sensor)}, {one_line(where)}: {one.packets:,} packets{dropped}, since {one.first_seen:%Y-%m-%d %H:%M} UTC")
    for trouble in one.troubles:
        print(f"  ! {trouble.title}: {_count(trouble)}")
        print(f"    {trouble.means}")
        print(f"    Do: {trouble.mend}")
    if not one.troubles:
        print("  Nothing is wrong with what the sensor is shown.")


def _count(trouble: Trouble) -> str:
    return f"{trouble.count:,} of {trouble.of:,} ({trouble.share:.1%})" if trouble.of else f"{trouble.count:,}"
