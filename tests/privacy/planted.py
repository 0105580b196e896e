"""Known values sent through real stacks, and a search for them in everything that asepsis wrote.

Run as a program (root, in a network namespace of its own) it plays the conversations on loopback while tcpdump listens.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

TOOLS = ("tcpdump", "dcmqrscp", "nginx", "curl", "smbd", "smbclient", "smbpasswd", "vsftpd", "snmpget", "snmpd", "ip", "unshare")

SERVER, CLIENT = "10.77.0.1", "10.77.0.2"

# One patient, told to all three worlds in their own ways.
SHARED_MRN = "QZ7730911"

NAMES = [
    "Quillfeather",
    "Anselmina",
    "Xanthorrea",
    "Brombeere",
    "M\u00fcllerin-Sa\u00df",
    "\u6d25\u8efd\u7530",
    "Zwickelbart",
    "Oberonwhistle",
]
MRNS = [SHARED_MRN, "QZ7730912", "QZ7730913", "ZP-44871-X", "HX.99.1203", "QV55501234"]
ACCESSIONS = ["ACQ8812001", "ACQ8812002", "ACQ8812003", "PLC-7719-22", "FIL-8820-33"]
PHONES = ["0551-8837261", "+49-30-55512879", "(617)555-0188x9"]
PLACES = ["Plumtree Lane 77", "Gnarlwood Terrace", "Ottersbridge"]
BIRTHS = ["19470311", "1947-03-11", "19831127"]
SECRETS = [
    "hunter2-Quokka",
    "Tr0ub4dor-zebra",
    "s3cr3t-Mollusc",
    "eyJhbGciOiJxdW9ra2EifQ.cGxhbnRlZA.c2ln",
    "sess-9f8e7d6c5b4aPLANT",
    "digest-Kiwano",
]
COMMUNITIES = ["quokkaComm", "wombatWrite"]
TEXTS = ["suspected glioblastoma", "HIV-positive since", "allergic to penicillamine", "self-harm history noted", "Chest pain radiating"]
FILES = ["discharge_Quillfeather", "Xanthorrea-biopsy", "scan of Anselmina", "letter_to_Brombeere", "Zwickelbart_results"]
USERS = ["patientportal-xq", "ftp-oberon", "gnarlwood.user", "dr.plumtree-xv", "zwickel.smb-xk", "snmpuser-quendel"]
CONTACTS = ["contact Quendelina 0551-77312", "ward 7 Ottergrove"]
MAIL = ["pinkas.tintenfass", "wilhelmine.xq", "befund-tintenfass"]
ALL = [*NAMES, *MRNS, *ACCESSIONS, *PHONES, *PLACES, *BIRTHS, *SECRETS, *COMMUNITIES, *TEXTS, *FILES, *USERS, *CONTACTS, *MAIL]


def needles(value: str) -> Iterator[bytes]:
    """The value as it could stand in a file: character sets of text files and of DICOM (PS3.3 C.12.1.1.2), and base64 at any alignment."""
    for form in {value, value.lower(), value.upper(), value.replace(" ", "%20"), value.replace(" ", "+")}:
        for charset in ("utf-8", "utf-16-le", "utf-16-be", "latin-1", "iso2022_jp", "shift_jis", "gb18030", "iso8859-15"):
            with contextlib.suppress(UnicodeEncodeError):
                yield form.encode(charset)
    raw = value.encode()
    for shift in range(3):
        text = base64.b64encode(b"\0" * shift + raw)
        # The characters at both ends depend on the neighbours.
        inner = text[-(-shift * 8 // 6) : len(text) - 4]
        if len(inner) >= 8:
            yield inner


def ntlm_answers(wire: bytes) -> Iterator[bytes]:
    """What clients proved themselves by, and the challenges (MS-NLMP 2.2.1.2 and 2.2.1.3)."""
    for part in wire.split(b"NTLMSSP\0")[1:]:
        message = b"NTLMSSP\0" + part
        if message[8:12] == b"\x02\0\0\0":
            yield message[24:32] * 2
        if message[8:12] == b"\x03\0\0\0":
            for at in (12, 20):
                length, offset = int.from_bytes(message[at : at + 2], "little"), int.from_bytes(message[at + 4 : at + 8], "little")
                yield message[offset : offset + length].lstrip(b"\0")


def play(folder: Path) -> None:
    """All conversations; ends with `folder/planted.pcap`."""
    # Two addresses of a hospital: what is sent to the server leaves from the other. Loopback addresses would be nobody's assets.
    for command in (
        "link set lo up",
        f"addr add {SERVER}/32 dev lo",
        f"addr add {CLIENT}/32 dev lo",
        f"route replace local {SERVER} dev lo table local proto kernel scope host src {CLIENT}",
    ):
        subprocess.run(["ip", *command.split()], check=True)
    capture = _daemon("tcpdump", "-i", "lo", "-s", "0", "-U", "-B", "8192", "-w", str(folder / "planted.pcap"), "-Z", "root")
    _until(lambda: (folder / "planted.pcap").exists() and (folder / "planted.pcap").stat().st_size >= 24)
    dicom(folder)
    asyncio.run(hl7())
    web(folder)
    smb(folder)
    ftp(folder)
    snmp(folder)
    screens()
    logins()
    # A packet of ours at the very end: when it is in the file, all before it are.
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
        marker = os.urandom(16)
        last.sendto(marker, (SERVER, 9))
    _until(lambda: marker in (folder / "planted.pcap").read_bytes())
    _stop(capture)


def dicom(folder: Path) -> None:
    """A store, a query and a worklist-like query with planted values, user name and password; implicit and explicit little endian.

    Also equipment, titles and versions that bear what the data set tells of its patient.
    """
    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, ImplicitVRLittleEndian, generate_uid
    from pynetdicom import AE
    from pynetdicom.pdu_primitives import UserIdentityNegotiation
    from pynetdicom.sop_class import StudyRootQueryRetrieveInformationModelFind

    (folder / "archive").mkdir()
    (folder / "dcmqrscp.cfg").write_text(
        "NetworkTCPPort = 11104\nMaxPDUSize = 16384\nMaxAssociations = 16\nHostTable BEGIN\nHostTable END\n"
        "VendorTable BEGIN\nVendorTable END\n"
        f"AETable BEGIN\nPACS {folder}/archive RW (200, 1024mb) ANY\nAETable END\n"
    )
    server = _daemon("dcmqrscp", "-c", str(folder / "dcmqrscp.cfg"))
    _until(lambda: _listens(11104))
    for n, syntax in enumerate((ImplicitVRLittleEndian, ExplicitVRLittleEndian)):
        ds = Dataset()
        ds.file_meta = FileMetaDataset()
        ds.file_meta.TransferSyntaxUID = syntax
        ds.SOPClassUID, ds.SOPInstanceUID = CTImageStorage, generate_uid()
        ds.SpecificCharacterSet = "ISO_IR 192" if n else ["", "ISO 2022 IR 87"]
        ds.Manufacturer, ds.ManufacturerModelName, ds.Modality = "SIEMENS", "SOMATOM Force", "CT"
        ds.PatientName = f"{NAMES[0]}^{NAMES[1]}={NAMES[5]}"
        ds.PatientID, ds.PatientBirthDate, ds.AccessionNumber = SHARED_MRN, BIRTHS[0], ACCESSIONS[n]
        ds.PatientAddress, ds.PatientTelephoneNumbers = PLACES[0], PHONES[0]
        ds.OtherPatientNames, ds.PatientComments = NAMES[2], TEXTS[0]
        ds.StudyDescription, ds.AdditionalPatientHistory = TEXTS[1], TEXTS[3]
        ds.ReferringPhysicianName, ds.OperatorsName = USERS[3], NAMES[6]
        ds.StudyInstanceUID, ds.SeriesInstanceUID = generate_uid(), generate_uid()
        ae = AE(ae_title="CT01")
        ae.add_requested_context(CTImageStorage, syntax)
        identity = UserIdentityNegotiation()
        identity.user_identity_type, identity.primary_field, identity.secondary_field = 2, USERS[0].encode(), SECRETS[0].encode()
        assoc = ae.associate(SERVER, 11104, ae_title="PACS", ext_neg=[identity])
        assert assoc.is_established
        assert assoc.send_c_store(ds).Status == 0
        assoc.release()
    borne = (MRNS[0], NAMES[0], f"CT {NAMES[1]}", MRNS[5], NAMES[3], BIRTHS[0], ACCESSIONS[0])
    columns = ("Manufacturer", "ManufacturerModelName", "StationName", "DeviceSerialNumber", "SoftwareVersions")
    for n, (title, value) in enumerate(zip((NAMES[0].upper(), MRNS[5], *("CT02",) * 5), borne, strict=True)):
        ds = Dataset()
        ds.SOPClassUID, ds.SOPInstanceUID, ds.StudyInstanceUID = CTImageStorage, generate_uid(), generate_uid()
        ds.file_meta = FileMetaDataset()
        ds.file_meta.TransferSyntaxUID = (ImplicitVRLittleEndian, ExplicitVRLittleEndian)[n % 2]
        ds.PatientName, ds.PatientID, ds.PatientBirthDate, ds.AccessionNumber = f"{NAMES[0]}^{NAMES[1]}", MRNS[0], BIRTHS[0], ACCESSIONS[0]
        ds.SeriesInstanceUID, ds.Modality, ds.DeviceUID = generate_uid(), "CT", f"1.2.{BIRTHS[0]}"
        ds.OtherPatientIDs, ds.OtherPatientNames = MRNS[5], NAMES[3]
        for column in columns:
            setattr(ds, column, value)
        ae = AE(ae_title=title)
        ae.implementation_version_name = value[:16]
        ae.add_requested_context(CTImageStorage, ds.file_meta.TransferSyntaxUID)
        assoc = ae.associate(SERVER, 11104, ae_title="PACS")
        assert assoc.is_established
        assert assoc.send_c_store(ds).Status == 0
        assoc.release()
    query = Dataset()
    query.QueryRetrieveLevel, query.PatientName, query.PatientID = "STUDY", f"{NAMES[3]}*", MRNS[1]
    query.AccessionNumber, query.PatientBirthDate, query.StudyDate = ACCESSIONS[2], BIRTHS[2], ""
    ae = AE(ae_title="WS1")
    ae.add_requested_context(StudyRootQueryRetrieveInformationModelFind)
    assoc = ae.associate(SERVER, 11104, ae_title="PACS")
    assert assoc.is_established
    list(assoc.send_c_find(query, StudyRootQueryRetrieveInformationModelFind))
    assoc.release()
    _stop(server)


async def hl7() -> None:
    """MLLP with a patient's whole PID, notes, orders and an error text in the acknowledgement."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, asyncio.CancelledError):
            while True:
                control = (await reader.readuntil(b"\x1c\r")).split(b"|", 10)[9]
                text = f"rejected {NAMES[2]} {MRNS[3]}".encode()
                writer.write(b"\x0bMSH|^~\\&|EHR|HOSP|LAB|CORE|20260101||ACK|A1|P|2.5.1\rMSA|AE|" + control + b"|" + text + b"\r\x1c\r")
        writer.close()

    message = "\r".join(
        (
            "MSH|^~\\&|LAB|CORE|EHR|HOSP|20260101||ORU^R01|CTRL0001|P|2.5.1",
            f"PID|1|{MRNS[4]}|{SHARED_MRN}^^^HOSP^MR~{MRNS[5]}^^^X|{MRNS[2]}|{NAMES[0]}^{NAMES[1]}||{BIRTHS[0]}|F|||{PLACES[0]}^^{PLACES[2]}||{PHONES[1]}|{PHONES[2]}",
            f"NK1|1|{NAMES[7]}^{NAMES[4]}|SPO|{PLACES[1]}",
            f"ORC|RE|{ACCESSIONS[3]}|{ACCESSIONS[4]}",
            f"OBR|1|{ACCESSIONS[3]}|{ACCESSIONS[4]}|718-7^Hb||||||||||||{USERS[3]}",
            f"OBX|1|TX|718-7||{TEXTS[2]}||||||F",
            f"NTE|1||{TEXTS[4]}, call {PHONES[2]}",
            "",
        )
    )
    server = await asyncio.start_server(answer, SERVER, 2575)
    reader, writer = await asyncio.open_connection(SERVER, 2575)
    for charset in ("utf-8", "latin-1"):
        writer.write(b"\x0b" + message.encode(charset) + b"\x1c\r")
        await reader.readuntil(b"\x1c\r")
    writer.close()
    server.close()


