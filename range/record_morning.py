"""Record a small hospital's morning from real stacks into range/captures.

    sudo .venv/bin/python range/record_morning.py [--seed N] [--into FOLDER]

Needs root, Python with pydicom and pynetdicom, and the packages of `PACKAGES`; it names those that are missing. Ends in about a minute
and leaves nothing behind, also when it is killed (see `lan`). Every patient is invented (see `cast`).
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import accounts
import cast
import lan
from morning import feeds, imaging, office, web

PACKAGES = {
    "unshare": "util-linux",
    "mount": "mount",
    "ip": "iproute2",
    "ss": "iproute2",
    "ethtool": "ethtool",
    "sysctl": "procps",
    "tcpdump": "tcpdump",
    "dig": "bind9-dnsutils",
    **imaging.PACKAGES,
    **web.PACKAGES,
    **office.PACKAGES,
}
MESSAGES = {"adt": 60, "lis": 60, "mongw": 90}
LARGEST = 4 << 20


def say(text: str) -> None:
    print(f"[{time.strftime('%H:%M:%S')}] {text}", file=sys.stderr, flush=True)


def open_hospital(patients: list[cast.Patient]) -> None:
    say("building the network")
    lan.build()
    say("starting the daemons")
    web.certificates()
    accounts.invent_account()
    office.open_office()
    imaging.open_department(patients)
    feeds.open_engine()
    web.open_web(patients)


def live_through(patients: list[cast.Patient], seed: int) -> None:
    """The morning: leases first, then every zone at once."""
    office.leases()
    acts: list[Callable[[], None]] = [
        partial(imaging.morning, patients, seed),
        partial(web.morning, patients),
        partial(office.morning, patients, seed),
        *(partial(feeds.feed, name, seed, count) for name, count in MESSAGES.items()),
    ]
    with ThreadPoolExecutor(len(acts)) as pool:
        for done in [pool.submit(act) for act in acts]:
            done.result()


def keep(raw: Path, into: Path) -> Path:
    """Compress the recording in place of the last one; owned by whoever owns the folder, since root made it."""
    into.mkdir(parents=True, exist_ok=True)
    target, aside = into / "morning.pcap.gz", into / "morning.pcap.gz.part"
    with aside.open("wb") as out, gzip.GzipFile(filename="", fileobj=out, mode="wb", compresslevel=9, mtime=0) as packed:
        packed.write(raw.read_bytes())
    if aside.stat().st_size > LARGEST:
        aside.unlink()
        raise lan.RangeError(f"the recording is larger than {LARGEST} bytes: too much for the repository")
    aside.replace(target)
    truth = into / "truth.json"
    truth.write_text(json.dumps(cast.truth(), indent=1) + "\n")
    owner = into.stat()
    for path in (target, truth):
        os.chown(path, owner.st_uid, owner.st_gid)
    return target


def record(seed: int, into: Path) -> Path:
    patients = cast.patients(seed)
    open_hospital(patients)
    raw = lan.SCRATCH / "morning.pcap"
    recorder = lan.Recorder(raw)
    say("recording")
    live_through(patients, seed)
    recorder.stop()
    return keep(raw, into)


def main() -> int:
    parser = argparse.ArgumentParser(description="Record a small hospital's morning from real stacks.")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--into", type=Path, default=Path(__file__).with_name("captures"))
    asked = parser.parse_args()
    try:
        lan.enclose(PACKAGES)
        path = record(asked.seed, asked.into.resolve())
    except lan.RangeError as error:
        print(f"record_morning: {error}", file=sys.stderr)
        return 3
    except subprocess.CalledProcessError as error:
        print(f"record_morning: {' '.join(map(str, error.cmd))}: exit {error.returncode}: {(error.stderr or '')!s:.400}", file=sys.stderr)
        return 3
    say(f"{path}: {path.stat().st_size} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
