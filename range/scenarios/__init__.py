"""Every attack that the range can play. The list is the order of `range list`: examples of the table of attacks, then stories."""

from __future__ import annotations

from scenario import Scenario

from scenarios import ransomware, scan

SCENARIOS: tuple[Scenario, ...] = (ransomware.SCENARIO, scan.SCENARIO)
