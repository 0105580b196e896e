"""A program is put on another machine and started there as a service (ATT&CK T1569.002, T1543.003, T1021.002): ADMIN$ and svcctl.

psexec: a program is written to ADMIN$, and a service made of it within a minute. smbexec: a service that is a command line, three of
them, no program. refused: the same is tried at the file server, which makes no services. device: a central station in intensive care.
slow: program and service are an hour apart, more than the ten minutes in which both are looked for.
"""

from __future__ import annotations

from acts.remote_calls import put_program, run_service
from scenario import Scenario, Script

SERVICE = ("T1569.002", "T1543.003", "T1021.002")
FROM, TO, PROGRAM = "adm-pc2", "adm-pc1", "ZZsvcpx.exe"
COMMAND = r"%COMSPEC% /Q /c echo cd ^> \\127.0.0.1\C$\__output 2^>^&1"


def in_two_steps(script: Script, host: str, to: str, apart_s: float) -> None:
    script.act(host, "a program put on ADMIN$", put_program(to, PROGRAM), to, technique=("T1021.002", "T1570"))
    script.wait(apart_s)
    script.act(host, "a service made and started", run_service(to, "ZZsvcpx", rf"%systemroot%\{PROGRAM}"), to, technique=SERVICE)


def psexec(script: Script) -> None:
    in_two_steps(script, FROM, TO, 20)


def smbexec(script: Script) -> None:
    for number in range(3):
        script.act(FROM, "a service that is a command", run_service(TO, f"ZZtmp{number}", COMMAND), TO)
        script.wait(15)


def refused(script: Script) -> None:
    script.need_samba()
    script.act(FROM, "a service tried at the file server", run_service("files", "ZZsvcpx", rf"%systemroot%\{PROGRAM}"), "files")


def device(script: Script) -> None:
    in_two_steps(script, "ward-ws1", "central", 20)


def slow(script: Script) -> None:
    in_two_steps(script, FROM, TO, 3_600)


SCENARIO = Scenario(
    name="remote-service",
    title="A program is run on another machine as a service",
    technique=SERVICE,
    variants={"psexec": psexec, "smbexec": smbexec, "refused": refused, "device": device, "slow": slow},
    row="psexec / smbexec / remote service",
)