def web(folder: Path) -> None:
    """FHIR and web pages: query strings, paths, bodies, Basic, Bearer, cookies, forms, referrers."""
    root = folder / "www" / "fhir"
    root.mkdir(parents=True)
    patient = {
        "resourceType": "Patient",
        "id": "p1",
        "identifier": [{"system": "urn:mrn", "value": SHARED_MRN}],
        "name": [{"family": NAMES[0], "given": [NAMES[1]]}],
        "birthDate": BIRTHS[1],
        "address": [{"line": [PLACES[0]], "city": PLACES[2]}],
        "telecom": [{"value": PHONES[0]}],
    }
    (root / "Patient").write_text(json.dumps(patient))
    (folder / "nginx.conf").write_text(
        f"daemon off; pid {folder}/nginx.pid; error_log {folder}/nginx.err; user root; worker_processes 1; events {{}}\n"
        f"http {{ access_log off; client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;"
        f" uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s; default_type application/fhir+json;"
        f" server {{ listen {SERVER}:8080; root {folder}/www; }} }}\n"
    )
    server = _daemon("nginx", "-e", f"{folder}/nginx.err", "-c", f"{folder}/nginx.conf")
    _until(lambda: _listens(8080))
    base = f"http://{SERVER}:8080"
    quoted = FILES[2].replace(" ", "%20")
    for arguments in (
        [f"{base}/fhir/Patient?identifier={SHARED_MRN}"],
        [f"{base}/fhir/Patient?identifier=urn:mrn%7C{SHARED_MRN}&family={NAMES[0]}"],
        [f"{base}/fhir/Patient/{MRNS[1]}"],
        [f"{base}/records/{NAMES[6]}/{MRNS[3]}/{quoted}.pdf?{NAMES[7]}&q={PHONES[0]}"],
        ["-u", f"{USERS[0]}:{SECRETS[1]}", f"{base}/private"],
        ["-H", f'Authorization: Digest username="{USERS[2]}", nonce="1", uri="/private", response="{SECRETS[5]}"', f"{base}/private"],
        ["-H", f"Authorization: Bearer {SECRETS[3]}", f"{base}/fhir/Patient"],
        ["-H", f"Cookie: session={SECRETS[4]}; who={NAMES[6]}", "-e", f"{base}/letters/{FILES[3]}?p={MRNS[2]}", f"{base}/page.html"],
        ["-A", f"Portal/1.0 ({USERS[0]}@{NAMES[6]}.example; {MRNS[2]})", f"{base}/login"],
        ["-d", f"username={USERS[0]}&password={SECRETS[2]}&note={TEXTS[0]}", f"{base}/login"],
        ["-X", "PUT", "-H", "Content-Type: application/fhir+json", "-d", json.dumps(patient), f"{base}/fhir/Patient/{MRNS[4]}"],
    ):
        subprocess.run(["curl", "-s", "-o", os.devnull, *arguments], check=False)
    _stop(server)


