"""All observations of one asset, seen from its side: what it asked, what it answered."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields, replace
from itertools import chain
from typing import Any

from asepsis.hospital.facts import (
    Association,
    Banner,
    Bedside,
    Binding,
    Certificate,
    Client,
    Coded,
    Described,
    Dimse,
    Endpoint,
    Exchange,
    Fact,
    FhirServer,
    Knocking,
    Message,
    Named,
    Observations,
    Results,
    Served,
    Share,
    Sharing,
    Sign,
    Store,
    Talker,
    Used,
)


@dataclass(frozen=True, slots=True)
class View:
    """What the lake says of one asset."""

    talkers: tuple[Talker, ...] = ()
    bindings: tuple[Binding, ...] = ()
    served: tuple[Served, ...] = ()
    used: tuple[Used, ...] = ()
    clients: tuple[Client, ...] = ()
    names: tuple[Named, ...] = ()
    called_out: tuple[Association, ...] = ()
    was_called: tuple[Association, ...] = ()
    asked: tuple[Dimse, ...] = ()
    answered: tuple[Dimse, ...] = ()
    sent: tuple[Store, ...] = ()
    received: tuple[Store, ...] = ()
    hl7_sent: tuple[Message, ...] = ()
    hl7_taken: tuple[Message, ...] = ()
    sharing: tuple[Sharing, ...] = ()
    fhir: tuple[FhirServer, ...] = ()
    shares: tuple[Share, ...] = ()
    banners: tuple[Banner, ...] = ()
    described: tuple[Described, ...] = ()
    certificates: tuple[Certificate, ...] = ()
    endpoints: tuple[Endpoint, ...] = ()
    types: tuple[Coded, ...] = ()
    signs: tuple[Sign, ...] = ()
    exchanges: tuple[Exchange, ...] = ()
    results_sent: tuple[Results, ...] = ()
    results_taken: tuple[Results, ...] = ()
    bedsides: tuple[Bedside, ...] = ()
    knocking: tuple[Knocking, ...] = ()

    def facts(self) -> Iterator[Fact]:
        for name in _NAMES:
            if of := getattr(self, name):
                yield from of

    def __add__(self, other: View) -> View:
        return View(*(tuple(dict.fromkeys(getattr(self, name) + getattr(other, name))) for name in _NAMES))

    def of_ae(self, titles: set[str], sent: tuple[Store, ...]) -> View:
        """Only what application entities of these titles did, and these stores."""
        return View(
            called_out=tuple(a for a in self.called_out if a.calling_ae in titles),
            was_called=tuple(a for a in self.was_called if a.called_ae in titles and a.accepted),
            asked=tuple(d for d in self.asked if d.calling_ae in titles),
            answered=tuple(d for d in self.answered if d.called_ae in titles),
            sent=sent,
        )

    def of_applications(self, names: set[str]) -> View:
        """Only the HL7 messages that these applications sent."""
        return View(hl7_sent=tuple(m for m in self.hl7_sent if (m.sending_application or "") in names))

    def without(self, titles: set[str], names: set[str]) -> View:
        """What is left when these application entities and HL7 applications have been taken out."""
        return replace(
            self,
            called_out=tuple(a for a in self.called_out if a.calling_ae not in titles),
            was_called=tuple(a for a in self.was_called if a.called_ae not in titles),
            asked=tuple(d for d in self.asked if d.calling_ae not in titles),
            answered=tuple(d for d in self.answered if d.called_ae not in titles),
            sent=tuple(s for s in self.sent if s.sender_ae not in titles),
            hl7_sent=tuple(m for m in self.hl7_sent if (m.sending_application or "") not in names),
        )


_NAMES = tuple(f.name for f in fields(View))
_SIDES: tuple[tuple[str, str, Callable[[Any], str]], ...] = (
    ("talkers", "talkers", lambda o: o.address),
    ("bindings", "bindings", lambda o: o.address),
    ("served", "served", lambda o: o.address),
    ("used", "used", lambda o: o.address),
    ("names", "names", lambda o: o.address),
    ("called_out", "associations", lambda o: o.orig),
    ("was_called", "associations", lambda o: o.resp),
    ("asked", "dimse", lambda o: o.orig),
    ("answered", "dimse", lambda o: o.resp),
    ("sent", "stores", lambda o: o.sender),
    ("received", "stores", lambda o: o.receiver),
    ("hl7_sent", "messages", lambda o: o.orig),
    ("hl7_taken", "messages", lambda o: o.resp),
    ("sharing", "sharing", lambda o: o.orig),
    ("fhir", "fhir", lambda o: o.address),
    ("shares", "shares", lambda o: o.address),
    ("banners", "banners", lambda o: o.address),
    ("described", "described", lambda o: o.address),
    ("certificates", "certificates", lambda o: o.address),
    ("endpoints", "endpoints", lambda o: o.address),
    ("types", "types", lambda o: o.address),
    ("signs", "signs", lambda o: o.address),
    ("exchanges", "exchanges", lambda o: o.address),
    ("results_sent", "results", lambda o: o.sender),
    ("results_taken", "results", lambda o: o.receiver),
    ("bedsides", "bedsides", lambda o: o.address),
    ("knocking", "knocking", lambda o: o.address),
)


class Index:
    """Observations by address and side, so that a site of thousands of assets is gone through once."""

    def __init__(self, seen: Observations) -> None:
        self._by: dict[tuple[str, str], list[Any]] = defaultdict(list)
        for side, name, address in _SIDES:
            for fact in getattr(seen, name):
                self._by[side, address(fact)].append(fact)
        for client in seen.clients:
            self._by["clients", client.mac].append(client)
        # An acknowledgement travels back: it is no message that the originator sent.
        for key in [k for k in self._by if k[0] == "hl7_sent"]:
            self._by[key] = [m for m in self._by[key] if not m.is_ack]

    def of(self, addresses: Iterable[str], mac: str) -> View:
        addresses = tuple(addresses)
        found = ((side, [self._by[side, a] for a in addresses if (side, a) in self._by]) for side, _, _ in _SIDES)
        sides = {side: tuple(chain.from_iterable(of)) for side, of in found if of}
        clients = (c for c in self._by.get(("clients", mac), ()) if c.place is None or not addresses or c.place in addresses)
        return View(clients=tuple(clients), **sides)
