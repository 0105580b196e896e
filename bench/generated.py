"""A hospital made up from a seed: as many assets, connections and days as one wants, in the mix of a real one, as rows in a site's lake.

    python bench/generated.py SITE --assets 4000 --conns 1000000 --days 1

Nobody's traffic is in it. Faults are planted as often as they are met: clear-text DICOM and HL7 everywhere, old SMB on some modalities,
old TLS on devices.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pyarrow as pa

from asepsis import _wire
from asepsis.kit import files
from asepsis.kit.site import Site
from asepsis.lake.writer import Writer

Rows = dict[str, list[dict[str, Any]]]
START = datetime(2026, 3, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)
STORE = "1.2.840.10008.5.1.4.1.1."


class Sort(NamedTuple):
    """A sort of machine: how many of 10,000, its zone, and whom it talks to: (sort, port, service)."""

    name: str
    share: int
    zone: str
    talks: tuple[tuple[str, int, str], ...] = ()
    modality: str = ""
    model: tuple[str, str] = ("", "")
    card: str = ""
    """First bytes of its MAC address: those of the maker, or made up ones, which are nobody's."""
    asks: str = ""
    """Its vendor class when it asks for an address."""


SORTS = (
    Sort("ct", 20, "radiology", (("pacs", 104, "dicom"),), "CT", ("SIEMENS", "SOMATOM Force")),
    Sort("mr", 15, "radiology", (("pacs", 104, "dicom"),), "MR", ("GE MEDICAL SYSTEMS", "SIGNA Architect")),
    Sort("dx", 40, "radiology", (("pacs", 104, "dicom"),), "DX", ("Philips", "DigitalDiagnost C90")),
    Sort("us", 60, "wards", (("pacs", 104, "dicom"),), "US", ("GE HEALTHCARE", "LOGIQ E10")),
    Sort("xa", 10, "theatres", (("pacs", 104, "dicom"),), "XA", ("Philips", "Azurion 7")),
    Sort("viewer", 120, "radiology", (("pacs", 104, "dicom"), ("ehr", 443, "ssl")), asks="MSFT 5.0"),
    Sort("monitor", 1_000, "icu", (("central", 6001, ""),), card="00:09:fb"),
    Sort("central", 25, "icu", (("engine", 2575, "hl7"),)),
    Sort("pump", 1_250, "icu", (("pumpsrv", 443, "ssl"),), card="00:12:21"),
    Sort("vent", 200, "icu", (("central", 6001, ""),)),
    Sort("analyser", 150, "laboratory", (("lis", 4000, "astm"),)),
    Sort("meter", 500, "wards", (("lis", 5000, "poct1"),)),
    Sort("pc", 4_400, "offices", (("ehr", 443, "ssl"), ("files", 445, "smb"), ("dc", 53, "dns"), ("dc", 389, "ldap")), asks="MSFT 5.0"),
    Sort("ward-pc", 900, "wards", (("ehr", 443, "ssl"), ("files", 445, "smb"), ("dc", 53, "dns")), asks="MSFT 5.0"),
    Sort("printer", 600, "offices", (("dc", 53, "dns"),), asks="KYOCERA"),
    Sort("phone", 500, "telephones", (("dc", 53, "dns"),), card="00:04:0d"),
    Sort("camera", 100, "building", (), card="00:40:8c"),
    Sort("bms", 60, "building", ()),
    Sort("pacs", 2, "servers", (("archive", 104, "dicom"),)),
    Sort("archive", 1, "servers"),
    Sort("ehr", 4, "servers", (("engine", 2575, "hl7"), ("db", 1433, "tds"))),
    Sort("lis", 2, "servers", (("engine", 2575, "hl7"),)),
    Sort("ris", 1, "servers", (("engine", 2575, "hl7"),)),
    Sort("engine", 2, "servers", (("ehr", 2575, "hl7"), ("lis", 2576, "hl7"))),
    Sort("pumpsrv", 2, "servers"),
    Sort("files", 12, "servers"),
    Sort("dc", 4, "servers"),
    Sort("db", 6, "servers"),
)
NETS = {
    "radiology": 10,
    "icu": 40,
    "wards": 60,
    "theatres": 80,
    "laboratory": 90,
    "offices": 100,
    "telephones": 140,
    "building": 150,
    "servers": 20,
}
PURPOSES = {
    "radiology": "modalities",
    "icu": "intensive care",
    "wards": "wards",
    "theatres": "operating theatres",
    "laboratory": "laboratory",
}


