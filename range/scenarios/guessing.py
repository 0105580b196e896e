"""Passwords are guessed (ATT&CK T1110.001), or one is tried with many users (T1110.003): SSH, FTP, SMB, Kerberos, LDAP.

A protocol's own variant makes 40 attempts at one server in some seconds, above 30 in half an hour of one pair; those with `success` end
with the right password. `spray` tries one password with 25 users of the domain, above ten users of one source in ten minutes. `slow` makes
one attempt in two minutes, half of what counts, and `slow-spray` asks for one user in two minutes.
"""

from __future__ import annotations

from collections.abc import Callable

from accounts import ACCOUNT, PASSWORD
from acts.intrusion import Try, attempts, ftp, kerberos, ldap, smb, ssh
from scenario import Scenario, Script
from services.directory import USERS

FROM, GUESSING, SPRAYING = "adm-pc2", ("T1110.001",), ("T1110.003",)
ATTEMPTS, SPRAYED, SLOW_S = 40, 25, 120
AT_ONCE = 8
"""Servers let those wait who were wrong: guessers do not wait for each answer."""
SAMBA = ("dc", "files")
RIGHT = {"dc": (USERS[2], f"{PASSWORD}-Zz1")}
"""Who is let in, where it is not the account that services share."""


def guesses(user: str, count: int) -> list[tuple[str, str]]:
    return [(user, f"zz-wrong-{number}") for number in range(count)]


def loud(how: Try, to: str, *, host: str = FROM, success: bool = False) -> Callable[[Script], None]:
    def script_it(script: Script) -> None:
        if to in SAMBA:
            script.need_samba()
        user, password = RIGHT.get(to, (ACCOUNT, PASSWORD))
        script.act(host, "passwords guessed", attempts(how, guesses(user, ATTEMPTS), at_once=AT_ONCE), to, technique=GUESSING)
        if success:
            script.wait(60)
            script.act(
                host, "a password that was right", attempts(how, [(user, password)], success=True), to, technique=(*GUESSING, "T1078")
            )

    return script_it


def spray(script: Script) -> None:
    """Users as they are called in hospitals, those of the domain among them, and in the end one who chose that password."""
    script.need_samba()
    names = [*USERS[:2], *(f"zzuser{number:02d}" for number in range(SPRAYED - 3)), USERS[3]]
    script.act(FROM, "one password, many users", attempts(kerberos, [(name, "zz-spring-2026") for name in names]), "dc", technique=SPRAYING)
    script.wait(120)
    hit = attempts(kerberos, [RIGHT["dc"]], success=True)
    script.act(FROM, "a password that was right", hit, "dc", technique=(*SPRAYING, "T1078"))


def slow(script: Script) -> None:
    for user, password in guesses(ACCOUNT, ATTEMPTS):
        script.act(FROM, "a password guessed", attempts(ssh("backup"), [(user, password)]), "backup", technique=GUESSING)
        script.wait(SLOW_S)


def slow_spray(script: Script) -> None:
    script.need_samba()
    for number in range(SPRAYED):
        who = (f"zzuser{number:02d}", "zz-spring-2026")
        script.act(FROM, "one password, one user more", attempts(kerberos, [who]), "dc", technique=SPRAYING)
        script.wait(SLOW_S)


SCENARIO = Scenario(
    name="guessing",
    title="A workplace guesses passwords",
    technique=("T1110.001", "T1110.003"),
    variants={
        "ssh-success": loud(ssh("backup"), "backup", success=True),
        "smb-success": loud(smb("files"), "files", success=True),
        "kerberos": loud(kerberos, "dc"),
        "ldap": loud(ldap("dc"), "dc"),
        "ftp": loud(ftp("mr01"), "mr01", host="ge-remote"),
        "spray": spray,
        "slow": slow,
        "slow-spray": slow_spray,
    },
    row="brute force, spray",
)
