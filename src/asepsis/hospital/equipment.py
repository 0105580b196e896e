"""The machines that images name, and who only passes images on.

An image carries the identity of the machine that made it (DICOM PS3.3 C.7.5.1), not of the machine that sent it: an archive that
forwards an MR image is no MR scanner.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product

from asepsis.hospital.facts import Described, Store

MANY_MODELS = 3
"""One application entity whose images come from this many different models passes on what others made."""
_NO_SERIAL = re.compile(r"(.)\1*|none|null|n/?a|unknown|sn|s/n|serial|serial ?number|default|anonymous|test|demo|tbd", re.I)
"""What stands where no serial number was entered: one character again and again, digits counted up, a word for nothing."""

_FITS = 16
"""An incomplete identity that fits more machines than this tells nothing."""

Key = tuple[str, str, str]
"""Manufacturer, model, serial, in lower case; empty where not given."""


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine that made images, and all the stores that show it."""

    manufacturer: str
    model: str
    serial: str
    stores: tuple[Store, ...]

    @property
    def ae_titles(self) -> set[str]:
        return {s.sender_ae for s in self.stores if s.sender_ae}

    @property
    def stations(self) -> set[str]:
        return {s.station for s in self.stores if s.station}


def key_of(store: Store) -> Key:
    return (_plain(store.manufacturer), _plain(store.model), serial_of(store).casefold())


def serial_of(told: Store | Described) -> str:
    """The serial number, if one was entered."""
    serial = (told.serial or "").strip()
    return serial if is_serial(serial) else ""


def is_serial(text: str) -> bool:
    """Whether it is a serial number, and not what is entered where there is none."""
    plain = "".join(c for c in text if c.isalnum() or c == "/")
    return bool(plain) and not "1234567890".startswith(plain.lstrip("0")) and not _NO_SERIAL.fullmatch(plain)


def own_and_forwarded(sent: Sequence[Store], received: Iterable[Store], is_archive: bool) -> tuple[list[Machine], list[Machine]]:
    """The machines that a host is, and those whose images it only passes on.

    Passed on: images of a machine whose images it also received; sent because another asked (C-MOVE, C-GET); sent by an application entity
    with images of many models, or of more than one where the host takes in images itself.
    """
    if not sent:
        return [], []
    taken_in = {key_of(s) for s in received} - {("", "", "")}
    models: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for s in sent:
        if any(key_of(s)[:2]):
            models[s.sender_ae or ""].add(key_of(s)[:2])
    passing = {ae for ae, of in models.items() if len(of) >= (2 if is_archive else MANY_MODELS)}
    own: list[Store] = []
    forwarded: list[Store] = []
    for s in sent:
        if any(key_of(s)):
            (forwarded if s.moved or (s.sender_ae or "") in passing or key_of(s) in taken_in else own).append(s)
    return machines(own), machines(forwarded)


def machines(stores: Sequence[Store]) -> list[Machine]:
    """One machine a distinct (manufacturer, model, serial); an incomplete identity joins the one complete identity that it fits."""
    keys = {key_of(s) for s in stores}
    fuller: dict[Key, set[Key]] = defaultdict(set)
    for key in keys:
        for less in _less(key):
            fuller[less].add(key)
    groups: dict[Key, list[Store]] = defaultdict(list)
    for s in stores:
        key = key_of(s)
        fullest = [k for k in fuller.get(key, ()) if k not in fuller] if len(fuller.get(key, ())) <= _FITS else []
        groups[fullest[0] if len(fullest) == 1 else key].append(s)
    return [_machine(key, groups[key]) for key in sorted(groups)]


def _less(key: Key) -> list[Key]:
    """The key with one or more of what it has left out."""
    choices = product(*({part, ""} for part in key))
    return [(a, b, c) for a, b, c in choices if (a, b, c) != key]


def _machine(key: Key, stores: list[Store]) -> Machine:
    def spelled(values: Iterable[str | None], plain: str) -> str:
        return min((v.strip() for v in values if v and _plain(v) == plain), default="")

    return Machine(
        spelled((s.manufacturer for s in stores), key[0]),
        spelled((s.model for s in stores), key[1]),
        min((s.serial.strip() for s in stores if s.serial and s.serial.strip().casefold() == key[2]), default="") if key[2] else "",
        tuple(stores),
    )


def _plain(text: str | None) -> str:
    return " ".join((text or "").split()).casefold()