class Machine(NamedTuple):
    sort: Sort
    name: str
    address: str
    mac: str


class Generated:
    """The machines, and who talks to whom: `pairs` are (client, server, port, service)."""

    def __init__(self, assets: int, seed: int) -> None:
        self.random = random.Random(seed)
        total = sum(sort.share for sort in SORTS)
        self.of: dict[str, list[Machine]] = {}
        placed: dict[str, int] = defaultdict(int)
        for nth, sort in enumerate(SORTS):
            made = []
            for n in range(max(1, round(assets * sort.share / total))):
                at = placed[sort.zone] = placed[sort.zone] + 1
                address = f"10.{NETS[sort.zone] + at // 62_500}.{at // 250 % 250}.{at % 250 + 1}"
                mac = f"{sort.card or f'02:1b:{nth:02x}'}:{n >> 16 & 255:02x}:{n >> 8 & 255:02x}:{n & 255:02x}"
                made.append(Machine(sort, f"{sort.name}{n:05}", address, mac))
            self.of[sort.name] = made
        self.machines = [m for made in self.of.values() for m in made]
        self.pairs = list(self._pairs())

    def _pairs(self) -> Iterator[tuple[Machine, Machine, int, str]]:
        for machine in self.machines:
            for whom, port, service in machine.sort.talks:
                known = self.of[whom]
                yield machine, known[self.random.randrange(len(known))], port, service

    def site_toml(self) -> str:
        """Zones as the hospital would state them."""
        out = []
        for zone, net in NETS.items():
            nets = ", ".join(f'"10.{n}.0.0/16"' for n in range(net, net + 10))
            out.append(f'[[zones]]\nname = "{zone}"\ncidrs = [{nets}]\npurpose = "{PURPOSES.get(zone, zone)}"\n')
        return "\n".join(out)

    def rows(self, day: int, busy: int = 3) -> Rows:
        """What the medical and other protocols say on a day, `busy` times of each pair, and ARP and DHCP of each machine."""
        out: Rows = defaultdict(list)
        for machine in self.machines:
            _add(out, "arp", self._at(day), machine, machine, 0, sender_mac=machine.mac, sender_ip=machine.address, op=1)
            if machine.sort.asks:
                told = {
                    "mac": machine.mac,
                    "client_addr": machine.address,
                    "vendor_class": machine.sort.asks,
                    "host_name": machine.name,
                }
                _add(out, "dhcp", self._at(day), machine, self.of["dc"][0], 67, msg_type="REQUEST", **told)
        for client, server, port, service in self.pairs:
            for _ in range(busy if service in ("dicom", "hl7", "astm", "poct1") else 1):
                self._talk(out, self._at(day), client, server, port, service)
        return out

    def minute(self, day: int, conns: int) -> Rows:
        """What is said in the first minute of a day, when a hospital has `conns` connections a minute."""
        out: Rows = defaultdict(list)
        for client, server, port, service in self.random.choices(self.pairs, k=conns):
            ts = START + timedelta(days=day, seconds=self.random.uniform(0, 60))
            self._talk(out, ts, client, server, port, service)
            counts = {"orig_bytes": 900, "resp_bytes": 5000, "orig_pkts": 12, "resp_pkts": 14}
            ends = {"orig_l2_addr": client.mac, "resp_l2_addr": server.mac, "interim": False, "midstream": False, "partial": False}
            hops = {"orig_ttl": 127, "resp_ttl": 63}
            _add(out, "conn", ts, client, server, port, proto="tcp", service=service or None, **counts, **ends, **hops)
        return out

    def _at(self, day: int) -> datetime:
        return START + timedelta(days=day, seconds=self.random.uniform(6 * 3600, 20 * 3600))

    def _patient(self, day: int) -> int:
        """One of those who are there on a day: a third of them new."""
        beds = 2 + len(self.machines) // 5
        return day * beds // 3 + self.random.randrange(beds)

    def _talk(self, out: Rows, ts: datetime, client: Machine, server: Machine, port: int, service: str) -> None:
        chance, patient = random.Random(client.name).random(), f"k1:{self._patient((ts - START).days):024x}"
        to = (ts, client, server, port)
        if service == "dicom":
            titles = {"calling_ae": client.name.upper(), "called_ae": server.name.upper()}
            uid = {"calling_implementation_class_uid": "1.2.276.0.7230010.3.0.3.6.7", "called_implementation_class_uid": "1.2.40.0.13.1.3"}
            _add(out, "dicom_association", *to, result="released", dimse_messages=2, **titles, **uid)
            if client.sort.modality:
                made = dict(zip(("manufacturer", "model"), client.sort.model, strict=True))
                of = made | {"modality": client.sort.modality, "serial": f"SN{client.name}", "patient": patient}
                _add(out, "dicom_message", *to, command="C-STORE-RQ", affected_sop_class_uid=STORE + "2", **titles, **of)
            else:
                sop = "1.2.840.10008.5.1.4.1.2.2.1"
                _add(out, "dicom_message", *to, command="C-FIND-RQ", affected_sop_class_uid=sop, patient=patient, **titles)
                _add(out, "dicom_message", *to, command="C-FIND-RSP", affected_sop_class_uid=sop, status=0, **titles)
        elif service == "hl7":
            sender = {"central": "INTELLIVUE", "engine": "MIRTH"}.get(client.sort.name, client.sort.name.upper()) + client.name[-3:]
            names = {"sending_application": sender, "receiving_application": server.name.upper(), "message_type": "ORU"}
            _add(out, "hl7", *to, is_ack=False, ack_code="AA", processing_id="P", patient=patient, patients=[patient], **names)
        elif service == "astm":
            _add(out, "astm", *to, is_orig=True, manufacturer="Roche", model="cobas c 501", serial_number=client.name, patients=[patient])
        elif service == "poct1":
            told = {"is_orig": True, "vendor_id": "Roche", "model": "Accu-Chek Inform II", "serial_number": client.name}
            _add(out, "poct1", *to, message_type="HEL.R01", **told)
            _add(out, "poct1", *to, is_orig=True, message_type="OBS.R01", patients=[patient])
        elif service == "smb":
            old, signs = chance < 0.02, random.Random(server.name).random() > 0.5
            told = {"version": "SMB1" if old else "SMB2", "dialect": "NT LM 0.12" if old else "3.1.1", "signing_required": signs}
            _add(out, "smb_mapping", *to, share="k1:share", share_type="DISK", status=0, **told)
        elif service == "ssl":
            told = {
                "version": "TLSv10" if chance < 0.03 else "TLSv12",
                "cipher": "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
                "established": True,
            }
            _add(out, "ssl", *to, server_name=f"{server.name}.hospital.example", **told)
        elif service == "dns":
            _add(out, "dns", *to, query="ehr.hospital.example", qtype_name="A", flavor="dns", answers=[self.of["ehr"][0].address])


