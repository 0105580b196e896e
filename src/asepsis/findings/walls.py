"""What was seen to come into a zone from elsewhere: of one that the hospital states to be isolated, the statement does not hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .asking import Row
from .parties import Parties

# Both sides spoke, so the way is open; and who began it is known.
INTO = """
    select client, server, service, {span} from (
        select id_orig_h as client, id_resp_h as server, coalesce(service, proto) as service, ts, event_id from pairs
        where proto in ('tcp', 'udp') and orig_pkts > 0 and resp_pkts > 0 and coalesce(resp_bytes, 0) > 0
          and (service is not null or not coalesce(midstream, false))
    ) as seen group by client, server, service
"""


def entered(rows: Iterable[Row], parties: Parties) -> Iterator[tuple[str, Row]]:
    """Of rows with a `client` and a `server`, those that go into a zone from another one, from a machine of none, or from the internet;
    with the zone."""
    zones = dict[str, str]()
    for row in rows:
        for side in (row["client"], row["server"]):
            if side not in zones:
                zones[side] = parties.zone(side)
        zone = zones[row["server"]]
        if zone and zone != zones[row["client"]] and parties.somebody(row["client"]):
            yield zone, row