def smb(folder: Path) -> None:
    """Files and folders named after patients; a share too; a password that fails."""
    share = folder / "share"
    (share / FILES[4]).mkdir(parents=True)
    for name in FILES[:4]:
        (share / f"{name}.docx").write_text(f"{name} {TEXTS[3]}")
    for name in ("state", "cache", "lock", "pid", "private"):
        (folder / "samba" / name).mkdir(parents=True)
    samba = folder / "samba"
    (folder / "smb.conf").write_text(
        "[global]\nworkgroup = HOSP\nserver role = standalone server\nmap to guest = Bad User\nguest account = root\ninterfaces = lo\n"
        f"bind interfaces only = yes\nprivate dir = {samba}/private\nstate directory = {samba}/state\ncache directory = {samba}/cache\n"
        f"lock directory = {samba}/lock\npid directory = {samba}/pid\nncalrpc dir = {samba}/lock\nlog file = {samba}/log\n"
        f"disable spoolss = yes\nload printers = no\nusername map = {folder}/users\n"
        f"[{NAMES[7]}]\npath = {share}\nguest ok = yes\nread only = no\nforce user = root\n"
    )
    (folder / "users").write_text(f"nobody = {USERS[4]}\n")
    words = ["smbpasswd", "-c", str(folder / "smb.conf"), "-s", "-a", "nobody"]
    subprocess.run(words, input=f"{SECRETS[0]}\n" * 2, text=True, check=True, capture_output=True)
    server = _daemon("smbd", "-F", "--no-process-group", "-s", str(folder / "smb.conf"))
    _until(lambda: _listens(445))
    local = folder / "local.txt"
    local.write_text(TEXTS[1])
    acts = (
        f'ls; get "{FILES[0]}.docx" {folder}/got; put {local} "{FILES[1]}.{NAMES[6]}"; rename "{FILES[2]}.docx" "{FILES[3]}.bak"; '
        f'cd "{FILES[4]}"; put {local} "{NAMES[2]}.txt"; del "{NAMES[2]}.txt"'
    )
    subprocess.run(
        ["smbclient", f"//{SERVER}/{NAMES[7]}", "-N", "-s", str(folder / "smb.conf"), "-c", acts], check=True, capture_output=True
    )
    for password in SECRETS[:2]:
        who = ["-U", f"{NAMES[3]}\\{USERS[4]}%{password}", "-n", f"{NAMES[0]}-LAPTOP"]
        words = ["smbclient", f"//{SERVER}/{NAMES[7]}", "-s", str(folder / "smb.conf"), *who, "-c", "quit"]
        subprocess.run(words, check=False, capture_output=True)
    _stop(server)


