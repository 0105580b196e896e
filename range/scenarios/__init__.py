"""Every attack that the range can play. The list is the order of `range list`: examples of the table of attacks, then stories."""

from __future__ import annotations

from scenario import Scenario

from scenarios import (
    dicom_drift,
    dicom_mass_retrieve,
    dicom_polyglot,
    dicom_query_sweep,
    dicom_unknown_sender,
    feed_silent,
    fhir_export,
    hl7_injection,
    scan,
)

SCENARIOS: tuple[Scenario, ...] = (
    scan.SCENARIO,
    dicom_mass_retrieve.SCENARIO,
    dicom_query_sweep.SCENARIO,
    dicom_unknown_sender.SCENARIO,
    dicom_drift.SCENARIO,
    dicom_polyglot.SCENARIO,
    hl7_injection.SCENARIO,
    feed_silent.SCENARIO,
    fhir_export.SCENARIO,
)
