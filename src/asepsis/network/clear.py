"""Clinical traffic that travels without encryption, whatever its protocol: who sends it to whom, and how many patients were readable."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from asepsis.findings.service import Cleared, ClinicalClass
from asepsis.hospital.service import Locator

from .check import Lake
from .parties import Parties, Party
from .sightings import Row, Sight, Sighting, gather, mended, rows

_ENCRYPTED = """
    select id_orig_h as client, id_resp_h as server, id_resp_p as port, {span}
    from ssl where established group by id_orig_h, id_resp_h, id_resp_p
"""


@dataclass(frozen=True, slots=True)
class Queries:
    """A protocol in clear. `talks` gives client, server, port, client_hint, server_hint, the columns of `{span}` and what else the check
    wants; `patients` gives, distinct, client, server, client_hint, server_hint and patient."""

    talks: str
    patients: str


@dataclass(frozen=True, slots=True)
class Flow:
    """What one asset says to another in clear."""

    client: Party
    server: Party
    sighting: Sighting
    patients: int

    @property
    def subject(self) -> str:
        return f"{self.client.key}>{self.server.key}"

    @property
    def weight(self) -> ClinicalClass:
        """The class of the side that matters more to a patient."""
        return min(self.client.weight, self.server.weight, key=list(ClinicalClass).index)

    def did(self, column: str) -> bool:
        """Whether any row says so."""
        return any(row[column] for row in self.sighting.rows)


def flows(lake: Lake, parties: Parties, queries: Queries) -> list[Flow]:
    """The flows of a protocol, one for each pair of assets that could be told apart."""
    sides: dict[str, tuple[Party, Party]] = {}

    def keyed(query: str) -> Iterator[tuple[str, Row]]:
        for row in rows(lake, query):
            pair = parties.at(row["client"], row["client_hint"]), parties.at(row["server"], row["server_hint"])
            subject = f"{pair[0].key}>{pair[1].key}"
            sides.setdefault(subject, pair)
            yield subject, row

    sightings = gather(keyed(queries.talks))
    patients: dict[str, set[str]] = {}
    for subject, row in keyed(queries.patients):
        patients.setdefault(subject, set()).add(row["patient"])
    return [Flow(*sides[subject], sighting, len(patients.get(subject, ()))) for subject, sighting in sorted(sightings.items())]


def clears(check: str, lake: Lake, locator: Locator, queries: Queries, tls_ports: frozenset[int]) -> list[Cleared]:
    """Pairs seen in TLS since they were last seen in clear, at the port that was clear or one that the protocol keeps for TLS.

    Where several assets share an address TLS does not show which of them spoke, so it proves nothing for any of them.
    """
    parties = Parties(locator)
    found = [flow for flow in flows(lake, parties, queries) if _told_by_address(flow, parties)]
    bad = [
        Sight(flow.subject, "", (row["client"], row["server"]), row["last_seen"], row["last_event"])
        for flow in found
        for row in flow.sighting.rows
    ]
    encrypted = list(rows(lake, _ENCRYPTED)) if bad else []
    good = []
    for flow in found:
        pairs = {(row["client"], row["server"]) for row in flow.sighting.rows}
        ports = tls_ports.union(flow.sighting.values("port"))
        for row in encrypted:
            pair = (row["client"], row["server"])
            if pair in pairs and row["port"] in ports:
                good.append(Sight(flow.subject, "", pair, row["last_seen"], row["last_event"]))
    return mended(check, bad, good, "The same two have been seen to talk encrypted since, and no more in clear.")


def _told_by_address(flow: Flow, parties: Parties) -> bool:
    return all(len(parties.at(side.address).assets) <= 1 for side in (flow.client, flow.server))