def snmp(folder: Path) -> None:
    """Communities, a user of version 3, and an agent that says of itself whose it is."""
    conf = folder / "snmpd.conf"
    conf.write_text(
        f"agentaddress udp:{SERVER}:161\nrocommunity {COMMUNITIES[0]}\nrwcommunity {COMMUNITIES[1]}\nsysContact {CONTACTS[0]}\n"
        f"sysDescr {CONTACTS[0]} {NAMES[6]}\nsysLocation {CONTACTS[1]}\nsysName {NAMES[0]}-laptop\nrouser {USERS[5]} noauth\n"
        f"createUser {USERS[5]} SHA {SECRETS[0]} AES {SECRETS[1]}\n"
    )
    os.environ["SNMP_PERSISTENT_DIR"] = str(folder / "snmp")
    server = _daemon("snmpd", "-f", "-C", "-c", str(conf), "-Lf", os.devnull)
    system = [f"1.3.6.1.2.1.1.{n}.0" for n in (1, 4, 5, 6)]
    user = ["-v3", "-u", USERS[5], "-a", "SHA", "-A", SECRETS[0], "-x", "AES", "-X", SECRETS[1]]

    def ask(*words: str) -> bool:
        return subprocess.run([*words[:1], "-r", "0", "-t", "0.5", *words[1:]], check=False, capture_output=True).returncode == 0

    _until(lambda: ask("snmpget", "-v2c", "-c", COMMUNITIES[0], SERVER, *system))
    ask("snmpset", "-v2c", "-c", COMMUNITIES[1], SERVER, "1.3.6.1.2.1.1.4.0", "s", NAMES[7])
    ask("snmpget", "-v2c", "-c", SECRETS[2], SERVER, *system)
    for level in ("noAuthNoPriv", "authNoPriv", "authPriv"):
        ask("snmpget", *user, "-l", level, SERVER, *system)
    _stop(server)


