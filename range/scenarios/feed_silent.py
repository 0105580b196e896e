"""A feed that care depends on falls silent while the hospital goes on (ATT&CK T0815; row "HL7/DICOM feed gone silent").

Each plays an hour of the ordinary day, so it belongs behind the day and not into it. monitors: intensive care's monitors, who report every
minute, report nothing. thinned: of their messages only every fourth arrives, so no gap is longer than five minutes. unanswered: the engine
hangs; messages are sent and none is acknowledged, then all at once. undelivered: the engine acknowledges and keeps what is for the record,
an hour long. images: the PACS refuses every association.
"""

from __future__ import annotations

import os
import signal
import socket
import struct
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import schedule
from act import Act, Doing
from acts.messages import SENDERS
from clients import control
from clients.hl7_messages import MESSAGES, PLAIN
from links.hl7 import framed
from scenario import Scenario, Script
from services.clinical import control as socket_of
from space import call
from state import Hospital

SILENT_S, STEP_S, WAIT_S = 3_600, 60, 0.3
KEPT = 4
TRIES = {"central": ("ORU^R01 device", 1), "ehr": ("ADT^A08", 3), "lis": ("ORU^R01 laboratory", 4)}
"""Who goes on sending to an engine that hangs: what, and every how many minutes."""
REFUSE = "table inet zz_refuse { chain arrives { type filter hook input priority 0; tcp dport 104 reject with tcp reset\n}\n}"


def ordinary_hour(script: Script, change: Callable[[Act], Act | None]) -> None:
    """What the hospital would do in the next hour, but for what `change` alters or leaves out."""
    acts = schedule.acts_of(script.hospital, script.moment, script.moment + timedelta(seconds=SILENT_S), script.seed)
    script.acts += [changed for act in acts if (changed := change(act))]


def nothing(hospital: Hospital, moment: datetime) -> None:
    """What keeps quiet sends no packet."""


def monitors(script: Script) -> None:
    script.act("central", "monitors fall silent", nothing, "engine", silent=True)
    ordinary_hour(script, lambda act: None if act.what == "monitors' values" else act)
    script.wait(SILENT_S)
    script.act("central", "monitors may speak again", nothing, "engine", silent=True)


def thinned(script: Script) -> None:
    seen = iter(range(SILENT_S))
    script.act("central", "monitors lose messages", nothing, "engine", silent=True)
    ordinary_hour(script, lambda act: None if act.what == "monitors' values" and next(seen) % KEPT else act)
    script.wait(SILENT_S)
    script.act("central", "monitors lose none", nothing, "engine", silent=True)


def unanswered(script: Script) -> None:
    script.act("engine", "interface engine hangs", _signal("interface_engine", signal.SIGSTOP), *TRIES, silent=True)
    ordinary_hour(script, lambda act: None if "engine" in act.peers or act.host == "engine" else act)
    begin = script.moment
    for minute in range(1, SILENT_S // STEP_S):
        script.moment = begin + timedelta(seconds=minute * STEP_S)
        for name in (name for name, (_, often) in TRIES.items() if minute % often == 0):
            script.act(name, "message without an answer", _try(name, minute), "engine", may_fail=True)
    script.moment = begin + timedelta(seconds=SILENT_S)
    awake = _signal("interface_engine", signal.SIGCONT)
    script.act("engine", "interface engine goes on", awake, "central", "ehr", "lis", "ris", goes_on=True, silent=True)


def _signal(program: str, what: signal.Signals) -> Doing:
    def doing(hospital: Hospital, moment: datetime) -> None:
        for pid in call(["ip", "netns", "pids", "engine"]).split():
            told = Path(f"/proc/{pid}/cmdline")
            if told.exists() and program in told.read_text(errors="replace"):
                os.kill(int(pid), what)

    return doing


def _try(name: str, number: int) -> Doing:
    """Send, wait in vain, and hang up so that nothing can be answered later."""

    def doing(hospital: Hospital, moment: datetime) -> None:
        (sender, port), kind = SENDERS[name], TRIES[name][0]
        text = MESSAGES[kind](
            sender, hospital.patients[number % len(hospital.patients)], moment, f"{sender.application}H{number:04}", PLAIN
        )
        with socket.create_connection((hospital.address("engine"), port), WAIT_S) as sock:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            sock.sendall(framed(text))
            sock.recv(1)

    return doing


def undelivered(script: Script) -> None:
    def order(line: str) -> Doing:
        return lambda hospital, moment: _tell(hospital, line)

    script.act("engine", "results are kept back", order("pause ehr"), "ehr", goes_on=True, silent=True)
    ordinary_hour(script, lambda act: act)
    script.wait(SILENT_S)
    script.act("engine", "results are let go", order("resume ehr"), "ehr", goes_on=True, silent=True)


def _tell(hospital: Hospital, line: str) -> None:
    control.tell(socket_of(hospital, hospital.host("engine"), "interface_engine"), line)


def images(script: Script) -> None:
    callers = [one.name for one in script.hospital.topology.hosts if one.name != "pacs" and not one.rogue]
    script.act("pacs", "PACS refuses associations", lambda hospital, moment: _rules(REFUSE), *callers, silent=True)
    ordinary_hour(script, lambda act: replace(act, may_fail=True) if "pacs" in act.peers else act)
    script.wait(SILENT_S)
    script.act("pacs", "PACS is there again", lambda hospital, moment: _rules("delete table inet zz_refuse"), *callers, silent=True)


def _rules(text: str) -> None:
    call(["nft", "-f", "-"], stdin=text)


SCENARIO = Scenario(
    name="feed-silent",
    title="A feed that care depends on falls silent",
    technique=("T0815",),
    variants={"monitors": monitors, "thinned": thinned, "unanswered": unanswered, "undelivered": undelivered, "images": images},
    row="HL7/DICOM feed gone silent",
)
