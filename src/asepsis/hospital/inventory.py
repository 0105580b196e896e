"""From observations to assets: who is there, what each is, and why we say so. The same rows in any order give the same assets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from asepsis.hospital.act import Act, taken_off
from asepsis.hospital.asset import Asset, Attribute, address_of
from asepsis.hospital.attributes import attributes, value_of
from asepsis.hospital.clinical import clinical_class
from asepsis.hospital.evidence import evidence
from asepsis.hospital.facts import Observations
from asepsis.hospital.identity import Host, Relay, asset_id, hosts
from asepsis.hospital.kinds import DECOY, UNKNOWN, Evidence, Verdict, judge
from asepsis.hospital.naming import machine_label, machine_name, role_name, roles
from asepsis.hospital.observations import by_place
from asepsis.hospital.parts import Part, host_identity, parts, serials
from asepsis.hospital.plan import Plan
from asepsis.hospital.same import Presence
from asepsis.hospital.stated import said, state
from asepsis.hospital.stays import now, stays
from asepsis.hospital.tenure import Tenure
from asepsis.hospital.view import Index, View
from asepsis.hospital.whole import from_first_to_last, whole

MOST_NAMES = 64
"""AE titles, host names, services kept of one asset."""
SHOWN = 4
"""Reasons for the kind that `why` tells."""


def inventory(
    seen: Observations, plan: Plan, held: Iterable[Tenure] = (), present: Presence | None = None, acts: Sequence[Act] = ()
) -> list[Asset]:
    """The assets of a site, by name. `held` are the holders of addresses that had several; `present` tells when something was seen at a
    place (without it: from the first to the last of what was seen there). `acts` are what people said, and stands."""
    acts = [act for act in acts if not act.undone]
    seen = by_place(seen.in_order(), held)
    index = Index(seen)
    found, relays = hosts(seen, plan, taken_off(acts, "place") | _decoys(plan))
    made = [p for host in found for p in parts(host, index.of(host.addresses, host.mac), taken_off(acts, "ae"))]
    made += _relays(relays, found, made, seen)
    found_assets = [_asset(part, plan) for part in whole(made, present or from_first_to_last(made), acts)]
    return sorted(said(state(found_assets, plan), acts), key=lambda a: (a.name, a.id))


def _decoys(plan: Plan) -> frozenset[str]:
    """Addresses of decoys, which most often stand beside that of the machine that plays them: what is true of one is not of the other."""
    return frozenset(stated.address for stated in plan.assets if stated.kind == DECOY and stated.address)


def _relays(relays: list[Relay], found: list[Host], made: list[Part], seen: Observations) -> list[Part]:
    """Tells every host behind a relay so, and makes an asset of each relay that is no host already."""
    first = {part.hosts[0]: part for part in made if part.role in ("whole", "adapter")}
    by_frame, by_mac, said = defaultdict(list), defaultdict(list), defaultdict(list)
    for host in found:
        by_frame[host.frame_mac].append(host)
        by_mac[host.mac].append(host)
    for talker in seen.talkers if relays else ():
        said[talker.mac].append(talker)
    out = []
    for relay in relays:
        behind = [h for h in by_frame[relay.mac] if h.mac != relay.mac]
        adapters = [h for h in behind if first[h].role == "adapter"]
        own = by_mac[relay.mac] or (adapters if len(adapters) == 1 and not relay.routed else [])
        if own:
            part = first[own[0]]
            part.before = max(part.before, len(relay.before))
            part.routed = part.routed or relay.routed
        else:
            view = View(talkers=tuple(said[relay.mac]))
            part = Part(
                asset_id("mac", relay.mac), "relay", [Host((), relay.mac, relay.mac)], view, before=len(relay.before), routed=relay.routed
            )
            out.append(part)
        for host in behind:
            if host not in own:
                first[host].behind = part.id
    return out


def _asset(part: Part, plan: Plan) -> Asset:
    verdict = judge([*evidence(part.view, part.machines, part.forwarded), *_of_place(part)])
    facts = attributes(part.view, part.machines)
    kind_class, class_source = clinical_class(verdict.kind, verdict.confidence)
    was = stays(part)
    addresses = now(was)
    macs = tuple(dict.fromkeys(h.mac for h in part.hosts if h.mac)) if part.role in ("whole", "adapter", "relay") else ()
    titles, applications, hostnames = (_values(facts, n) for n in ("ae_title", "hl7_application", "hostname"))
    told = {n: value_of(facts, n) for n in ("manufacturer", "model", "software", "serial", "station")}
    where = addresses[0] if addresses else (macs[0] if macs else "")
    names = tuple(dict.fromkeys(a.split("|")[0] for a in applications))
    name = role_name(verdict, titles, names, hostnames, where)
    if told["manufacturer"] or told["model"]:
        name = machine_name(told["manufacturer"], told["model"], machine_label(facts, told["station"], titles) or where)
    vlans = {a: h.vlan for h in part.hosts for a in h.addresses}
    zones = dict.fromkeys(plan.zone(s.address, vlans.get(s.place)) for s in reversed(was))
    times = [t for f in part.view.facts() for t in (f.first, f.last)]
    return Asset(
        id=part.id,
        name=name,
        kind=verdict.kind,
        kind_confidence=verdict.confidence,
        clinical_class=kind_class,
        class_source=class_source,
        confidence=_sureness(part),
        roles=tuple(roles(verdict)[1:]),
        **told,
        ae_titles=titles,
        hl7_applications=applications,
        hostnames=hostnames,
        addresses=addresses,
        macs=macs,
        zone=next((z for z in zones if z), ""),
        services=_services(part.view),
        attributes=(*_of_kind(verdict, kind_class), *facts),
        first_seen=min(times, default=None),
        last_seen=max(times, default=None),
        behind=part.behind,
        stays=was,
        maybe=part.maybe,
        contradictions=(),
        former=_former(part),
        why=tuple(_why(part, verdict)),
    )


def _former(part: Part) -> tuple[str, ...]:
    """The ids by address and MAC of what stands alone at them, so that an id noted once is still found."""
    if part.role not in ("whole", "adapter", "relay"):
        return ()
    by_mac = {asset_id("mac", host.mac) for host in part.hosts if host.mac}
    by_address = {asset_id("address", address) for host in part.hosts for address in host.addresses}
    by_mac |= {host_identity(host) for host in part.hosts if host.addresses}
    return tuple(sorted((by_mac | by_address) - {part.id}))


def _of_place(part: Part) -> Iterable[Evidence]:
    """What standing before others says of an asset."""
    latest = max(part.view.facts(), key=lambda fact: (fact.last, fact.event_id), default=None)
    shown = (latest.event_id, latest.last) if latest else (None, None)
    if part.role == "adapter":
        said = f"Behind its one address stand {part.before} machines: it is an adapter, or a computer that stands in for them."
        yield Evidence("adapter", 70, "place", said, "dicom_message", *shown)
    elif part.before:
        said = f"Its frames carry the packets of {part.before} other address{'es' if part.before > 1 else ''}."
        yield Evidence("network gear" if part.routed or part.role == "whole" else "adapter", 70, "place", said, "conn", *shown)


def _of_kind(verdict: Verdict, kind_class: str) -> tuple[Attribute, ...]:
    """Kind, class and further roles as facts, each with the best evidence that speaks for it."""
    if verdict.kind == UNKNOWN:
        return ()
    best = {role: next(e for e in verdict.evidence if e.kind == role) for role in roles(verdict)}
    kind = best[verdict.kind]
    scores = dict(verdict.scores)
    return (
        Attribute("kind", verdict.kind, kind.source, kind.ts, verdict.confidence, kind.event_id),
        Attribute("clinical_class", kind_class, kind.source, kind.ts, verdict.confidence, kind.event_id),
        *(Attribute("role", role, e.source, e.ts, scores[role] / 100, e.event_id) for role, e in best.items() if role != verdict.kind),
    )


def _sureness(part: Part) -> float:
    """How sure it is that this is one machine: a serial number or a MAC of its own says so, an address alone less, a title least."""
    if serials(part):
        return 0.95
    if any(h.mac for h in part.hosts) and part.role in ("whole", "relay"):
        return 0.9
    if any(h.contested for h in part.hosts):
        return 0.3
    return {"machine": 0.75, "adapter": 0.7, "whole": 0.6, "relay": 0.7, "speaker": 0.5}[part.role]


def _why(part: Part, verdict: Verdict) -> Iterable[str]:
    for m in part.machines:
        told = ", ".join(f"{n} {v}" for n, v in (("manufacturer", m.manufacturer), ("model", m.model), ("serial number", m.serial)) if v)
        sent = f"from AE title {', '.join(sorted(m.ae_titles))}" if m.ae_titles else "without AE title"
        yield f"{sum(s.events for s in m.stores)} images {sent} name it: {told}."
        other = sorted(m.stations - m.ae_titles)
        if other and m.ae_titles:
            yield f"Its images call the station {', '.join(other)}."
    for d in part.view.described:
        said = ", ".join(f"{n} {v}" for n, v in (("manufacturer", d.manufacturer), ("model", d.model), ("serial number", d.serial)) if v)
        yield f"Asked over SDC what it is, it told: {said}." if d.source == "sdc" else f"Its {d.source.upper()} messages name it: {said}."
    if verdict.kind == UNKNOWN and not part.view.described:
        yield "Nothing that was seen says what it is."
    yield from [e.sentence for e in verdict.evidence if e.kind == verdict.kind][:SHOWN]
    for role in roles(verdict)[1:]:
        yield next(f"Also {role}: {e.sentence}" for e in verdict.evidence if e.kind == role)
    if part.role in ("machine", "speaker"):
        yield f"It shares the address {address_of(part.hosts[0].addresses[0])} with other machines: an adapter stands before them."
    elif part.behind:
        yield "Its frames come from a MAC address that stands before several addresses, so that MAC is not its own."
    if any(h.contested for h in part.hosts):
        yield "Two MAC addresses claim its address: it may be two machines in turn, or one pretending to be the other."
    yield from part.why_one
    for perhaps in part.maybe:
        yield f"It may be the same machine as {perhaps.id}: {perhaps.why[:1].lower()}{perhaps.why[1:]}"


def _values(facts: Iterable[Attribute], name: str) -> tuple[str, ...]:
    return tuple(sorted({a.value for a in facts if a.name == name})[:MOST_NAMES])


def _services(view: View) -> tuple[str, ...]:
    out = {f"{f.service or f.proto}:{f.port} provider" for f in view.served} | {f"{f.service} user" for f in view.used if f.service}
    out |= {f"dicom:{a.port} provider" for a in view.was_called if a.accepted} | {"dicom user" for _ in view.called_out}
    out |= {f"hl7:{m.port} provider" for m in view.hl7_taken} | {"hl7 user" for _ in view.hl7_sent}
    return tuple(sorted(out)[:MOST_NAMES])
