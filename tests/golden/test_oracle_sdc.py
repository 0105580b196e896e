"""SOAP messages of the recorded monitor and display against tshark (which takes them out of the packets) and the XML parser of Python."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from asepsis import _wire

from .captures import HERE
from .oracle import body, needs_tshark, ordered, rows, tshark
from .rows import KEY, KEY_ID

pytestmark = needs_tshark
NAMES = {
    "a": "http://www.w3.org/2005/08/addressing",
    "d": "http://docs.oasis-open.org/ws-dd/ns/discovery/2009/01",
    "p": "http://docs.oasis-open.org/ws-dd/ns/dpws/2009/01",
    "q": "http://standards.ieee.org/downloads/11073/11073-10207-2017/participant",
}
TEXTS = {
    "message_id": "a:MessageID",
    "relates_to": "a:RelatesTo",
    "manufacturer": "p:Manufacturer",
    "model": "p:ModelName",
    "model_number": "p:ModelNumber",
    "friendly_name": "p:FriendlyName",
    "firmware": "p:FirmwareVersion",
    "serial": "p:SerialNumber",
}
TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"


def _bodies(path: Path) -> list[bytes]:
    """Bodies with something in them; of datagrams each once."""
    if path.stem == "discovery":
        return sorted({bytes.fromhex(payload) for ((payload,),) in tshark(path, "udp", "udp.payload")})
    return [body(text) for ((text,),) in tshark(path, "http.file_data", "http.file_data") if text]


def _theirs(soap: bytes) -> dict[str, Any]:
    root = ElementTree.fromstring(soap)
    found = {column: root.findtext(f".//{name}", namespaces=NAMES) for column, name in TEXTS.items()}
    action = root.findtext(".//a:Action", namespaces=NAMES) or ""
    found["action"] = action.replace("/Request", "").rpartition("/")[2]
    states = [node for node in root.iter() if node.tag.endswith(("}State", "MetricState", "ContextState"))]
    of_patients = [state for state in states if (state.get(TYPE) or "").endswith(":PatientContextState")]
    patients = [node for state in of_patients for node in state.findall("q:Identification", NAMES)]
    found["patient"] = _wire.pseudonym(KEY, KEY_ID, patients[0].get("Extension") or "") if patients else None
    matches = sum(len(root.findall(f".//d:{name}", NAMES)) for name in ("ProbeMatch", "ResolveMatch"))
    return found | {"states": len(states), "message_bytes": len(soap), "matches": matches}


@pytest.mark.parametrize("name", ["discovery", "services"])
def test_messages(name: str) -> None:
    path = HERE / "sdc" / f"{name}.pcap"
    theirs = [_theirs(soap) for soap in _bodies(path)]
    mine = [{column: row[column] for column in theirs[0]} | {"matches": row["matches"] or 0} for row in rows(path)["sdc"]]
    assert len(theirs) > 5
    assert ordered([tuple(sorted(row.items())) for row in mine]) == ordered([tuple(sorted(row.items())) for row in theirs])
