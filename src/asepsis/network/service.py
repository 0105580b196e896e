"""The verbs of network security: look at the lake with every check and every rule; say how well the sensor hears; keep the rules."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, date, datetime, timedelta
from difflib import get_close_matches
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from asepsis.findings.service import Examined, Finding, Lake, Look, Parties, State, findings, hand_over, publish, those
from asepsis.findings.service import examine as examine_with
from asepsis.hospital.service import DECOY, KINDS, asset, assets, locate, plan
from asepsis.journal.service import record
from asepsis.kit.errors import BadInput, WrongUse, one_line
from asepsis.kit.free_text import free_text
from asepsis.kit.site import Site
from asepsis.lake.service import news, open_lake, packets
from asepsis.settings import has_store, open_store

from . import foreign, forgetting, hunting, pulse, retold
from .alert import left_after
from .checks import all_checks
from .decoy import Decoy, decoy, listening
from .decoys.contact import Contact
from .detect import Around, Rows, hours_of, repute_of, tell
from .detect import detect as detect_with
from .health import Health, Trouble
from .health import health as health_of
from .library import Broken, Entry, Library
from .library import library as library_of
from .meaning import Exemption, side_of
from .memory import TEACHING, Known, Time, taught
from .nursery import Waiting, waiting, waiting_as
from .proof import Tried, examples, proofs
from .pulse import Flow, Pulse
from .repute import ANYTHING, ROLES, Repute
from .retold import Outline
from .sighting import Sighting
from .sigma.query import EARLIEST, Reach
from .standing import WEEK, Standing
from .story import Clue, Story
from .telling import Told, clue_of, told_of

__all__ = [
    "Entry", "Exemption", "Flow", "Health", "Library", "Outline", "Pulse", "Sighting", "Standing", "Told", "Tried", "Trouble",
    "Waiting", "add_rule", "add_rules", "all_checks", "baseline", "baseline_of", "decoy", "decoy_up", "detect", "examine", "forget",
    "health", "hunt", "library", "live", "names_of", "packets_of", "published_stories", "published_story", "rule", "rules",
    "spoke_last", "stories", "story", "try_rules", "tune", "untune", "waiting",
]  # fmt: skip

REASON_MOST = 1_000
EXCUSED_AT_MOST = timedelta(days=366)


def library(site: Site | None = None) -> Library:
    """The rules of asepsis, and those that a site added; what of these cannot be used is told in it."""
    return library_of(_rules_of(site) if site else None)


def detect(site: Site, look: Look) -> None:
    """Asks every rule of what came into the lake since the last time, and publishes the alerts: all of it, or nothing, so that a run that
    is killed is made again. The same rows again change nothing."""
    known = library(site)
    _tell_of_broken(known.broken)
    open_store(site)
    from django.db import transaction

    from . import pulse_store, store

    with transaction.atomic(), ExitStack() as held:
        progress = store.progress()
        came = news(site, progress.commit, progress.parts)
        if not came.parts:
            if came.n != progress.commit:
                progress.commit, progress.parts = came.n, sorted(came.known)
                progress.save()
            return
        fresh = held.enter_context(open_lake(site, only=came.parts))
        pulse_store.hear(pulse.heard(fresh))
        pulse_store.count(pulse.came(came.parts))
        progress.hours, since = taught(progress.hours, hours_of(fresh))
        rows = Rows(fresh, Around(lambda since: open_lake(site, since=since), held), since, progress.last)
        repute = repute_of(known, rows, look)
        if changed := detect_with(known, rows, look, repute):
            proposals, merged = tell(known, changed, look, repute)
            if proposals:
                publish(site, proposals, now=look.now, checks={proposal.check for proposal in proposals})
            hand_over(site, merged, look.now)
        if progress.last is None or progress.last.date() != look.now.date() <= datetime.now(UTC).date():
            store.tidy(known.entries, look.now)
        progress.commit, progress.parts, progress.last = came.n, sorted(came.known), look.now
        progress.save()


@cache
def _tell_of_broken(broken: tuple[Broken, ...]) -> None:
    """Says once which rules of the site watch nothing: the others go on, and who runs it must know."""
    for one in broken:
        print(f"asepsis: the rule {one_line(one.name)} of the site watches nothing: {one_line(one.wrong)}", file=sys.stderr, flush=True)


def rules(site: Site | None) -> list[Standing]:
    """Every rule, how it stands here, and how often it spoke."""
    known = library(site)
    if site is None or not has_store(site):
        return [Standing(entry) for entry in known.entries]
    open_store(site)
    from . import store

    progress = store.progress()
    spoke, excused = store.spoke((progress.last or datetime.now(UTC)) - WEEK), store.every_exemption()
    return [Standing(e, spoke.get(e.name), excused.get(e.name, []), len(progress.hours)) for e in known.entries]


def rule(site: Site, name: str) -> Standing:
    """One rule, and how it stands here. Raises WrongUse."""
    _check_rule(site, name)
    return next(one for one in rules(site) if one.entry.name == name)


def spoke_last(site: Site, rule: str, most: int) -> list[tuple[Sighting, Finding | None]]:
    """What a rule saw last, the latest first, each with the alert that tells of it: none of a mere sign."""
    open_store(site)
    from . import store

    seen = store.last_of(rule, most)
    found = those(site, {alert for _, _, alert in seen if alert})
    return [(one, found.get(alert)) for one, _, alert in seen]


def try_rules(site: Site | None, names: Collection[str] = ()) -> Iterator[Tried]:
    """Every example beside the rules tried, or beside those that are named. Raises WrongUse for a name that no rule has."""
    known = library(site)
    for one in known.broken:
        if not names or one.name in names:
            yield Tried(one.name, "the rule itself", True, one.wrong)
    for name in sorted(set(names) - known.by_name.keys() - {one.name for one in known.broken}):
        raise WrongUse("no rule is called so", name, "`asepsis network rules` lists them")
    for entry in known.entries:
        if not names or entry.name in names:
            yield from proofs(entry, examples(entry))


def add_rule(site: Site, path: Path, proof: Path | None = None) -> Entry:
    """Takes a Sigma rule that others wrote, or one that waits in the nursery, into the rules of a site, under the name of its title. Raises
    BadInput, in one line, for one that the streams cannot answer, WrongUse for one that is there already."""
    one = foreign.offer(_file_of(path), proof, _rules_of(site), library(site))
    _keep(site, [one])
    assert one.entry
    return one.entry


def _file_of(path: Path) -> Path:
    """A file, or that of the rule that waits under this name."""
    waits = None if path.exists() else waiting_as(str(path))
    return waits.path if waits else path


def add_rules(site: Site, folder: Path) -> list[foreign.Offer]:
    """Takes every Sigma rule of a folder that the streams can answer into the rules of a site: all of these, or none if the disk is full.
    Raises BadInput for a folder without rules."""
    found = foreign.offers(folder, _rules_of(site), library(site))
    _keep(site, [one for one in found if one.entry])
    return found


def _keep(site: Site, taken: Sequence[foreign.Offer]) -> None:
    with foreign.keeping(taken):
        for one in taken:
            assert one.entry
            record(site, "network.rule_add", one.entry.name, {"id": one.entry.speaks.key})


def tune(
    site: Site, rule: str, reason: str, until: date, attacker: Mapping[str, object], victim: Mapping[str, object]
) -> tuple[int, Exemption]:
    """Excuses from a rule who does what it looks for and is no attacker, to the end of a day. The reason stays in the store, where it can
    be redacted, and not in the journal. Raises WrongUse."""
    _check_rule(site, rule)
    today = datetime.now(UTC).date()
    if not today <= until <= today + EXCUSED_AT_MOST:
        raise WrongUse(f"cannot excuse until {until}", rule, "name a day from today to a year from now")
    if not attacker and not victim:
        raise WrongUse(
            "an exception without sides would switch the rule off", rule, "say --attacker or --victim: kind=printer, zone=office"
        )
    _check_names(rule, [*_named(attacker, "kind"), *_named(victim, "kind")], KINDS, "kind")
    _check_names(rule, [*_named(attacker, "zone"), *_named(victim, "zone")], {zone.name for zone in plan(site).zones}, "zone")
    try:
        reason = free_text(reason, REASON_MOST)
        exemption = Exemption(reason, side_of(attacker, "--attacker"), side_of(victim, "--victim"), until)
    except (ValueError, BadInput) as error:
        raise WrongUse(str(error), rule, "mend it") from None
    open_store(site)
    from django.db import transaction

    from . import store

    with transaction.atomic():
        sides = {"attacker": exemption.attacker.words, "victim": exemption.victim.words}
        entry = record(site, "network.tune", rule, sides | {"until": until.isoformat()})
        return store.exempt(rule, attacker, victim, reason, until, entry.who), exemption


def untune(site: Site, number: int) -> None:
    """Takes an exception back. Raises WrongUse if there is none of that number."""
    open_store(site)
    from django.db import transaction

    from . import store

    with transaction.atomic():
        if (rule := store.exempted(number)) is None:
            raise WrongUse("no exception has that number", str(number), "`asepsis network rules show RULE` lists them")
        record(site, "network.untune", rule, {"exception": number})
        store.take_back(number)


def hunt(site: Site, rule: str, since: datetime, until: datetime) -> tuple[Entry, list[Sighting]]:
    """What a rule, one that waits, or the rule of a file, finds in all rows of a time; nothing is remembered, and who is excused is left
    out. Raises WrongUse for a rule that is none."""
    entry = library(site).by_name.get(rule) or foreign.of_file(_file_of(Path(rule)))
    excused, repute = _excused(site, entry.name), _repute(site)
    with open_lake(site) as lake:
        sightings = hunting.hunt(entry, lake, Reach(since, until))
        look = Look(lake, locate(assets(site), plan(site)), until)
        return entry, [left for one in sightings if (left := left_after(entry, excused, one, look, repute))]


def baseline(site: Site) -> dict[str, Any]:
    """How much each rule has learned to be usual, and in how many hours; while they are fewer than wanted what is new is not told of."""
    open_store(site)
    from . import store

    progress = store.progress()
    spoke = store.spoke(datetime.now(UTC))
    learned = [{"rule": rule, "learned": count, "told": spoke[rule].sightings if rule in spoke else 0} for rule, count in store.learned()]
    return {"last": progress.last, "hours": len(progress.hours), "hours_wanted": TEACHING, "learned": learned}


def baseline_of(site: Site, id: str) -> list[tuple[str, str, Known]]:
    """What is usual for an asset, by its id, or for an address: rule, values as JSON, and what is known. Raises WrongUse."""
    try:
        names: tuple[str, ...] = (str(ip_address(id)),)
    except ValueError:
        one = asset(site, id)
        names = (*one.addresses, *one.ae_titles)
    open_store(site)
    from . import store

    return store.learned_of(names)


def forget(site: Site, since: datetime, until: datetime, reason: str, rule: str | None = None) -> dict[str, int]:
    """Forgets what was learned from one moment to another, by all rules or by one; how much, by rule. Learning that was over goes on for as
    many hours as the time had of it. Raises WrongUse."""
    if until <= since:
        raise WrongUse("the end is not after the beginning", str(until), "write --since before --until")
    try:
        reason = free_text(reason, REASON_MOST)
    except ValueError as error:
        raise WrongUse(f"the reason {error}", "--reason") from None
    if rule:
        _check_rule(site, rule)
    known, time = library(site), Time(since, until)
    open_store(site)
    from django.db import transaction

    from . import store

    with transaction.atomic():
        tables = [rule] if rule else [table for table, _ in store.learned()]
        counts = {table: forgetting.forget(store.Stored(table), forgetting.unlearner(known, table), time) for table in tables}
        if not rule:
            progress = store.progress()
            progress.hours = forgetting.still_heard(progress.hours, time)
            progress.save()
        record(
            site,
            "network.forget",
            rule or "rules",
            {"since": since.isoformat(), "until": until.isoformat(), "forgotten": sum(counts.values())},
        )
        return {table: count for table, count in counts.items() if count}


def stories(site: Site) -> list[Told]:
    """Every attack that was seen, the latest first."""
    known = library(site).by_name
    open_store(site)
    from . import store

    clues: dict[str, list[Clue]] = {}
    with open_lake(site) as lake:
        look = Look(lake, locate(assets(site), plan(site)), datetime.now(UTC))
        for one, story, finding in store.since(EARLIEST):
            if story and one.rule in known:
                clues.setdefault(story, []).append(clue_of(known[one.rule], one, look, story, finding))
        found = {finding.id: finding for finding in findings(site)}
        told = [told_of(Story(id, tuple(of)), look, found) for id, of in clues.items() if any(clue.alert for clue in of)]
    return sorted(told, key=lambda one: (one.told.last_seen, one.story.id), reverse=True)


def story(site: Site, id: str) -> Told:
    """One attack, by the id of the story, or of its finding or one of its alerts, or the beginning of it. Raises WrongUse."""
    found = [one for one in stories(site) if id and any(name.startswith(id) for name in (one.story.id, one.finding, *one.alerts))]
    if len(found) != 1:
        raise WrongUse("more than one story" if found else "no such story", id, "`asepsis network stories list` names them")
    return found[0]


def published_stories(site: Site, state: State | None = None, after: str = "") -> tuple[list[Outline], str]:
    """Attacks out of the store alone, the gravest first, then the latest: a page, and the mark to go on from. Raises WrongUse for a mark
    that is none."""
    open_store(site)
    return retold.page(site, library(site).by_name, state, after)


def published_story(site: Site, id: str) -> Told:
    """One attack as `story` tells it, out of the store alone. Raises WrongUse."""
    open_store(site)
    return retold.one(site, id, library(site).by_name)


def packets_of(site: Site, one: Told) -> int:
    """How many packets of the time of an attack are kept: those of every segment that touches it."""
    first, last = one.told.first_seen, one.told.last_seen
    return sum(kept.packets for kept in packets(site) if kept.first and kept.last and kept.first <= last and kept.last >= first)


def examine(look: Look, known: Collection[str]) -> Iterator[Examined]:
    """What each check of this room proposes and clears; `known` are the checks that have findings."""
    return examine_with(all_checks(), look, known)


def health(lake: Lake) -> list[Health]:
    """How well each interface (and what captures showed) was heard in the last day of the lake, and what to mend at the switch."""
    return health_of(lake)


def live(site: Site) -> tuple[list[Pulse], list[Flow]]:
    """How well each interface was heard lately, and what came, by stream: out of the store, as old as the last look of the rules."""
    open_store(site)
    from . import pulse_store

    return pulse.pulses(*pulse_store.heard()), pulse.flows(pulse_store.came())


@contextmanager
def decoy_up(site: Site, one: Decoy) -> Iterator[Callable[[], Contact | None]]:
    """A decoy listens while the context lasts, and what it gives says who came. Raises WrongUse where the site does not state that there is
    one at this address: nothing would tell of who talks to it."""
    if not any(told.kind == DECOY and told.address == one.address for told in plan(site).assets):
        lines = f'[[assets]] / address = "{one.address}" / kind = "decoy"'
        raise WrongUse("no decoy is stated at this address", one.address, f"add three lines to {site.path / 'site.toml'}: {lines}")
    with listening(one, site.path / "decoys") as came:
        doors = {door.value: port for door, port in one.ports.items()}
        record(site, "network.decoy_up", one.address, doors)
        try:
            yield came
        finally:
            record(site, "network.decoy_down", one.address, {})


def _rules_of(site: Site) -> Path:
    """Where a site keeps the rules that it added."""
    return site.path / "rules"


def _excused(site: Site, rule: str) -> list[Exemption]:
    """Whom people excused of a rule; makes no store."""
    if not has_store(site):
        return []
    open_store(site)
    from . import store

    return [one for _, one in store.exemptions(rule, date.min)]


def _repute(site: Site) -> Repute:
    """What machines are taken for, as far as rules looked at the site; makes no store."""
    if not has_store(site):
        return ANYTHING
    open_store(site)
    from . import store

    return Repute(store.Stored(ROLES).load()) if store.progress().last else ANYTHING


def _named(side: Mapping[str, object], name: str) -> list[str]:
    values = side.get(name, [])
    return [str(value) for value in values] if isinstance(values, list) else [str(values)]


def _check_names(rule: str, names: Iterable[str], known: Collection[str], what: str) -> None:
    """Raises WrongUse for a name that is misspelt: it would excuse nobody, and who wrote it would believe that it does."""
    for name in names:
        if name not in known:
            near = get_close_matches(name, known, 3) or sorted(known)[:12]
            raise WrongUse(
                f"no {what} is called {one_line(name, 60)}", rule, f"there are {', '.join(near)}" if near else f"site.toml names no {what}"
            )


def _check_rule(site: Site, rule: str) -> None:
    if rule not in library(site).by_name:
        raise WrongUse("no rule is called so", rule, "`asepsis network rules` lists them")


def names_of(site: Site, addresses: Iterable[str]) -> dict[str, str]:
    """What the machines at addresses are called."""
    known = Parties(locate(assets(site), plan(site)))
    return {address: known.at(address).placed for address in addresses}
