"""Test messages in a production feed: processing id T or D (HL7 v2.5.1 2.15.9.11, table 0103) towards a receiver that takes P as well."""

from __future__ import annotations

from asepsis.findings.service import Action, Check, Effort, Fault, HarmKind, Look, Party, Proposal, Row, counted, faults, five, posture

ID = "hl7-test-messages"
# One or two are an engineer who tries a line on the day that it goes live.
MESSAGES_MIN = 3
WORDS = {"T": "training", "D": "debugging"}

_MESSAGES = """
    select client, server, port, client_hint, server_hint, processing_id, count(*) as messages, {span} from (
        select id_orig_h as client, id_resp_h as server, id_resp_p as port, upper(processing_id) as processing_id, ts, event_id,
               coalesce(sending_application, '') || '|' || coalesce(sending_facility, '') as client_hint,
               coalesce(receiving_application, '') || '|' || coalesce(receiving_facility, '') as server_hint
        from hl7 where not coalesce(is_ack, false) and upper(processing_id) in ('P', 'T', 'D')
    ) as seen group by client, server, port, client_hint, server_hint, processing_id
"""


def run(look: Look) -> list[Proposal]:
    rows = look.rows(_MESSAGES)
    production = {_receiver(row, look): row for row in rows if row["processing_id"] == "P"}
    tests = [row for row in rows if row["processing_id"] != "P" and _receiver(row, look) in production]
    found = faults(look, tests, who="client", part=lambda row: f"{row['client_hint']}>{row['server_hint']}@{row['server']}:{row['port']}")
    return [_proposal(fault, look) for fault in found if _number(fault) >= MESSAGES_MIN]


def _receiver(row: Row, look: Look) -> tuple[str, int, str]:
    """A receiver is an application at a port: an engine takes in tests for others."""
    return look.at(row["server"], row["server_hint"]).key, row["port"], row["server_hint"]


def _number(fault: Fault) -> int:
    return sum(row["messages"] for row in fault.rows)


def _proposal(fault: Fault, look: Look) -> Proposal:
    """Nothing clears it: production messages beside the tests are the fault itself."""
    sender, first = fault.party, fault.rows[0]
    receiver: Party = look.at(first["server"], first["server_hint"])
    kinds = " and ".join(WORDS[kind] for kind in fault.sighting.values("processing_id"))
    return posture(
        ID,
        fault,
        look,
        title=f"{sender.opening} sends test messages into {receiver.name}, which treats real patients",
        many="Test messages are sent into systems that treat real patients",
        harms=five(
            safety=(2, "A made-up order or result can be taken for a real patient's."),
            privacy=(1, "A test system that is tied to the real one may hold real patients' data."),
            integrity=(3, "False entries in real records have to be found."),
            service=(1, "Made-up orders cost work."),
            money_and_trust=(1, "Made-up entries may be billed."),
        ),
        peers=(receiver,),
        others=(receiver,),
        action=Action(
            f"Send the test messages of {sender.name} to a test system, and let {receiver.name} turn down what is no production message",
            Effort.HOURS,
            (
                f"Ask who owns {first['client_hint'].strip('|').replace('|', ' at ') or sender.name}: is it a test system, or set wrongly?",
                f"Look in {receiver.name} for what came of these messages since {fault.sighting.first_seen:%Y-%m-%d %H:%M} UTC.",
                "Set the receiver to refuse other processing ids than P (MSH-11; HL7 table 0103).",
            ),
            "Send test messages to test systems, and let these receivers turn down what is no production message",
        ),
        why=f"{sender.begins} sent {counted(_number(fault), 'message')} marked as {kinds} to"
        f" {first['server_hint'].strip('|').replace('|', ' at ') or receiver.name} ({receiver.name}, port {first['port']}), which takes"
        " production messages at the same place.",
    )


CHECK = Check(
    id=ID,
    title="HL7 test messages in a production feed",
    looks_for=f"{MESSAGES_MIN} or more messages with processing id T or D to an application and port that production messages go to.",
    cannot_see="Tests that are marked as production; what the receiver does with a test message.",
    streams=("hl7",),
    harms=(HarmKind.INTEGRITY, HarmKind.SAFETY),
    references=(
        "NIST SP 800-66r2 5.3.3 Integrity",
        "NIST CSF 2.0 PR.IR-01",
        "HL7 v2.5.1 2.15.9.11 and table 0103",
        "ATT&CK T1565.002 Transmitted Data Manipulation",
    ),
    run=run,
)