def screens() -> None:
    """A desktop named after its owner behind a password in clear (VeNCrypt Plain), and a user in the cookie of RDP."""
    user, password, desktop = USERS[0].encode(), SECRETS[0].encode(), f"desktop of {NAMES[1]} {NAMES[0]}".encode()
    lengths = len(user).to_bytes(4, "big") + len(password).to_bytes(4, "big")
    rfb = [
        (True, b"RFB 003.008\n"), (False, b"RFB 003.008\n"), (True, b"\1\x13"), (False, b"\x13"), (True, b"\0\2"), (False, b"\0\2"),
        (True, b"\0\1\0\0\1\0"), (False, b"\0\0\1\0" + lengths + user + password), (True, bytes(4)), (False, b"\1"),
        (True, b"\4\0\3\0" + bytes(16) + len(desktop).to_bytes(4, "big") + desktop),
    ]  # fmt: skip
    request = bytes(6) + f"Cookie: mstshash={USERS[3]}\r\n".encode() + b"\1\0\x08\0\3\0\0\0"
    request = bytes([len(request), 0xE0]) + request[1:]
    request = b"\3\0" + (len(request) + 4).to_bytes(2, "big") + request
    _say(5900, rfb)
    _say(3389, [(False, request), (True, bytes.fromhex("030000130ed000001234000300080005000000"))])


