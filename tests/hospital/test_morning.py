"""The recorded morning of a small hospital: the inventory finds what the recording says was there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from asepsis.hospital.asset import Asset
from asepsis.hospital.inventory import inventory
from asepsis.hospital.observations import observe
from asepsis.hospital.site_toml import read_plan
from asepsis.kit.site import Site
from asepsis.lake.service import ingest, open_lake

RANGE = Path(__file__).parents[2] / "range"
DEVICES = json.loads((RANGE / "captures" / "truth.json").read_text())["devices"]
OUR_WORDS = {
    "CR": "CR/DR",
    "US": "ultrasound",
    "MG": "mammography",
    "XA": "angiography",
    "RIS": "worklist broker",
    "ADT": "EHR",
    "monitor gateway": "central station",
    "DNS and DHCP server": "name server",
    "PC": "workstation",
    "router": "network gear",
}


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> list[Asset]:
    site = Site.open(tmp_path_factory.mktemp("morning") / "site", create=True)
    ingest(site, [RANGE / "captures" / "morning.pcap.gz"])
    return inventory(observe(open_lake(site)), read_plan(RANGE / "site.toml"))


@pytest.mark.parametrize("device", DEVICES, ids=lambda d: f"{d['host']}-{d['kind']}")
def test_every_device_is_found_as_what_it_is(found: list[Asset], device: dict[str, Any]) -> None:
    kind = OUR_WORDS.get(device["kind"], device["kind"])
    here = [a for a in found if device["address"] in a.addresses and a.kind == kind]
    assert len(here) == 1, [a.name for a in found if device["address"] in a.addresses]
    asset = here[0]
    assert asset.zone == ("" if device["kind"] == "router" else device["zone"])
    assert asset.behind or asset.macs == (device["mac"],)
    if device["serial"]:
        assert (asset.manufacturer, asset.model, asset.serial) == (device["manufacturer"], device["model"], device["serial"])
        assert asset.software == device["software"]
        assert list(asset.ae_titles) == device["ae_titles"]


def test_nothing_else_is_found_but_the_adapter(found: list[Asset]) -> None:
    addresses = {d["address"] for d in DEVICES}
    assert {a.kind for a in found if a.kind == "adapter"} == {"adapter"}
    assert all(set(a.addresses) <= addresses for a in found)
    assert len(found) == len(DEVICES) + 1
