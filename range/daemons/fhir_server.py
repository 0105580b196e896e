"""A FHIR R4 server of invented patients, in clear or over TLS, open or with a bearer token.

    python range/daemons/fhir_server.py --listen 10.1.0.9:8080 --seed 1 --patients 400 --status FILE [--token T] [--cert C --key K]

HL7 FHIR 4.0.1, RESTful API (3.1.0): capabilities, read, search with paging, create, transaction and batch; Bulk Data Access IG 2.0.
"""

from __future__ import annotations

import argparse
import json
import socket
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import uvicorn
from address import place
from cast import patients
from fhir_export import Exports
from fhir_records import SEARCHES, TYPES, Records
from starlette.applications import Starlette
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from status import Status

BODY_BYTES = 1 << 20
PAGE, LARGEST_PAGE = 20, 500
ENTRIES = 200  # of a transaction
OPEN = ("/fhir/metadata", "/fhir/.well-known/smart-configuration")  # readable without a token


def answer(body: Any, status: int = 200, **headers: str) -> Response:
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(json.dumps(body), status, told, media_type="application/fhir+json")


def outcome(status: int, code: str, text: str) -> Response:
    """An OperationOutcome with a code of IssueType."""
    issue = {"severity": "error", "code": code, "diagnostics": text}
    return answer({"resourceType": "OperationOutcome", "issue": [issue]}, status)