def _say(port: int, script: list[tuple[bool, bytes]]) -> None:
    """A conversation of two sockets: whether the server speaks, and what."""
    with socket.create_server((SERVER, port)) as server, socket.create_connection((SERVER, port)) as client:
        peer, _ = server.accept()
        with peer:
            for by_server, said in script:
                (peer if by_server else client).sendall(said)
                (client if by_server else peer).recv(4096)


def ftp(folder: Path) -> None:
    """A log-in with a password in clear and files named after patients."""
    import ftplib

    (folder / "ftp.conf").write_text(
        f"listen=YES\nlisten_address={SERVER}\nlisten_port=2121\nanonymous_enable=YES\nno_anon_password=NO\nlocal_enable=NO\n"
        f"anon_root={folder}/share\nrun_as_launching_user=YES\nsecure_chroot_dir={folder}/local_chroot\nseccomp_sandbox=NO\nisolate=NO\n"
        "isolate_network=NO\nbackground=NO\nxferlog_enable=NO\n"
    )
    (folder / "local_chroot").mkdir()
    server = _daemon("vsftpd", str(folder / "ftp.conf"))
    _until(lambda: _listens(2121))
    with ftplib.FTP() as client:
        client.connect(SERVER, 2121, timeout=10)
        with contextlib.suppress(ftplib.error_perm):
            client.login(USERS[1], SECRETS[2])
    with ftplib.FTP() as client:
        client.connect(SERVER, 2121, timeout=10)
        with contextlib.suppress(ftplib.error_perm):
            client.login("anonymous", SECRETS[1])
            client.nlst()
            client.retrbinary(f"RETR {FILES[0]}.docx", lambda _: None)
    _stop(server)


