"""HTTP/2 in clear: nginx and nghttpd by prior knowledge, nghttpx by upgrade too; FHIR-like and DICOMweb-like, patients invented."""

from __future__ import annotations

import json
from pathlib import Path

import lan
from cast import patients
from morning import web

from goldens.cable import Recorded

PACKAGES = {"nginx": "nginx-light", "curl": "curl", "nghttpd": "nghttp2", "nghttpx": "nghttp2", "nghttp": "nghttp2"}
NGINX, BEHIND, NGHTTPD, NGHTTPX = 8080, 8081, 8082, 8083
REFUSED = 92  # curl: the stream was reset
PATIENT = patients(1)[3]
TOKEN = f"zz.{PATIENT.id}.invented"
RELATED = 'multipart/related; type="application/dicom"; boundary=zzpart'
FHIR, DICOM_JSON = "application/fhir+json", "application/dicom+json"


def _bundle() -> str:
    name = {"family": "ZZTEST", "given": [PATIENT.name.partition("^")[2]]}
    resource = {"resourceType": "Patient", "id": "zz-d", "identifier": [{"type": {"coding": [{"code": "MR"}]}, "value": PATIENT.id}]}
    return json.dumps({"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": resource | {"name": [name]}}]})


def _study() -> bytes:
    """Two files of DICOM by their preamble, of more than one DATA frame together."""
    file = bytes(128) + b"DICM" + PATIENT.name.encode() + bytes(4600)
    return b"".join(b"--zzpart\r\nContent-Type: application/dicom\r\n\r\n" + file + b"\r\n" for _ in range(2)) + b"--zzpart--\r\n"


def _nginx(space: str) -> None:
    study = lan.SCRATCH / "study-http2"
    study.write_bytes(_study())
    found = json.dumps([{"00100020": {"vr": "LO", "Value": [PATIENT.id]}}])
    served = [
        f"location /fhir/ {{ default_type {FHIR}; return 200 '{_bundle()}'; }}",
        f"location /dicom-web/studies {{ default_type {DICOM_JSON}; return 200 '{found}'; }}",
        f"location /dicom-web/studies/ {{ default_type '{RELATED}'; root {study.parent}; try_files /{study.name} =404; }}",
        "location / { return 404; }",
    ]
    # A proxy before the services, which waits for bodies; what it answers itself it answers at once, and refuses the rest of the body.
    grpc = "location /zz.Results/ { default_type application/grpc; return 200; }"
    front = f"server {{ listen {NGINX} http2; {grpc} location / {{ proxy_pass http://127.0.0.1:{BEHIND}; }} }}"
    web.nginx(space, f"{front} server {{ listen 127.0.0.1:{BEHIND}; {' '.join(served)} }}", [NGINX, BEHIND])


def _nghttpd(space: str) -> None:
    """Files under names of FHIR, one that it pushes, padded frames; and a proxy that lets connections change to HTTP/2."""
    home = lan.SCRATCH / "nghttpd"
    (home / "fhir").mkdir(parents=True)
    (home / "fhir" / "metadata.json").write_text(json.dumps({"resourceType": "CapabilityStatement", "software": {"name": "ZZServer"}}))
    (home / "fhir" / "Patient.json").write_text(_bundle())
    (home / "index.html").write_text("<title>ZZ</title>")
    (home / "app.js").write_text("// ZZ\n")
    types = home / "types"
    types.write_text("text/html html\napplication/javascript js\napplication/fhir+json json\n")
    words = ["nghttpd", "--no-tls", "-d", str(home), f"--mime-types-file={types}", "-p/index.html=/app.js", "-b", "40", str(NGHTTPD)]
    lan.start(space, words, ports=[NGHTTPD])
    proxy = [f"-f0.0.0.0,{NGHTTPX};no-tls", f"-b127.0.0.1,{NGHTTPD};;proto=h2", "--workers=1", "--conf=/dev/null"]
    lan.start(space, ["nghttpx", *proxy], ports=[NGHTTPX])


def serve(space: str) -> None:
    _nginx(space)
    _nghttpd(space)


def prior_knowledge(server: str) -> list[list[str]]:
    """A connection of curl for each request (7.88 cannot use one again), then all at once on one of nghttp, and again, from the tables."""
    base = f"http://{server}:{NGINX}"
    study = f"{base}/dicom-web/studies/{PATIENT.study}"
    body = lan.SCRATCH / "stow-http2"
    body.write_bytes(_study())
    bearer = ["-H", f"Authorization: Bearer {TOKEN}", "-H", f"Accept: {FHIR}"]
    asked = [
        [*bearer, "-H", f"Content-Type: {FHIR}", "--data-binary", _bundle(), f"{base}/fhir/Patient"],
        ["-u", f"zzuser:{TOKEN}", "-H", f"Accept: {DICOM_JSON}", f"{base}/dicom-web/studies?PatientID={PATIENT.id}"],
        ["-H", f"Content-Type: {RELATED}", "--data-binary", f"@{body}", f"{base}/dicom-web/studies"],
        ["-H", "Content-Type: application/grpc", "-H", "TE: trailers", "--data-binary", "zz", f"{base}/zz.Results/Get"],
        ["-I", f"{base}/patients/{PATIENT.id}.pdf"],
    ]
    curls = [["curl", "-s", "-o", "/dev/null", "--http2-prior-knowledge", *one] for one in asked]
    together = [
        f"{base}/fhir/Patient?identifier={PATIENT.id}",
        f"{base}/fhir/Observation?patient=zz-d",
        study,
        f"{base}/missing/{PATIENT.id}",
    ]
    return [*curls, ["nghttp", "-n", "-m", "2", *bearer, *together]]


def upgraded(server: str) -> list[list[str]]:
    """curl and nghttp ask to change with their first request; nghttp goes on in HTTP/2. Another takes what is pushed."""
    base = f"http://{server}:{NGHTTPX}/fhir"
    files = [f"{base}/{path}.json" for path in ("metadata", "Patient", "missing")]
    curl = ["curl", "-s", "-o", "/dev/null", "--http2", "-H", f"Authorization: Bearer {TOKEN}", f"{files[1]}?identifier={PATIENT.id}"]
    return [curl, ["nghttp", "-n", "-u", *files], ["nghttp", "-n", "-a", f"http://{server}:{NGHTTPD}/index.html"]]


def record(into: Path, server: str, recorded: Recorded) -> None:
    """`recorded`: what keeps the packets that pass meanwhile."""
    serve("server")
    for name, ports, talks in (
        ("prior_knowledge", f"tcp port {NGINX}", prior_knowledge(server)),
        ("upgraded", f"tcp port {NGHTTPX} or tcp port {NGHTTPD}", upgraded(server)),
    ):
        with recorded(into / "http" / f"http2_{name}.pcap", ports):
            for words in talks:
                lan.run("client", words, expect=(0, REFUSED))