class Server:
    """The API over one set of records."""

    def __init__(self, records: Records, software: dict[str, str], token: str, status: Status) -> None:
        self.records, self.software, self.token, self.status = records, software, token, status
        self.exports = Exports(records)

    def routes(self) -> list[Route]:
        paths = {
            "metadata": self.metadata,
            "$export": self.export,
            "Patient/$export": self.export,
            "$export-poll/{key}": self.poll,
            "$export-file/{key}/{kind}.ndjson": self.download,
            "{kind}": self.search_or_create,
            "{kind}/{key}": self.read,
        }
        methods = {"$export-poll/{key}": ["GET", "DELETE"], "{kind}": ["GET", "POST"]}
        listed = [Route(f"/fhir/{path}", act, methods=methods.get(path, ["GET"])) for path, act in paths.items()]
        return [*listed, Route("/fhir", self.transaction, methods=["POST"]), Route("/fhir/", self.transaction, methods=["POST"])]

    def base(self, request: Request) -> str:
        return f"{request.url.scheme}://{request.url.netloc}/fhir"

    async def metadata(self, request: Request) -> Response:
        """A CapabilityStatement (5.2): its `software` is what an inventory may know the product by."""
        search = [{"name": name, "type": "reference" if name in ("patient", "subject") else "token"} for name in SEARCHES]
        interactions = [{"code": code} for code in ("read", "search-type", "create")]
        resources = [{"type": kind, "interaction": interactions, "searchParam": search} for kind in TYPES]
        operations = [{"name": "export", "definition": "http://hl7.org/fhir/uv/bulkdata/OperationDefinition/export"}]
        rest = {"mode": "server", "resource": resources, "operation": operations, "interaction": [{"code": "transaction"}]}
        return answer(
            {
                "resourceType": "CapabilityStatement",
                "status": "active",
                "date": self.records.day.date().isoformat(),
                "kind": "instance",
                "software": self.software,
                "implementation": {"description": self.software["name"], "url": self.base(request)},
                "fhirVersion": "4.0.1",
                "format": ["application/fhir+json"],
                "rest": [rest],
            }
        )

    async def read(self, request: Request) -> Response:
        self.status.count("reads")
        found = self.records.read(request.path_params["kind"], request.path_params["key"])
        return answer(found, ETag='W/"1"') if found else outcome(404, "not-found", "no such resource")

    async def search_or_create(self, request: Request) -> Response:
        kind = request.path_params["kind"]
        if kind not in TYPES:
            return outcome(404, "not-supported", "no such type of resource")
        if request.method == "GET":
            return self._search(kind, request)
        body = await self._body(request)
        return self._create(kind, body, self.base(request)) if isinstance(body, dict) else outcome(400, "structure", "no JSON object")

    def _search(self, kind: str, request: Request) -> Response:
        """A page of a searchset (3.1.1.4) with links to itself and the next."""
        self.status.count("searches")
        asked = dict(request.query_params)
        try:
            count = max(0, min(int(asked.get("_count", PAGE)), LARGEST_PAGE))
            offset = max(0, int(asked.get("_offset", 0)))
        except ValueError:
            return outcome(400, "value", "_count or _offset is no number")
        found = self.records.search(kind, asked)
        base = self.base(request)
        link = [{"relation": "self", "url": str(request.url)}]
        if offset + count < len(found) and count:
            more = urlencode({**asked, "_count": str(count), "_offset": str(offset + count)})
            link.append({"relation": "next", "url": f"{base}/{kind}?{more}"})
        page = found[offset : offset + count]
        entry = [{"fullUrl": f"{base}/{kind}/{one['id']}", "resource": one, "search": {"mode": "match"}} for one in page]
        return answer({"resourceType": "Bundle", "type": "searchset", "total": len(found), "link": link, "entry": entry})

    def _create(self, kind: str, body: dict[str, Any], base: str) -> Response:
        if body.get("resourceType") != kind:
            return outcome(422, "invalid", f"not a {kind}")
        made = self.records.create(kind, body)
        if not made:
            return outcome(507, "no-store", "no more room")
        self.status.count("creates")
        return answer(made, 201, Location=f"{base}/{kind}/{made['id']}/_history/1", ETag='W/"1"')

    async def transaction(self, request: Request) -> Response:
        """Bundles of type transaction and batch (3.1.0.11): POST creates, GET reads."""
        body = await self._body(request)
        if not isinstance(body, dict) or body.get("type") not in ("transaction", "batch"):
            return outcome(400, "structure", "no Bundle of type transaction or batch")
        entries = body.get("entry", [])
        if not isinstance(entries, list) or len(entries) > ENTRIES:
            return outcome(413, "too-costly", f"more than {ENTRIES} entries")
        self.status.count("transactions")
        done = [self._entry(one, self.base(request)) for one in entries]
        return answer({"resourceType": "Bundle", "type": f"{body['type']}-response", "entry": done})

    def _entry(self, one: Any, base: str) -> dict[str, Any]:
        asked = one.get("request") if isinstance(one, dict) else None
        if not isinstance(asked, dict):
            return {"response": {"status": "400"}}
        kind, _, key = str(asked.get("url", "")).partition("/")
        if asked.get("method") == "POST" and kind in TYPES and isinstance(one.get("resource"), dict):
            made = self._create(kind, one["resource"], base)
            return {"response": {"status": str(made.status_code), "location": made.headers.get("location", "")}}
        found = self.records.read(kind, key) if asked.get("method") == "GET" else None
        return {"resource": found, "response": {"status": "200"}} if found else {"response": {"status": "404"}}

    async def _body(self, request: Request) -> Any:
        """The request's JSON, or None where it is none or too long."""
        raw = b""
        try:
            async for part in request.stream():
                raw += part
                if len(raw) > BODY_BYTES:
                    return None
            return json.loads(raw)
        except (ValueError, RecursionError, ClientDisconnect):
            return None

    async def export(self, request: Request) -> Response:
        if "respond-async" not in request.headers.get("prefer", ""):
            return outcome(400, "invalid", "Prefer: respond-async is required")
        key = self.exports.begin(str(request.url), request.query_params.get("_type", ""))
        if not key:
            return outcome(400, "not-supported", "_type names an unknown type")
        self.status.count("exports")
        return Response(status_code=202, headers={"Content-Location": f"{self.base(request)}/$export-poll/{key}"})

    async def poll(self, request: Request) -> Response:
        key = request.path_params["key"]
        if key not in self.exports.jobs:
            return outcome(404, "not-found", "no such export")
        if request.method == "DELETE":
            self.exports.forget(key)
            return Response(status_code=202)
        manifest = self.exports.manifest(key, self.base(request), bool(self.token))
        if manifest is None:
            return Response(status_code=202, headers={"X-Progress": "in progress", "Retry-After": "1"})
        return Response(json.dumps(manifest), media_type="application/json")

    async def download(self, request: Request) -> Response:
        job, kind = self.exports.jobs.get(request.path_params["key"]), request.path_params["kind"]
        if not job or kind not in job.types:
            return outcome(404, "not-found", "no such file")
        self.status.count("downloads")
        return StreamingResponse(self.exports.lines(kind), media_type="application/fhir+ndjson")

    async def watch(self, request: Request, onward: RequestResponseEndpoint) -> Response:
        """Count every request and let in who has the token."""
        self.status.count("requests")
        if self.token and request.url.path not in OPEN and request.headers.get("authorization") != f"Bearer {self.token}":
            self.status.count("unauthorised")
            refused = outcome(401, "login", "a bearer token is required")
            refused.headers["WWW-Authenticate"] = "Bearer"
            return refused
        done = await onward(request)
        if done.status_code >= 400:
            self.status.count("errors")
        return done


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--listen", type=place, required=True, metavar="ADDRESS:PORT")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--patients", type=int, default=12)
    parser.add_argument("--day", type=datetime.fromisoformat, default=datetime(2026, 1, 5, 8, tzinfo=UTC), help="the hospital's time")
    parser.add_argument("--name", default="ZZ Example EHR")
    parser.add_argument("--version", default="4.2")
    parser.add_argument("--token", default="", help="bearer token that is required")
    parser.add_argument("--cert", type=Path)
    parser.add_argument("--key", type=Path)
    parser.add_argument("--status", type=Path)
    asked = parser.parse_args()
    status = Status(asked.status, requests=0, patients=asked.patients)
    software = {"name": asked.name, "version": asked.version}
    server = Server(Records(patients(asked.seed, asked.patients), asked.day), software, asked.token, status)
    app = Starlette(routes=server.routes())
    app.add_middleware(BaseHTTPMiddleware, dispatch=server.watch)
    headers = [("Server", f"{asked.name}/{asked.version}")]
    quiet: dict[str, Any] = {"log_level": "critical", "access_log": False, "server_header": False, "date_header": False, "headers": headers}
    tls = {"ssl_certfile": asked.cert, "ssl_keyfile": asked.key} if asked.cert else {}
    sock = socket.create_server(asked.listen, backlog=128)
    print("listening 1", flush=True)
    uvicorn.Server(uvicorn.Config(app, limit_concurrency=256, **quiet, **tls)).run(sockets=[sock])


if __name__ == "__main__":
    main()
