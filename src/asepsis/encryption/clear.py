"""Clinical traffic that travels without encryption, whatever its protocol: who sends it to whom, and how many patients were readable."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, replace

from asepsis.findings.service import (
    Action,
    Automatable,
    Cleared,
    ClinicalClass,
    Exploitation,
    Harm,
    HarmKind,
    Kind,
    Look,
    Party,
    Points,
    Proposal,
    Row,
    Sight,
    Sighting,
    counted,
    gather,
    mended,
)

_ENCRYPTED = """
    select id_orig_h as client, id_resp_h as server, id_resp_p as port, {span}
    from ssl where established group by id_orig_h, id_resp_h, id_resp_p
"""
# Turned away at once (RFC 9293 3.10.7.1): nothing listens there any more. No answer at all would be silence.
_REFUSED = """
    select id_orig_h as client, id_resp_h as server, id_resp_p as port, {span}
    from conn where proto = 'tcp' and conn_state = 'REJ' group by id_orig_h, id_resp_h, id_resp_p
"""

Place = tuple[str, str, int]
"""Client, server and port."""


@dataclass(frozen=True, slots=True)
class Queries:
    """A protocol in clear. `talks` gives client, server, port, client_hint, server_hint, the columns of `{span}` and what else the check
    wants; `patients` gives, distinct, client, server, client_hint, server_hint and patient; and `referred`, if some are known by a
    reference and not by their number."""

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

    @property
    def ports(self) -> str:
        return ", ".join(str(port) for port in self.sighting.values("port"))

    @property
    def whose(self) -> str:
        """`3 patients'`, or `patients'` where none was seen."""
        return f"{counted(self.patients, 'patient')}'{'s' if self.patients == 1 else ''}" if self.patients else "patients'"

    @property
    def evidence(self) -> str:
        """What was readable and where, as `3 patients readable in what was seen, port 104`."""
        return f"{counted(self.patients, 'patient') if self.patients else 'no patient'} readable in what was seen, port {self.ports}"

    @property
    def to_https(self) -> str:
        """The step for who calls; where the address alone does not tell who that is, it has to be found out first."""
        then = f"to https:// and close port {self.ports}."
        if len(self.client.assets) < 2:
            return f"Point {self.client.name} {then}"
        where = "behind" if any(asset.behind for asset in self.client.assets) else "at"
        return f"Find out which of the machines {where} {self.client.address} ask {self.server.name}; point them {then}"

    @property
    def maker(self) -> str:
        """Whom to ask: the maker of the server if it is known."""
        return self.server.maker if self.server.asset and self.server.asset.manufacturer else self.client.maker

    def did(self, column: str) -> bool:
        """Whether any row says so."""
        return any(row[column] for row in self.sighting.rows)


def flows(look: Look, queries: Queries) -> list[Flow]:
    """The flows of a protocol, one for each pair of assets that could be told apart."""
    sides: dict[str, tuple[Party, Party]] = {}

    def keyed(query: str) -> Iterator[tuple[str, Row]]:
        for row in look.rows(query):
            # What a machine tells itself passes no wire.
            if row["client"] == row["server"]:
                continue
            pair = look.at(row["client"], row["client_hint"]), look.at(row["server"], row["server_hint"])
            subject = f"{pair[0].key}>{pair[1].key}"
            sides.setdefault(subject, pair)
            yield subject, row

    sightings = gather(keyed(queries.talks))
    patients: defaultdict[str, defaultdict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
    for subject, row in keyed(queries.patients):
        patients[subject][row.get("referred", 0)].add(row["patient"])
    # A number and a reference do not tell whether they are one patient, so the larger of both is counted: none twice.
    count = {subject: max(map(len, found.values())) for subject, found in patients.items()}
    return [Flow(*sides[subject], sighting, count.get(subject, 0)) for subject, sighting in sorted(sightings.items())]


def proposal(
    check: str, flow: Flow, look: Look, first: Party, *, title: str, many: str, why: str, harms: Mapping[HarmKind, Harm], action: Action
) -> Proposal:
    """The proposal of a flow. `first` is the side that it is counted by. Who listens has to be there: no program does it by itself."""
    client, server, sighting = flow.client, flow.server, flow.sighting
    return Proposal(
        check=check,
        kind=Kind.POSTURE,
        subject=flow.subject,
        title=title,
        fault=many,
        harms=harms,
        points=Points(Exploitation.NONE, look.parties.exposure(client, server), Automatable.NO),
        action=action,
        why=why,
        first_seen=sighting.first_seen,
        last_seen=sighting.last_seen,
        zone=first.zone or server.zone or client.zone,
        asset_kind=first.kind_told,
        events=sighting.events,
        patients=flow.patients,
        assets=tuple(dict.fromkeys((*first.ids, *client.ids, *server.ids))),
    )


def clears(check: str, look: Look, queries: Queries, tls_ports: frozenset[int]) -> list[Cleared]:
    """Pairs that have been seen without the fault at every port that was clear, since it last was.

    What is inside TLS cannot be seen, so TLS at another port may be anything. It counts at the port that was clear; at a port that the
    protocol keeps for TLS only together with a refusal at the clear port, which shows that the old service is gone.
    Where several assets share an address TLS does not show which of them spoke, so it proves nothing for any of them.
    """
    found = [flow for flow in flows(look, queries) if _told_by_address(flow, look)]
    bad = [Sight(flow.subject, "", _place(row), row["last_seen"], row["last_event"]) for flow in found for row in flow.sighting.rows]
    proofs = _proofs(look, tls_ports) if bad else {}
    good = [replace(proof, subject=sight.subject) for sight in bad for proof in proofs.get(sight.peer, ())]
    return mended(check, bad, good, "The same two have been seen to talk encrypted since, and no more in clear.")


def _proofs(look: Look, tls_ports: frozenset[int]) -> dict[Hashable, list[Sight]]:
    """For each place, when it was last seen to be encrypted, or given up for a port of the protocol's own."""
    encrypted = {_place(row): row for row in look.rows(_ENCRYPTED)}
    proofs: dict[Hashable, list[Sight]] = {
        place: [Sight("", "", place, row["last_seen"], row["last_event"])] for place, row in encrypted.items()
    }
    for row in look.rows(_REFUSED) if tls_ports else ():
        place = _place(row)
        instead = [encrypted[*place[:2], port] for port in tls_ports if (*place[:2], port) in encrypted]
        # Both must be later than the fault, so the earlier of the two is when it was mended.
        proofs.setdefault(place, []).extend(
            Sight("", "", place, min(row["last_seen"], tls["last_seen"]), tls["last_event"]) for tls in instead
        )
    return proofs


def _place(row: Row) -> Place:
    return row["client"], row["server"], row["port"]


def _told_by_address(flow: Flow, look: Look) -> bool:
    return all(len(look.at(side.address).assets) <= 1 for side in (flow.client, flow.server))
