"""Brings the network rules of SigmaHQ into the nursery: `python tools/sigmahq.py REPOSITORY`, a clone of github.com/SigmaHQ/sigma.

Each rule that the streams can answer becomes a file of `network/nursery`, as it is, with a line that names its licence; those that ship
under `network/rules` stay where they are. Of the others `unmapped.tsv` says what is missing. Why a rule waits is for a person to say, in
`index.toml`: the tool names those of which nobody did, and those that are gone.
"""

from __future__ import annotations

import argparse
import io
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from asepsis.kit.errors import BadInput
from asepsis.network.foreign import name_of
from asepsis.network.library import RULE, of_bytes, shipped
from asepsis.network.nursery import ENDING, INDEX, UNMAPPED, folder

LICENCE = b"license: DRL-1.1\n"
FOLDERS = ("rules/", "rules-compliance/", "rules-emerging-threats/", "rules-threat-hunting/")
CATEGORIES = ("dns", "firewall", "proxy", "webserver")


def candidates(repository: Path) -> Iterator[tuple[str, bytes]]:
    """Path and text of every rule about what a network shows: in folders of networks and of the web, and others with such a log source."""
    listed = _git(repository, "ls-tree", "-r", "--name-only", "HEAD", *FOLDERS).decode().splitlines()
    names = [name for name in listed if name.endswith(ENDING)]
    answer = io.BytesIO(_git(repository, "cat-file", "--batch", given="".join(f"HEAD:{name}\n" for name in names).encode()))
    for name in names:
        text = answer.read(int(answer.readline().split()[2]))
        answer.readline()
        if _of_a_network(name, next(yaml.safe_load_all(text))):
            yield name, text


def _of_a_network(name: str, rule: dict[str, Any]) -> bool:
    source = rule.get("logsource", {})
    product, category = source.get("product"), source.get("category")
    lies = bool({"network", "web"} & {*name.split("/")[1:-1]})
    return lies or product == "zeek" or (product is None and (not category or category in CATEGORIES))


def _git(repository: Path, *words: str, given: bytes = b"") -> bytes:
    return subprocess.run(["git", "-C", repository, *words], input=given, capture_output=True, check=True).stdout


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("repository", type=Path)
    repository = asked.parse_args().repository
    ours = {entry.speaks.key: entry for entry in shipped()}
    kept: dict[str, bytes] = {}
    missing, live = [], 0
    for path, text in candidates(repository):
        name = name_of(text, Path(path))
        text = text.rstrip(b"\n") + b"\n" + LICENCE
        try:
            entry = of_bytes(text, folder() / name, Path(path).name, own=False)
        except BadInput as error:
            missing.append(f"{path}\t{error.what}\n")
            continue
        if own := ours.get(entry.speaks.key):
            live += 1
            if not (own.folder / RULE).read_bytes().startswith(text):
                print(f"{own.name}: SigmaHQ has it otherwise now, or it was changed here")
        else:
            kept[name] = text
    for file in folder().glob(f"*{ENDING}"):
        file.unlink()
    for name, text in kept.items():
        (folder() / f"{name}{ENDING}").write_bytes(text)
    (folder() / UNMAPPED).write_text("".join(("rule\tmissing\n", *missing)), "utf-8")
    told = tomllib.loads((folder() / INDEX).read_text("utf-8"))["waits"].keys()
    for what, names in (("nobody says why it waits", kept.keys() - told), ("is gone", told - kept.keys())):
        for name in sorted(names):
            print(f"{name}: {what}")
    commit = _git(repository, "rev-parse", "HEAD").decode().strip()
    print(f"{commit}: {live} watch, {len(kept)} wait, {len(missing)} have no stream")
    return int(kept.keys() != told)


if __name__ == "__main__":
    sys.exit(main())
