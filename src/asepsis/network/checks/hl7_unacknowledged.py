"""HL7 v2 senders whose messages are never acknowledged, or mostly turned down (HL7 v2.5.1 2.9.2 and 2.9.3; IHE ITI TF-2 C.2.3).

What was sent and is not answered is either lost at the other side without anyone knowing, or held back by a sender that waits.
"""

from __future__ import annotations

from collections.abc import Iterator

from asepsis.findings.service import (
    Action,
    Check,
    Cleared,
    Effort,
    Fault,
    HarmKind,
    Look,
    Proposal,
    Row,
    Sighting,
    counted,
    faults,
    five,
    gather,
    posture,
)

ID = "hl7-unacknowledged"
# A new interface is tried with a few messages before anyone answers.
MESSAGES_MIN = 10
REFUSED_MIN = 5
OUTCOMES = ("none", "accepted", "refused")

# Only conversations of which both directions were captured: a mirror that leaves one out hides every answer.
_FEEDS = """
    select client, server, port, client_hint, server_hint, outcome, coalesce(ts > last_refused, true) as since, count(*) as messages, {span}
    from (
        select *, max(case when outcome = 'refused' then ts end)
                  over (partition by client, server, port, client_hint, server_hint) as last_refused
        from (
            select h.id_orig_h as client, h.id_resp_h as server, h.id_resp_p as port, h.ts, h.event_id,
                   coalesce(h.sending_application, '') || '|' || coalesce(h.sending_facility, '') as client_hint,
                   coalesce(h.receiving_application, '') || '|' || coalesce(h.receiving_facility, '') as server_hint,
                   case when a.refused = 1 then 'refused' when a.refused = 0 or h.latency is not null then 'accepted'
                        else 'none' end as outcome
            from hl7 as h
            join (
                select distinct uid from conn
                where service like '%hl7%' and orig_pkts > 0 and resp_pkts > 0 and coalesce(missed_bytes, 0) = 0
            ) as c on c.uid = h.uid
            left join (
                select uid, acked_control_id, max(case when ack_code in ('AE', 'AR', 'CE', 'CR') then 1 else 0 end) as refused
                from hl7 where is_ack and ack_code is not null group by uid, acked_control_id
            ) as a on a.uid = h.uid and a.acked_control_id = h.control_id
            where h.kind = 'mllp' and not coalesce(h.is_ack, false) and not coalesce(h.partial, false)
        ) as told
    ) as seen group by client, server, port, client_hint, server_hint, outcome, since
"""


def run(look: Look) -> list[Proposal]:
    return [_proposal(fault, number, look) for fault, number, _ in _faults(look)]


def clears(look: Look) -> list[Cleared]:
    """Feeds that were turned down, of which as many messages have been accepted since as make a feed."""
    why = "Its latest messages have all been accepted."
    return [
        Cleared(ID, fault.party.key, good.last_seen, why, fault.part, good.events)
        for fault, _, good in _faults(look)
        if good and sum(row["messages"] for row in good.rows) >= MESSAGES_MIN
    ]


def _faults(look: Look) -> Iterator[tuple[Fault, dict[str, int], Sighting | None]]:
    """Feeds with the rows that speak against them, the number of messages by what came of them, and those accepted since."""
    for feed in faults(look, _FEEDS, who="client", part=_feed):
        number = {outcome: sum(row["messages"] for row in feed.rows if row["outcome"] == outcome) for outcome in OUTCOMES}
        answered = number["accepted"] + number["refused"]
        if number["none"] >= MESSAGES_MIN and not answered:
            yield Fault(feed.party, f"{feed.part} none", feed.sighting), number, None
        elif number["refused"] >= REFUSED_MIN and number["refused"] * 2 > answered:
            by = gather(("since" if row["outcome"] == "accepted" and row["since"] else row["outcome"], row) for row in feed.rows)
            yield Fault(feed.party, f"{feed.part} refused", by["refused"]), number, by.get("since")


def _feed(row: Row) -> str:
    return f"{row['client_hint']}>{row['server_hint']}@{row['server']}:{row['port']}"


def _proposal(fault: Fault, number: dict[str, int], look: Look) -> Proposal:
    sender, first = fault.party, fault.rows[0]
    receiver = look.at(first["server"], first["server_hint"])
    refused = fault.part.endswith("refused")
    messages = sum(number.values())
    who = f"{first['client_hint'].strip('|').replace('|', ' at ') or sender.name}"
    what = f"{receiver.name} turns down most of what {sender.name} sends" if refused else f"{receiver.name} never answers {sender.name}"
    return posture(
        ID,
        fault,
        look,
        title=f"{what}: orders or results may be missing",
        many="Most messages are turned down: orders or results may be missing"
        if refused
        else "Messages are never answered: some may be missing",
        harms=five(
            safety=(2, "A lost order or result can delay or mislead care."),
            privacy=(0, "Nothing more can be read than before."),
            integrity=(2, "The two systems may no longer say the same of a patient."),
            service=(3, "Care waits for orders and results."),
            money_and_trust=(1, "Lost orders are lost work."),
        ),
        peers=(receiver,),
        others=(receiver,),
        action=Action(
            f"Find out why {receiver.name} {'turns down' if refused else 'does not answer'} the messages of {who}, and what was lost",
            Effort.HOURS,
            (
                "Look in the error queue of the interface engine: what does it say of these messages?",
                f"Compare a few patients in both systems since {fault.sighting.first_seen:%Y-%m-%d %H:%M} UTC.",
                "If this feed is meant to go without answers (MSH-15 and MSH-16 say NE), accept the finding with that reason.",
            ),
            "Find out why these messages are not taken in, and what was lost",
        ),
        why=f"{who} sent {counted(messages, 'message')} to {receiver.name} (port {first['port']}); "
        + (
            f"{number['refused']} of them came back as errors."
            if refused
            else "none was acknowledged, though both directions were captured."
        ),
    )


CHECK = Check(
    id=ID,
    title="HL7 feed without acknowledgements, or with errors",
    looks_for=f"Feeds of {MESSAGES_MIN} messages or more of which none was acknowledged, or most came back as AE, AR, CE or CR.",
    cannot_see="Feeds that ask for no answer (MSH-15 and MSH-16 are not kept) or get it elsewhere; HL7 over HTTP; what is lost later.",
    streams=("hl7",),
    harms=(HarmKind.SAFETY, HarmKind.INTEGRITY, HarmKind.SERVICE),
    references=(
        "NIST SP 800-66r2 5.3.3 Integrity",
        "NIST CSF 2.0 DE.CM-09",
        "HL7 v2.5.1 2.9.2",
        "IHE ITI TF-2 C.2.3",
        "ATT&CK T0815 Denial of View",
    ),
    run=run,
    clears=clears,
    of_silence=True,
)