def logins() -> None:
    """Mail handed over and fetched, a directory asked, files fetched: by user names, passwords, addresses and file names in clear."""
    user, secret = USERS[2].encode(), SECRETS[2].encode()
    plain = base64.b64encode(b"\0" + user + b"\0" + secret)
    sender, recipient = (f"{name}@klinik.example".encode() for name in MAIL[:2])
    _spoken(
        2525,
        b"220 mail.klinik.example ESMTP Postfix\r\n",
        (b"EHLO ct01.klinik.example\r\n", b"250-mail.klinik.example\r\n250 AUTH PLAIN\r\n"),
        (b"AUTH PLAIN " + plain + b"\r\n", b"235 welcome " + user + b"\r\n"),
        (b"MAIL FROM:<" + sender + b">\r\n", b"250 ok\r\n"),
        (b"RCPT TO:<" + recipient + b">\r\n", b"250 ok " + recipient + b"\r\n"),
        (b"DATA\r\n", b"354 go\r\n"),
        (f"Subject: {MAIL[2]}\r\n\r\n{TEXTS[0]}\r\nMAIL FROM:<{USERS[3]}@x>\r\n.\r\n".encode(), b"250 queued\r\n"),
        (b"QUIT\r\n", b"221 bye\r\n"),
    )
    _spoken(
        1110,
        b"+OK POP3 ready\r\n",
        (b"USER " + user + b"\r\n", b"+OK\r\n"),
        (b"PASS " + secret + b"\r\n", b"+OK " + user + b"\r\n"),
        (b"RETR 1\r\n", f"+OK\r\nSubject: {MAIL[2]}\r\n.\r\n".encode()),
    )
    _spoken(
        1143,
        b"* OK IMAP4rev1 ready\r\n",
        (b"a1 LOGIN " + user + b" {%d}\r\n" % len(secret), b"+ go\r\n"),
        (secret + b"\r\n", b"a1 NO " + user + b"\r\n"),
        (b"a2 AUTHENTICATE PLAIN " + plain + b"\r\n", b"a2 OK " + user + b"\r\n"),
    )
    bind = _ber(0x60, _ber(2, b"\3"), _ber(4, b"cn=" + user), _ber(0x80, secret))
    failed = _ber(0x61, _ber(10, b"\x31"), _ber(4, b"cn=" + user), _ber(4, NAMES[2].encode()))
    name = _ber(0xA3, _ber(4, b"sn"), _ber(4, NAMES[6].encode()))
    search = _ber(
        0x63, _ber(4, b"ou=" + NAMES[0].encode()), *(_ber(10, b"\0"),) * 2, *(_ber(2, b"\0"),) * 2, _ber(1, b"\0"), name, _ber(0x30)
    )
    done = _ber(0x65, _ber(10, b"\0"), _ber(4, b""), _ber(4, b""))
    pairs = [(_ber(0x30, _ber(2, b"\1"), a), _ber(0x30, _ber(2, b"\1"), b)) for a, b in ((bind, failed), (search, done))]
    _spoken(1389, b"", *pairs)
    _spoken(
        2122,
        b"220 FTP server ready\r\n",
        (b"USER " + user + b"\r\n", b"331 password for " + user + b"\r\n"),
        (b"PASS " + secret + b"\r\n", b"230 welcome\r\n"),
        (f"STOR {FILES[3]}.pdf\r\n".encode(), f"150 {FILES[3]}.pdf\r\n226 done\r\n".encode()),
    )
    _spoken(5513, b"", (b"\0" + user + b"\0" + USERS[3].encode() + b"\0xterm/38400\0", b"\0"))


def _ber(tag: int, *parts: bytes) -> bytes:
    inside = b"".join(parts)
    return bytes([tag, 0x81, len(inside)]) + inside


def _spoken(port: int, greeting: bytes, *exchanges: tuple[bytes, bytes]) -> None:
    """A connection on which a server greets and then each side says its part."""
    with socket.create_server((SERVER, port)) as server, socket.create_connection((SERVER, port)) as client:
        there, _ = server.accept()
        with there:
            for question, answer in ((b"", greeting), *exchanges):
                for one, other, said in ((client, there, question), (there, client, answer)):
                    one.sendall(said)
                    left = len(said)
                    while left:
                        left -= len(other.recv(left))


def _daemon(*command: str) -> subprocess.Popen[bytes]:
    path = shutil.which(command[0], path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin") or command[0]
    return subprocess.Popen([path, *command[1:]], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)


def _stop(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGINT if process.args[0].endswith("tcpdump") else signal.SIGTERM)  # type: ignore[index]
    process.wait(20)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((SERVER, port)) == 0


def _until(holds: object, seconds: float = 20) -> None:
    assert callable(holds)
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            raise TimeoutError(holds)
        time.sleep(0.02)


if __name__ == "__main__":
    play(Path(sys.argv[1]))
