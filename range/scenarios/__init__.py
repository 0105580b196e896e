"""Every attack that the range can play. The list is the order of `range list`: examples of the table of attacks, then stories."""

from __future__ import annotations

from importlib import import_module

from scenario import Scenario

FILES = (
    "ransomware",
    "remote_service",
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
    "tls_downgrade",
    "exploit_strings",
    "clear_service",
    "default_credentials",
    "device_outside",
    "domain_attack",
    "guessing",
    "local_spoof",
    "rdp_misuse",
    "remote_task",
    "rogue_provider",
    "story_forged",
    "story_insider",
    "story_ransomware",
    "story_vendor",
)
SCENARIOS: tuple[Scenario, ...] = tuple(import_module(f"scenarios.{name}").SCENARIO for name in FILES)
