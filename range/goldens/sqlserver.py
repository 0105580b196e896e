"""A server that speaks as much TDS as a login needs: `python range/goldens/sqlserver.py <certificate> <key>`. MS-TDS 2.2.6.5, 2.2.7.

Debian has no SQL Server. One port for each way to agree on encryption: 1433 none, 1434 the login only, 1435 all of it, where it hangs up
behind the login. `zzwrong` is refused.
"""

from __future__ import annotations

import socket
import ssl
import struct
import sys
import threading

PRELOGIN, ANSWER = 0x12, 4
LEVELS = {1433: 2, 1434: 0, 1435: 1}
VERSION = bytes((15, 0, 0x07, 0xD0, 0, 0))
DONE = b"\xfd" + bytes(12)


def _wide(text: str) -> bytes:
    return bytes([len(text)]) + text.encode("utf-16-le")


def _token(kind: int, body: bytes) -> bytes:
    return struct.pack("<BH", kind, len(body)) + body


def _welcome() -> bytes:
    changed = _token(0xE3, b"\x01" + _wide("master") + _wide("master"))
    return changed + _token(0xAD, b"\x01\x74\0\0\x04" + _wide("Microsoft SQL Server") + VERSION[:4]) + DONE


def _refusal() -> bytes:
    text = "Login failed."
    body = struct.pack("<iBBH", 18456, 1, 14, len(text)) + text.encode("utf-16-le") + _wide("ZZ") + b"\0" + struct.pack("<I", 1)
    return _token(0xAA, body) + DONE


def _exactly(link: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        more = link.recv(size - len(data))
        if not more:
            raise EOFError
        data += more
    return data


def _packet(link: socket.socket) -> bytes:
    head = _exactly(link, 8)
    return _exactly(link, int.from_bytes(head[2:4]) - 8)


def _send(link: socket.socket, kind: int, payload: bytes) -> None:
    link.sendall(struct.pack(">BBHHBB", kind, 1, len(payload) + 8, 0, 1, 0) + payload)


def _agree(link: socket.socket, level: int) -> None:
    _packet(link)
    options = b"\0" + struct.pack(">HH", 11, 6) + b"\1" + struct.pack(">HH", 17, 1) + b"\xff"
    _send(link, ANSWER, options + VERSION + bytes([level]))


def _encrypted(link: socket.socket, tls: ssl.SSLContext) -> tuple[ssl.SSLObject, ssl.MemoryBIO]:
    """The handshake, which travels in packets."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    spoken = tls.wrap_bio(incoming, outgoing, server_side=True)
    while True:
        incoming.write(_packet(link))
        try:
            spoken.do_handshake()
        except ssl.SSLWantReadError:
            _send(link, PRELOGIN, outgoing.read())
            continue
        _send(link, PRELOGIN, outgoing.read())
        return spoken, incoming


def _login(link: socket.socket, level: int, tls: ssl.SSLContext) -> bytes:
    if level == 2:
        return _packet(link)
    spoken, incoming = _encrypted(link, tls)
    while True:
        head = _exactly(link, 5)
        incoming.write(head + _exactly(link, int.from_bytes(head[3:5])))
        try:
            return spoken.read()
        except ssl.SSLWantReadError:
            continue


def _serve(link: socket.socket, level: int, tls: ssl.SSLContext) -> None:
    with link:
        try:
            _agree(link, level)
            known = "zzwrong".encode("utf-16-le") not in _login(link, level, tls)
            if level == 1:
                return
            _send(link, ANSWER, _welcome() if known else _refusal())
            while known:
                _packet(link)
                _send(link, ANSWER, DONE)
        except (EOFError, OSError):
            return


def _listen(port: int, tls: ssl.SSLContext) -> None:
    with socket.create_server(("", port)) as listening:
        while True:
            link, _ = listening.accept()
            threading.Thread(target=_serve, args=(link, LEVELS[port], tls), daemon=True).start()


def main() -> None:
    certificate, key = sys.argv[1:]
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    tls.maximum_version = ssl.TLSVersion.TLSv1_2
    for port in LEVELS:
        threading.Thread(target=_listen, args=(port, tls)).start()


if __name__ == "__main__":
    main()
