"""Rules of SigmaHQ: those that watch fire on what tools say on the wire, those that wait do so for the reason that is told."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
import yaml

from asepsis.kit.errors import BadInput, WrongUse
from asepsis.lake.service import streams
from asepsis.network.foreign import name_of
from asepsis.network.library import Entry, of_bytes, shipped
from asepsis.network.nursery import ENDING, UNMAPPED, Waiting, Why, folder, waiting, waiting_as
from asepsis.network.sigma.rule import LogSource
from asepsis.network.sigma.taxonomy import Taxonomy

from .wire import SERVER, Frames, asked, called, found, page, shown

OURS = {entry.name: entry for entry in shipped()}
WATCH = {name: entry for name, entry in OURS.items() if entry.credit}
WINDOWS, SPOOLSS, PRINTERS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64)",
    "12345678-1234-abcd-ef00-0123456789ab",
    "76f03f96-cdfd-44fc-a22c-64950a001209",
)
LURED = "srv1UWhRCAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAYBAAAA.hospital.test"

FIRE: dict[str, list[Frames]] = {
    "3cx-place-called": [page("glcloudservice.com:443", None, "glcloudservice.com:443", "CONNECT", SERVER)],
    "attack-tool-on-pages": [page(agent="masscan/1.3 (https://github.com/robertdavidgraham/masscan)", to=SERVER)],
    "axios-place-asked": [asked("sfrclak.com")],
    "bot-place-asked": [asked("api.telegram.org")],
    "callback-place-asked": [asked("cq2h8k1.oast.fun"), asked("mary-laptop.oastify.com")],
    "cobalt-strike-certificate": [shown(0x8BB00EE)],
    "cobalt-strike-in-names": [asked("aaa.stage.123456.evil.example", 16, b"\5AAAAA"), asked("post.1a2b.evil.example")],
    "coin-pool-asked": [asked("pool.minexmr.com")],
    "coin-program-at-work": [page(agent="ccminer/2.3", method="POST")],
    "copies-to-the-cloud": [page("/backup/a.zip", "rclone/v1.62.2", "storage.example", "PUT")],
    "fetched-quietly-from-address": [page("/x/a.exe", "Microsoft BITS/7.8")],
    "files-put-on-shared-folder-outside": [page("/a/b.docx", "Microsoft-WebDAV-MiniRedir/10.0.19041", method="PUT")],
    "hidden-network-asked": [asked("duskgytldkxiuqc6.onion.to"), asked("duskgytldkxiuqc6.onion")],
    "katz-place-asked": [asked("www.katz-panel.com")],
    "log-in-lured-by-files": [called("c681d488-d850-11d0-8c52-00c04fd90f7e", 0), called("df1941c5-fe89-4e79-bf10-463657acf44d", 4)],
    "log-in-lured-by-name": [asked(LURED)],
    "nkn-place-asked": [asked("mainnet-seed-0001.nkn.org")],
    "print-part-installed": [called(PRINTERS, 51), called(SPOOLSS, 46)],
    "printer-program-installed": [called(PRINTERS, 39), called(SPOOLSS, 89)],
    "program-from-dynamic-name": [page("/a/update.exe", WINDOWS, "update.hopto.org")],
    "program-from-shared-folder-outside": [page("/webdav/a.exe", "Microsoft-WebDAV-MiniRedir/10.0.19041")],
    "script-calls-page": [page(agent="Mozilla/5.0 (Windows NT; Windows NT 10.0; en-US) WindowsPowerShell/5.1.19041.1")],
    "search-tool-on-pages": [
        page(agent=agent, to=SERVER) for agent in ("gobuster/3.5", "Mozilla/5.00 (Nikto/2.1.6) (Test:x)", "WhatWeb/0.5.5")
    ],
    "triangulation-place-asked": [asked("addatamarket.net")],
    "wannacry-place-asked": [asked("iuqssfsodp9ifjaposdfjhgosurijfaewrwergwea.com")],
}
"""What fires each, as the tool says it."""

NEVER: dict[str, Frames] = {
    "cross-site-scripting-strings": page("/?q=<script>alert(1)</script>"),
    "dns-txt-answer-with-possible-execution-strings": asked("x.evil.example", 16, b"\7cmd.exe"),
    "http-request-with-empty-user-agent": page(agent=""),
    "java-payload-strings": page("/?q=%24%7B%40java.lang.Runtime%7D"),
    "jndiexploit-pattern": page("/Basic/Command/Base64/aWQ="),
    "katz-stealer-suspicious-user-agent": page(agent="katz-ontop"),
    "log4j-rce-cve-2021-44228-generic": page("/?q=${jndi:ldap://198.51.100.66/a}", "${jndi:ldap://198.51.100.66/a}"),
    "potential-base64-encoded-user-agent": page(agent="TW96aWxsYS81LjA="),
    "redtail-cryptominer-user-agent": page(agent="libredtail-http"),
    "server-side-template-injection-strings": page("/?q={{7*7}}"),
    "source-code-enumeration-detection-by-keyword": page("/.git/HEAD"),
    "sql-injection-strings-in-uri": page("/?q=1%20UNION%20SELECT%20user"),
    "suspicious-base64-encoded-user-agent": page(agent="TW96aWxsYS81LjA"),
    "suspicious-dns-query-with-b64-encoded-string": asked("aGVsbG8gd29ybGQ==.evil.example"),
    "windows-webshell-strings": page("/a.asp?cmd=whoami"),
    "wordpress-wp2shell-exploitation-tool-user-agent": page(agent="wp2shell"),
}
"""What such a rule looks for, of which nothing is kept."""
UNSEEN = {
    "apt40-dropbox-tool-user-agent", "goofy-guineapig-backdoor-potential-c2-communication",
    "transferring-files-with-credential-data-via-network-shares-z",
}  # fmt: skip
"""What these look for is encrypted on its way, or the name of a file: no frame in clear shows that they cannot fire."""

HONEST: dict[str, Frames] = {
    "apt-user-agent": page(agent="Mozilla/5.0 (compatible; MSIE 9.0; Windows NT 6.1; WOW64; Trident/5.0)"),
    "bitsadmin-to-uncommon-tld": page("/a.cab", "Microsoft BITS/7.8", "updates.maker.de"),
    "cleartext-protocol-usage-via-netflow": page(),
    "dns-events-related-to-mining-pools": asked("camera.mooo.com"),
    "download-from-suspicious-tld-blacklist": page("/guideline.doc", WINDOWS, "society.online"),
    "download-from-suspicious-tld-whitelist": page("/guideline.doc", WINDOWS, "society.example"),
    "equation-group-c2-communication": page(to="69.42.98.86"),
    "exploit-framework-user-agent": page(agent="Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1)"),
    "low-reputation-effective-top-level-domain-etld": asked("portal.cloud"),
    "malware-user-agent": page(agent="Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 5.1; Trident/4.0)"),
    "potential-hello-world-scraper-botnet-activity": page(agent="Hello-World/1.0", to=SERVER),
    "suspicious-user-agent": page(agent="Downloader/1.2"),
    "windows-webdav-user-agent": page("/plan.docx", "Microsoft-WebDAV-MiniRedir/10.0.19041", to=SERVER),
}
"""What is no attack and fires a rule that waits because of it."""


def waits(name: str) -> Entry:
    one = waiting_as(name)
    assert one is not None
    return of_bytes(one.path.read_bytes(), Path(name), one.path.name, own=False)


@pytest.mark.parametrize(("name", "frames"), [(name, frames) for name, every in FIRE.items() for frames in every])
def test_what_a_tool_says_fires_the_rule_that_watches(name: str, frames: Frames) -> None:
    assert found(OURS[name], frames)


def test_each_that_watches_is_tried_on_the_wire() -> None:
    assert FIRE.keys() == WATCH.keys()


@pytest.mark.parametrize("name", NEVER)
def test_what_is_never_kept_fires_nothing(name: str) -> None:
    assert found(waits(name), NEVER[name]) == 0


@pytest.mark.parametrize("name", HONEST)
def test_what_is_honest_fires_a_rule_that_would_be_noise(name: str) -> None:
    assert found(waits(name), HONEST[name])


def test_the_index_names_each_that_waits_and_why() -> None:
    by = {why: {one.name for one in waiting() if one.why is why} for why in Why}
    assert {one.name for one in waiting()} == {path.stem for path in folder().glob(f"*{ENDING}")}
    assert by[Why.NO_EVENT] == NEVER.keys() | UNSEEN
    assert by[Why.NOISE] == HONEST.keys()
    assert all(one.of and set(one.of) <= OURS.keys() for one in waiting() if one.why is Why.DUPLICATE)
    assert not [one.name for one in waiting() if not one.says.endswith(".")]


@pytest.mark.parametrize("one", waiting(), ids=lambda one: one.name)
def test_each_that_waits_can_be_taken(one: Waiting) -> None:
    entry = waits(one.name)
    assert name_of(one.path.read_bytes(), one.path) == one.name
    assert entry.speaks.key not in {ours.speaks.key for ours in OURS.values()}
    assert entry.credit.endswith("(DRL-1.1)")


def test_the_text_of_those_that_watch_names_its_author_and_licence() -> None:
    for entry in WATCH.values():
        told = yaml.safe_load((entry.folder / "rule.yml").read_text("utf-8"))
        assert told["author"]
        assert told["license"] == "DRL-1.1"
    assert "Detection Rule License (DRL) 1.1" in (folder() / "LICENSE.DRL-1.1.md").read_text("utf-8")


def test_what_is_said_to_be_missing_is_missing() -> None:
    """A field or service that there is by now would be a rule that is left out for no reason."""
    taxonomy, of = Taxonomy(streams()), streams()
    with (folder() / UNMAPPED).open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    assert len({row["rule"] for row in rows}) == len(rows) > 100
    for words in {tuple(row["missing"].split()) for row in rows}:
        match words:
            case ("the", "stream", stream, "has", "no", "field", field):
                with pytest.raises(BadInput):
                    taxonomy.column(of[stream], field, "")
            case ("no", "stream", "for", "service", service):
                with pytest.raises(BadInput):
                    taxonomy.stream(LogSource(None, None, service), "")
            case ("no", "stream", "holds", "what", product, "logs"):
                with pytest.raises(BadInput):
                    taxonomy.stream(LogSource(None, product, None), "")
            case ("of", field, "only", "the", "extension", "is", "kept"):
                assert taxonomy.part(of["http"], field)
            case (field, "is", "kept", "as", "a", "pseudonym"):
                assert taxonomy.partly(of["smb_files"], next(c for c in of["smb_files"].columns if c.name == field))
            case _:
                pytest.fail(f"not understood: {' '.join(words)}")


def test_the_page_counts_them_rightly() -> None:
    page = (Path(__file__).parents[2] / "docs" / "how-to" / "detection.md").read_text("utf-8")
    unmapped = len((folder() / UNMAPPED).read_text("utf-8").splitlines()) - 1
    for said in (
        f"Of its {len(WATCH) + len(waiting()) + unmapped} about networks and the web {unmapped} ask",
        f"Of the others {len(WATCH)} watch here",
        f"{len(waiting())} wait in the nursery",
    ):
        assert said in " ".join(page.split())


def test_a_name_that_nothing_waits_under() -> None:
    assert waiting_as("no-such-rule") is None
    with pytest.raises(WrongUse, match="rules nursery"):
        waiting_as("nursery/no-such-rule")
    assert waiting_as("nursery/apt-user-agent") == waiting_as("apt-user-agent") is not None
