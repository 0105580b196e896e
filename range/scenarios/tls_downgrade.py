"""What was encrypted well is so no longer (ATT&CK T1562.010, T1557; row "TLS downgrade, certificate change").

Each begins with two ordinary visits. portal: the record's portal, reached by TLS 1.3 all day, speaks TLS 1.0 only. key: a device's page
shows another key under its name, signed by itself. clear: the same page answers without TLS, to the same host. dicom: a modality sends by
DICOM-TLS (PS3.15 B.9) to the archive, whose key changes; after that it sends in clear. Two visits each; then all is as it was.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from act import Act, Doing
from acts import imaging, records, upkeep
from cast import Patient
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from images import study
from lan import SCRATCH, RangeError
from scenario import Scenario, Script
from services.web import OLD_OPENSSL
from space import at, call
from state import Hospital

from scenarios.programs import running

VISITS, PACE_S = 2, 300
DEVICE, ENGINEER, READER, MODALITY, STORE = "xa01", "rad-ws1", "ward-ws1", "us01", "archive"
TLS_PORT = 2762
FORGED, RIGHTFUL = SCRATCH / "forged", SCRATCH / "rightful"


def usual(script: Script, host: str, what: str, doing: Doing, *peers: str) -> None:
    """What anybody does on any day: no part of the attack."""
    for _ in range(VISITS):
        script.acts.append(Act(script.moment, host, what, doing, peers))
        script.wait(PACE_S)


def bent(script: Script, host: str, what: str, doing: Doing, *peers: str) -> None:
    for _ in range(VISITS):
        script.act(host, what, doing, *peers)
        script.wait(PACE_S)


def reload(name: str, old: str = "", new: str = "") -> Doing:
    """The web server goes on with its settings changed, or without a text, with those that it had."""

    def doing(hospital: Hospital, moment: datetime) -> None:
        conf = hospital.folder(name) / "nginx-443" / "nginx.conf"
        kept = conf.with_suffix(".kept")
        if old:
            text = conf.read_text()
            if old not in text:
                raise RangeError(f"{name}: the web server's settings have no {old}")
            kept.write_text(text)
            conf.write_text(text.replace(old, new))
        else:
            kept.replace(conf)
        call(["nginx", "-c", conf, "-e", f"{conf.parent}/error.log", "-s", "reload"])
        time.sleep(0.5)

    return doing


def turned(script: Script, host: str, what: str, doing: Doing, peer: str) -> None:
    """What is changed on a host before somebody comes."""
    script.act(host, what, doing, peer, silent=True)


def portal(script: Script) -> None:
    usual(script, READER, "portal", records.open_portal(), "ehr", "ns")
    turned(script, "ehr", "portal made to speak old TLS", reload("ehr", "TLSv1.2 TLSv1.3;", "TLSv1; ssl_ciphers ALL:@SECLEVEL=0;"), READER)
    bent(script, READER, "portal over TLS 1.0", _old_portal, "ehr", "ns")
    turned(script, "ehr", "portal as it was", reload("ehr"), READER)


def _old_portal(hospital: Hospital, moment: datetime) -> None:
    words = ["curl", "-sk", "--tlsv1.0", "--tls-max", "1.0", "-f", "-o", "/dev/null", "-m", "20"]
    call([*words, f"https://ehr.{hospital.topology.domain}/"], env={"OPENSSL_CONF": str(OLD_OPENSSL)})


def key(script: Script) -> None:
    usual(script, ENGINEER, "device's page", upkeep.open_device_page(DEVICE), DEVICE)
    turned(script, DEVICE, "another key put into place", _forge(DEVICE), ENGINEER)
    turned(script, DEVICE, "page with another key", reload(DEVICE, f"{SCRATCH}/soon", str(FORGED)), ENGINEER)
    bent(script, ENGINEER, "device's page under another key", upkeep.open_device_page(DEVICE), DEVICE)
    turned(script, DEVICE, "page as it was", reload(DEVICE), ENGINEER)


def clear(script: Script) -> None:
    usual(script, ENGINEER, "device's page", upkeep.open_device_page(DEVICE), DEVICE)
    turned(script, DEVICE, "page without TLS", reload(DEVICE, "listen 443 ssl;", "listen 443;"), ENGINEER)
    bent(script, ENGINEER, "device's page in clear", _page_in_clear, DEVICE)
    turned(script, DEVICE, "page as it was", reload(DEVICE), ENGINEER)


def _page_in_clear(hospital: Hospital, moment: datetime) -> None:
    call(["curl", "-sf", "-o", "/dev/null", "-m", "20", f"http://{hospital.address(DEVICE)}:443/"])


def dicom(script: Script) -> None:
    patients = script.hospital.patients
    script.acts.append(Act(script.moment, STORE, "key for DICOM-TLS", _forge(STORE, RIGHTFUL), (MODALITY,), silent=True))
    for patient in patients[:VISITS]:
        usual_one = _send_by_tls(patient, RIGHTFUL)
        script.acts.append(Act(script.moment, MODALITY, "images by DICOM-TLS", usual_one, (STORE,)))
        script.wait(PACE_S)
    turned(script, STORE, "another key put into place", _forge(STORE), MODALITY)
    for patient in patients[VISITS : 2 * VISITS]:
        script.act(MODALITY, "images by DICOM-TLS to another key", _send_by_tls(patient, FORGED), STORE)
        script.wait(PACE_S)
    script.act(MODALITY, "images in clear", imaging.examine(MODALITY, patients[2 * VISITS], STORE), STORE)


def _send_by_tls(patient: Patient, stem: Path) -> Doing:
    def doing(hospital: Hospital, moment: datetime) -> None:
        one, store = hospital.host(MODALITY), hospital.host(STORE)
        path = hospital.folder(one.name) / "tls.dcm"
        study(one, patient, moment)[0].save_as(path, enforce_file_format=True)
        words = ["storescu", "-aet", one.ae, "-aec", store.ae, "+tla", "-ic", store.address, TLS_PORT, path]
        takes = ["storescp", "--ignore", "-aet", store.ae, "+tls", f"{stem}.key", f"{stem}.crt", "-ic", TLS_PORT]
        with running(STORE, takes, TLS_PORT), at(MODALITY):
            call(words, env={"OPENSSL_CONF": str(_until_12())})

    return doing


def _until_12() -> Path:
    """A client that knows TLS 1.2 and no later, as most modalities: the certificate is seen."""
    path = SCRATCH / "openssl-12.cnf"
    path.write_text("openssl_conf = all\n[all]\nssl_conf = ssl\n[ssl]\nsystem_default = system\n[system]\nMaxProtocol = TLSv1.2\n")
    return path


def _forge(name: str, stem: Path = FORGED) -> Doing:
    """A key and a certificate under the host's name that no authority signed."""

    def doing(hospital: Hospital, moment: datetime) -> None:
        key, subject = (
            rsa.generate_private_key(65537, 2048),
            x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{name}.{hospital.topology.domain}")]),
        )
        draft = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
        begin = min(moment, datetime.now(UTC)) - timedelta(days=1)
        draft = draft.serial_number(x509.random_serial_number()).not_valid_before(begin).not_valid_after(begin + timedelta(days=3_650))
        form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        Path(f"{stem}.key").write_bytes(key.private_bytes(*form))
        Path(f"{stem}.crt").write_bytes(draft.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))

    return doing


SCENARIO = Scenario(
    name="tls-downgrade",
    title="What was encrypted well is so no longer",
    technique=("T1562.010", "T1557"),
    variants={"portal": portal, "key": key, "clear": clear, "dicom": dicom},
    row="TLS downgrade, certificate change",
)