def _add(out: Rows, stream: str, ts: datetime, client: Machine, server: Machine, port: int, **values: Any) -> None:
    rows = out[stream]
    uid = "C" + hashlib.blake2b(f"{client.name} {server.name} {ts}".encode(), digest_size=6).hexdigest()
    ends = {"id_orig_h": client.address, "id_resp_h": server.address, "id_resp_p": port, "uid": uid, "sensor": "made-up"}
    ends |= {"id_orig_hi": 0, "id_orig_lo": low_half(client), "id_resp_hi": 0, "id_resp_lo": low_half(server)}
    rows.append({"event_id": f"{stream}{(ts - START).days:03x}{len(rows):09x}", "ts": ts, **ends, **values})


_CONNS = """
    select md5(concat_ws('-', p.n, i)) as event_id,
           to_timestamp({start} + ({seconds}.0 * ((i * 7919 + p.n * 104729) % {each_seconds})) / {each_seconds}) as ts,
           concat('C', substr(md5(concat_ws('+', p.n, i)), 1, 12)) as uid, cast(null as varchar) as community_id, 'made-up' as sensor,
           p.client as id_orig_h, 40000 + (i * 31 + p.n) % 20000 as id_orig_p, p.server as id_resp_h, p.port as id_resp_p,
           'tcp' as proto, p.service as service, 1.5 as duration, 900 as orig_bytes, 5000 as resp_bytes, 'SF' as conn_state,
           'ShADadFf' as history, 0 as missed_bytes, 12 as orig_pkts, 1500 as orig_ip_bytes, 14 as resp_pkts, 5700 as resp_ip_bytes,
           0 as id_orig_hi, p.client_lo as id_orig_lo, 0 as id_resp_hi, p.server_lo as id_resp_lo,
           p.client_mac as orig_l2_addr, p.server_mac as resp_l2_addr,
           127 - 64 * (p.client_lo % 3 // 2) as orig_ttl, 63 as resp_ttl, 6 as ip_proto,
           false as interim, false as midstream, false as partial
    from pairs as p, range({low}, {high}) as t(i)
"""


