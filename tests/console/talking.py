"""Machines that talk as an attacker would have them: markup, formulas, templates, marks of direction, NUL and 64 KB in all that they call
themselves by.

Run as a program (root, in a network namespace of its own) it plays the conversations on loopback while tcpdump listens, real stacks at both
ends.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

SERVER, CLIENT = "10.78.0.1", "10.78.0.2"
MARKUP, TEMPLATE, FORMULA = "<b id=q>x</b>", "{{7|add:42}}", "=1+cmd|'/c'!A"
SCRIPT, TURNED = "<script>alert('qz')</script><img src=x onerror=alert('qz')>", "inv\u202egnp.exe"
LONG = "<i class=qz>" + "Z" * 65_536
HOSTILE = (
    MARKUP,
    TEMPLATE,
    FORMULA,
    SCRIPT,
    TURNED,
    LONG,
    "nul\0inside",
    "';drop table x;--",
    "#{7*7}${7*7}<%= 7*7 %>",
    '"><svg onload=alert(1)>',
)


def main(folder: Path) -> None:
    """Ends with `folder/hostile.pcap`."""
    for command in (
        "link set lo up",
        f"addr add {SERVER}/32 dev lo",
        f"addr add {CLIENT}/32 dev lo",
        f"route replace local {SERVER} dev lo table local proto kernel scope host src {CLIENT}",
    ):
        subprocess.run(["ip", *command.split()], check=True)
    capture = folder / "hostile.pcap"
    listening = subprocess.Popen(
        ["tcpdump", "-i", "lo", "-s", "0", "-U", "-B", "16384", "-Z", "root", "-w", str(capture)], stderr=subprocess.PIPE, text=True
    )
    assert listening.stderr
    while "listening on lo" not in (said := listening.stderr.readline()):
        assert said, "tcpdump ended"
    dicom()
    hl7()
    web()
    dhcp()
    marker = os.urandom(16)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
        while not capture.exists() or marker not in capture.read_bytes():
            last.sendto(marker, (SERVER, 9))
    listening.send_signal(signal.SIGINT)
    listening.wait(30)


def dicom() -> None:
    """Titles, versions and equipment of scanners."""
    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.uid import CTImageStorage, ImplicitVRLittleEndian, generate_uid
    from pynetdicom import AE, evt

    archive = AE(ae_title="PACS")
    archive.add_supported_context(CTImageStorage)
    running = archive.start_server((SERVER, 104), block=False, evt_handlers=[(evt.EVT_C_STORE, lambda _: 0)])
    for words in HOSTILE:
        short = "".join(c for c in words if 32 <= ord(c) < 127 and c != "\\")[:16]
        scanner = AE(ae_title=short)
        scanner.implementation_version_name = short
        scanner.add_requested_context(CTImageStorage, ImplicitVRLittleEndian)
        image = Dataset()
        image.file_meta = FileMetaDataset()
        image.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
        image.SpecificCharacterSet = "ISO_IR 192"
        image.SOPClassUID, image.SOPInstanceUID, image.StudyInstanceUID = CTImageStorage, generate_uid(), generate_uid()
        image.Modality, image.PatientName, image.PatientID = "CT", "Planted^Quokka", "QZ1"
        for tag in (0x00080070, 0x00081090, 0x00081010, 0x00181000, 0x00181020):
            image.add_new(tag, "LO", words.replace("\0", "").replace("\\", "")[:64])
        talk = scanner.associate(SERVER, 104, ae_title="PACS")
        assert talk.is_established
        talk.send_c_store(image)
        talk.release()
    running.shutdown()


def hl7() -> None:
    """Applications and facilities of interfaces (MSH-3 and MSH-4)."""
    with socket.create_server((SERVER, 2575)) as door:
        taker = threading.Thread(target=_take, args=(door, len(HOSTILE)))
        taker.start()
        for words in HOSTILE:
            name = words.replace("|", "").replace("\r", "")
            message = f"MSH|^~\\&|{name}|{name}|EHR|{name}|20260101||ADT^A01|1|P|2.5\rPID|1||QZ1||Planted^Quokka\r"
            with socket.create_connection((SERVER, 2575)) as talk:
                talk.sendall(b"\x0b" + message.encode() + b"\x1c\r")
                talk.shutdown(socket.SHUT_WR)
                while talk.recv(65_536):
                    pass
        taker.join()


def _take(door: socket.socket, count: int) -> None:
    for _ in range(count):
        talk, _ = door.accept()
        with talk:
            while talk.recv(1 << 20):
                pass
            talk.sendall(b"\x0bMSH|^~\\&|EHR|H|X|Y|20260101||ACK|1|P|2.5\rMSA|AA|1\r\x1c\r")


def web() -> None:
    """Programs that ask, and servers that answer."""

    class Answering(BaseHTTPRequestHandler):
        server_version, sys_version = "<b id=q>server</b>", ""

        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer((SERVER, 80), Answering)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for words in HOSTILE:
        agent = words.encode("utf-8").replace(b"\r", b"").replace(b"\n", b"")[:65_000]
        # Who sends too much is hung up on.
        with socket.create_connection((SERVER, 80)) as talk, contextlib.suppress(OSError):
            talk.sendall(b"GET /<b id=q> HTTP/1.0\r\nHost: <b id=q>.example\r\nUser-Agent: " + agent + b"\r\n\r\n")
            talk.shutdown(socket.SHUT_WR)
            while talk.recv(65_536):
                pass
    server.shutdown()


def dhcp() -> None:
    """Host names of those who ask for an address (RFC 2131, 2132: options 12 and 60)."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        asking.bind((CLIENT, 68))
        for n, words in enumerate(HOSTILE):
            name = words.encode()[:200]
            head = bytes([1, 1, 6, 0]) + n.to_bytes(4, "big") + bytes(8) + bytes(12) + bytes([2, 0, 0, 0, 9, n]) + bytes(10 + 64 + 128)
            options = b"\x63\x82\x53\x63\x35\x01\x03\x0c" + bytes([len(name)]) + name + b"\x3c" + bytes([len(name)]) + name + b"\x32\x04"
            asking.sendto(head + options + bytes([10, 78, 0, 10 + n]) + b"\xff", (SERVER, 67))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
