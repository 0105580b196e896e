"""An integration engine that takes HL7 over HTTP (HAPI's specification): a message is posted, the answer's body acknowledges it.

python range/goldens/webengine.py ADDRESS PORT
"""

from __future__ import annotations

import sys
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

TYPE = "application/hl7-v2"


class Engine(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "ZZEngine/2.1"

    def do_POST(self) -> None:
        message = self.rfile.read(int(self.headers["Content-Length"])).decode()
        if not self.headers["Content-Type"].startswith(TYPE) or not message.startswith("MSH|"):
            self.send_error(400)
            return
        head = message.split("\r")[0].split("|")
        event = head[8].split("^")[1]
        answer = f"MSH|^~\\&|{head[4]}|{head[5]}|{head[2]}|{head[3]}|{time.strftime('%Y%m%d%H%M%S')}||ACK^{event}^ACK|A{head[9]}|P|2.5.1\r"
        body = f"{answer}MSA|AA|{head[9]}\r".encode()
        self.send_response(200)
        self.send_header("Content-Type", TYPE)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    HTTPServer((sys.argv[1], int(sys.argv[2])), Engine).serve_forever()