def make(site: Site, assets: int, conns: int, days: int, seed: int = 1, busy: int = 3) -> Generated:
    """Writes the hospital into a new site."""
    made = Generated(assets, seed)
    (site.path / "site.toml").write_text(made.site_toml(), "utf-8")
    with files.lock(site.lake / ".lock", "this lake"), Writer(site.lake, lambda _: {}, new=True) as writer:
        for day in range(days):
            _write(writer, made.rows(day, busy))
        for batch in _conns(made, conns, days):
            writer.write("conn", batch)
        writer.commit()
    return made


def add_minute(site: Site, made: Generated, day: int, conns: int) -> None:
    """Writes the first minute of a day into a site that has the days before."""
    add(site, made.minute(day, conns))


def add(site: Site, rows: Rows) -> None:
    """Writes rows into a site, as one commit."""
    with files.lock(site.lake / ".lock", "this lake"), Writer(site.lake, lambda _: {}) as writer:
        _write(writer, rows)
        writer.commit()


def sixths(rows: Rows) -> list[Rows]:
    """The rows of a minute, ten seconds each, as a sensor commits them."""
    parts: list[Rows] = [defaultdict(list) for _ in range(6)]
    for stream, of in rows.items():
        for row in of:
            parts[row["ts"].second // 10][stream].append(row)
    return parts


def _write(writer: Writer, rows: Rows) -> None:
    for stream, of in rows.items():
        schema = pa.record_batch(_wire.empty(stream)).schema
        of.sort(key=lambda row: row["ts"])
        for at in range(0, len(of), 50_000):
            writer.write(stream, pa.RecordBatch.from_pylist(of[at : at + 50_000], schema=schema))


def low_half(machine: Machine) -> int:
    """The lower half of its address as the lake has it: ::ffff:a.b.c.d (RFC 4291 2.5.5.2)."""
    return 0xFFFF << 32 | int(ip_address(machine.address))


def _conns(made: Generated, conns: int, days: int) -> Iterator[pa.RecordBatch]:
    """Connections of each pair, as many as make up `conns`, over all days."""
    schema = pa.record_batch(_wire.empty("conn")).schema
    pairs = pa.table({
        "n": list(range(len(made.pairs))), "client": [c.address for c, *_ in made.pairs], "server": [s.address for _, s, *_ in made.pairs],
        "port": [p for *_, p, _ in made.pairs], "service": [service or None for *_, service in made.pairs],
        "client_lo": [low_half(c) for c, *_ in made.pairs], "server_lo": [low_half(s) for _, s, *_ in made.pairs],
        "client_mac": [c.mac for c, *_ in made.pairs], "server_mac": [s.mac for _, s, *_ in made.pairs],
    })  # fmt: skip
    each = max(1, round(conns / len(made.pairs)))
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    connection.register("pairs", pairs)
    for day in range(days):
        low, high = each * day // days, each * (day + 1) // days
        if low == high:
            continue
        start = int((START + timedelta(days=day)).timestamp())
        query = _CONNS.format(start=start, seconds=86_399, each_seconds=86_400, low=low, high=high)
        for batch in connection.sql(query).to_arrow_reader(50_000):
            columns = [
                batch.column(f.name).cast(f.type) if f.name in batch.schema.names else pa.nulls(batch.num_rows, f.type) for f in schema
            ]
            yield pa.RecordBatch.from_arrays(columns, schema=schema)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("site", type=Path)
    parser.add_argument("--assets", type=int, default=4_000)
    parser.add_argument("--conns", type=int, default=1_000_000)
    parser.add_argument("--days", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    told = parser.parse_args()
    began = time.monotonic()
    made = make(Site.open(told.site, create=True), told.assets, told.conns, told.days, told.seed)
    print(
        f"{len(made.machines):,} assets, {len(made.pairs):,} pairs, {told.conns:,} connections in {time.monotonic() - began:.0f} s",
        file=sys.stderr,
    )


if __name__ == "__main__":
    main()
