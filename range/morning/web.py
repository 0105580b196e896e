"""HTTP and TLS: FHIR in clear, the EHR's portal on TLS 1.2 and 1.3, a pump server's page on TLS 1.0 with a dead certificate."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from cast import DOMAIN, OUTSIDE, Patient
from lan import SCRATCH, run, start

PACKAGES = {"nginx": "nginx-light", "openssl": "openssl", "curl": "curl"}
TOKEN = "zz-bearer-token-invented"
OLD_OPENSSL = {"OPENSSL_CONF": str(SCRATCH / "old-openssl.cnf")}
VENDOR = "telemetry.imaging-vendor.example"


def certificates() -> None:
    """A hospital authority and what it signed, and one self-signed RSA-1024 SHA-1 certificate that ended in 2018."""
    _openssl(
        "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "3650", *_pair("ca"), "-subj", "/O=ZZ Example Hospital/CN=ZZ Example CA"
    )
    for name in (f"ehr.{DOMAIN}", f"telerad.{DOMAIN}", f"xa01.{DOMAIN}", VENDOR):
        _signed(name)
    (SCRATCH / "old-openssl.cnf").write_text(
        "openssl_conf = all\n[all]\nssl_conf = ssl\n[ssl]\nsystem_default = system\n"
        "[system]\nMinProtocol = TLSv1\nCipherString = ALL:@SECLEVEL=0\n"
        f"[ca]\ndefault_ca = old\n[old]\nnew_certs_dir = {SCRATCH}\ndatabase = {SCRATCH}/old.index\nrand_serial = yes\npolicy = any\n"
        "default_md = sha1\n[any]\ncommonName = supplied\n"
    )
    (SCRATCH / "old.index").touch()
    _openssl(
        "req",
        "-new",
        "-newkey",
        "rsa:1024",
        "-nodes",
        "-keyout",
        f"{SCRATCH}/pump.key",
        "-out",
        f"{SCRATCH}/pump.csr",
        "-subj",
        f"/CN=pumpsrv.{DOMAIN}",
    )
    dates = ["-startdate", "20130101000000Z", "-enddate", "20180101000000Z"]
    files = ["-keyfile", f"{SCRATCH}/pump.key", "-in", f"{SCRATCH}/pump.csr", "-out", f"{SCRATCH}/pump.crt"]
    _openssl("ca", "-config", OLD_OPENSSL["OPENSSL_CONF"], "-batch", "-notext", "-selfsign", *dates, *files)


def _pair(stem: str) -> list[str]:
    return ["-keyout", f"{SCRATCH}/{stem}.key", "-out", f"{SCRATCH}/{stem}.crt"]


def _signed(name: str) -> None:
    stem = name.split(".", maxsplit=1)[0]
    request, extension = SCRATCH / f"{stem}.csr", SCRATCH / f"{stem}.ext"
    extension.write_text(f"subjectAltName=DNS:{name}\n")
    _openssl(
        "req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{SCRATCH}/{stem}.key", "-out", str(request), "-subj", f"/CN={name}"
    )
    by = ["-CA", f"{SCRATCH}/ca.crt", "-CAkey", f"{SCRATCH}/ca.key", "-CAcreateserial", "-days", "365", "-extfile", str(extension)]
    _openssl("x509", "-req", "-in", str(request), "-out", f"{SCRATCH}/{stem}.crt", *by)


def _openssl(*words: str) -> None:
    subprocess.run(["openssl", *words], check=True, capture_output=True)


def nginx(space: str, servers: str, ports: list[int], env: dict[str, str] | None = None) -> None:
    home = SCRATCH / f"nginx-{space}"
    (home / "www").mkdir(parents=True, exist_ok=True)
    temp = " ".join(f"{kind}_temp_path {home}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    conf = home / "nginx.conf"
    conf.write_text(
        f"worker_processes 1; daemon off; user root; pid {home}/pid; error_log {home}/error.log;\n"
        f"events {{ worker_connections 64; }}\nhttp {{ access_log off; {temp} root {home}/www; {servers} }}\n"
    )
    start(space, ["nginx", "-c", str(conf), "-e", f"{home}/error.log"], ports=ports, env=env)


def _tls(stem: str, protocols: str) -> str:
    return f"ssl_certificate {SCRATCH}/{stem}.crt; ssl_certificate_key {SCRATCH}/{stem}.key; ssl_protocols {protocols};"


def open_web(patients: list[Patient]) -> None:
    www = SCRATCH / "nginx-ehr" / "www"
    _fhir_files(www / "fhir", patients)
    fhir = "location /fhir/ { types { } default_type application/fhir+json; error_page 405 =201 /fhir/created; }"
    export = "location = /fhir/$export { default_type application/fhir+json; return 202 ''; }"
    portal = f"server {{ listen 443 ssl; {_tls('ehr', 'TLSv1.2 TLSv1.3')} }}"
    nginx("ehr", f"server {{ listen 80; server_name ehr.{DOMAIN}; {fhir} {export} }} {portal}", [80, 443])
    (www / "index.html").write_text("<title>ZZ portal</title>" + "<p>portal</p>" * 300)
    old = _tls("pump", "TLSv1 TLSv1.1") + " ssl_ciphers ALL:@SECLEVEL=0;"
    nginx("pumpsrv", f"server {{ listen 443 ssl; {old} }}", [443], env=OLD_OPENSSL)
    _page("pumpsrv")
    nginx("internet", f"server {{ listen {OUTSIDE['telemetry']}:443 ssl; {_tls('telemetry', 'TLSv1.2 TLSv1.3')} }}", [443])
    _page("internet")


def _page(space: str) -> None:
    (SCRATCH / f"nginx-{space}" / "www" / "index.html").write_text(f"<title>{space}</title>")


def _fhir_files(folder: Path, patients: list[Patient]) -> None:
    """R4 resources as files: a search is answered whatever its query says, which is all that a recording needs."""
    folder.mkdir(parents=True)
    people = [
        {
            "resourceType": "Patient",
            "id": patient.id,
            "identifier": [{"system": "urn:oid:2.16.840.1.113883.19.5", "value": patient.id}],
            "name": [{"family": "ZZTEST", "given": [patient.name.split("^")[1]]}],
            "birthDate": "1900-01-01",
        }
        for patient in patients
    ]
    heart = {"coding": [{"system": "http://loinc.org", "code": "8867-4", "display": "Heart rate"}]}
    rates = [
        {
            "resourceType": "Observation",
            "id": f"zz{number}",
            "status": "final",
            "code": heart,
            "subject": {"reference": f"Patient/{patient.id}"},
            "device": {"reference": f"Device/zzmon{number % 4}"},
            "valueQuantity": {"value": 60 + number, "unit": "beats/minute"},
        }
        for number, patient in enumerate(patients)
    ]
    software = {"name": "ZZ Example EHR", "version": "4.2"}
    capability = {"resourceType": "CapabilityStatement", "status": "active", "software": software, "fhirVersion": "4.0.1"}
    _write(folder / "metadata", capability)
    _write(folder / "Observation", _bundle(rates))
    (folder / "Patient").mkdir()
    _write(folder / "Patient" / "index.html", _bundle(people))
    for person in people:
        _write(folder / "Patient" / str(person["id"]), person)
    _write(folder / "created", {"resourceType": "OperationOutcome", "issue": []})


def _bundle(resources: Sequence[Mapping[str, object]]) -> dict[str, object]:
    return {"resourceType": "Bundle", "type": "searchset", "total": len(resources), "entry": [{"resource": one} for one in resources]}


def _write(path: Path, resource: Mapping[str, object]) -> None:
    path.write_text(json.dumps(resource))


def morning(patients: list[Patient]) -> None:
    """Devices read FHIR, people open the portal, the CT calls its maker, a pharmacist opens the pump server."""
    base = f"http://ehr.{DOMAIN}/fhir"
    agent = ["curl", "-s", "-A", "ZZ-FHIR-Client/2.1", "-H", "Accept: application/fhir+json", "-o", "/dev/null"]
    run("mongw", [*agent, f"{base}/metadata"])
    for patient in patients[:6]:
        run(
            "mongw",
            [*agent, "-H", f"Authorization: Bearer {TOKEN}", f"{base}/Patient/?identifier={patient.id}", f"{base}/Patient/{patient.id}"],
        )
        run("ws1", [*agent, f"{base}/Observation?patient=Patient/{patient.id}&code=8867-4&_count=50"])
    body = json.dumps({"resourceType": "Observation", "status": "final", "subject": {"reference": f"Patient/{patients[0].id}"}})
    run("mongw", [*agent, "-H", "Content-Type: application/fhir+json", "-d", body, f"{base}/Observation"])
    run("pc02", [*agent, f"{base}/$export?_type=Patient"])
    quiet = ["curl", "-s", "-o", "/dev/null", "--cacert", f"{SCRATCH}/ca.crt"]
    for space, newest in (("pc01", "1.3"), ("pc02", "1.2"), ("ws1", "1.3")):
        run(space, [*quiet, "--tls-max", newest, f"https://ehr.{DOMAIN}/"])
    run("pc02", [*quiet, "-k", "--tlsv1.0", "--tls-max", "1.0", f"https://pumpsrv.{DOMAIN}/"], env=OLD_OPENSSL)
    run("ws1", [*quiet, "-k", "--tlsv1.0", "--tls-max", "1.1", f"https://pumpsrv.{DOMAIN}/"], env=OLD_OPENSSL)
    for _ in range(3):
        run("ct01", [*quiet, f"https://{VENDOR}/"])
