"""A program is run on another machine by WMI, DCOM or the task scheduler (ATT&CK T1047, T1021.003, T1053.005).

task: a task is registered, run and removed. wmi: Win32_Process.Create by IWbemServices::ExecMethod. mmc: MMC20.Application told to
execute. Each from a workplace that administers nothing; device: WMI and a task at a central station in intensive care. slow: one of the
three an hour.
"""

from __future__ import annotations

from acts.remote_calls import mmc, run_task, wmi
from scenario import Scenario, Script

FROM, TO = "adm-pc2", "adm-pc1"
COMMAND = "cmd.exe /Q /c whoami"
WMI, DCOM, TASK = ("T1047",), ("T1021.003",), ("T1053.005",)


def _task(script: Script, host: str = FROM, to: str = TO) -> None:
    script.act(host, "a task registered and run", run_task(to, "ZZtask", COMMAND), to, technique=TASK)


def _wmi(script: Script, host: str = FROM, to: str = TO) -> None:
    script.act(host, "a program started by WMI", wmi(to, COMMAND), to, technique=WMI)


def _mmc(script: Script, host: str = FROM, to: str = TO) -> None:
    script.act(host, "a program started by MMC20", mmc(to, COMMAND), to, technique=DCOM)


def device(script: Script) -> None:
    _wmi(script, "ward-ws1", "central")
    script.wait(60)
    _task(script, "ward-ws1", "central")


def slow(script: Script) -> None:
    for way in (_wmi, _task, _mmc):
        way(script)
        script.wait(3_600)


SCENARIO = Scenario(
    name="remote-task",
    title="A program is run on another machine by WMI, DCOM or a task",
    technique=(*WMI, *DCOM, *TASK),
    variants={"task": _task, "wmi": _wmi, "mmc": _mmc, "device": device, "slow": slow},
    row="WMI, DCOM, scheduled task",
)
