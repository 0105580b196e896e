"""Every attack that the range can play. The list is the order of `range list`: examples of the table of attacks, then stories."""

from __future__ import annotations

from importlib import import_module

from scenario import Scenario

FILES = (
    "ransomware",
    "remote_service",
    "remote_task",
    "rdp_misuse",
    "guessing",
    "scan",
    "dns_tunnel",
    "beaconing",
    "exfiltration",
    "dicom_mass_retrieve",
    "dicom_query_sweep",
    "dicom_unknown_sender",
    "dicom_drift",
    "dicom_polyglot",
    "hl7_injection",
    "feed_silent",
    "fhir_export",
    "rogue_provider",
    "default_credentials",
    "tls_downgrade",
    "local_spoof",
    "exploit_strings",
    "domain_attack",
    "device_outside",
    "story_ransomware",
)
SCENARIOS: tuple[Scenario, ...] = tuple(import_module(f"scenarios.{name}").SCENARIO for name in FILES)
