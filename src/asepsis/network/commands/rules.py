"""`asepsis network rules ...`: which rules watch, whether they hold, others' rules, and exceptions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import typer

from asepsis.kit import command
from asepsis.kit.command import DEFAULT_SITE, JsonOption, SiteOption, at
from asepsis.kit.errors import DoesNotHold, WrongUse, one_line
from asepsis.kit.output import print_json, print_table
from asepsis.kit.site import Site

from .. import service
from ..meaning import techniques
from ..standing import Standing, standing_form

app = command.group("The rules that watch, what proves them, and whom they excuse.")
app.info.no_args_is_help = False

RuleName = Annotated[str, typer.Argument(metavar="RULE", help="Name of the rule.")]
RuleNames = Annotated[list[str] | None, typer.Argument(metavar="[RULE]...", help="Names of rules; none: all.")]
RuleFile = Annotated[
    Path,
    typer.Argument(
        metavar="FILE|FOLDER|NAME",
        readable=False,
        help="A Sigma rule (or a correlation with its rules), a folder of them, or one of the nursery.",
    ),
]
ProofOption = Annotated[
    Path | None, typer.Option("--proof", metavar="FILE", readable=False, help="Events that fire it and events that do not, as JSON.")
]
Reason = Annotated[str, typer.Option("--reason", help="Why that is harmless. Write no names of patients.")]
UntilOption = Annotated[str, typer.Option("--until", metavar="DATE", help="Last day, as 2027-01-31; a year from now at the most.")]
AttackerOption = Annotated[
    list[str] | None,
    typer.Option("--attacker", metavar="WHAT=VALUE", help="Who does it: kind, zone, class, role or address; may be repeated."),
]
VictimOption = Annotated[
    list[str] | None, typer.Option("--victim", metavar="WHAT=VALUE", help="To whom, in the same way; may be repeated.")
]
_SIDES = ("kind", "zone", "class", "role", "address")


@app.callback(invoke_without_command=True)
def list_(context: typer.Context, site: SiteOption = DEFAULT_SITE, json: JsonOption = False) -> None:
    """Every rule, what it looks for, and how often it spoke."""
    if context.invoked_subcommand:
        return None
    opened = _site(site)
    found, broken = service.rules(opened), service.library(opened).broken
    if json:
        return print_json([*map(standing_form, found), *({"rule": one.name, "state": f"broken: {one.wrong}"} for one in broken)])
    rows = [
        (
            one.entry.name,
            one.entry.speaks.level or "",
            ", ".join(techniques(one.entry.speaks.tags)),
            one.state,
            f"{one.spoke.attackers}" if one.spoke else "",
            f"{one.spoke.last:%Y-%m-%d %H:%M}" if one.spoke else "",
            one.entry.meaning.fault,
        )
        for one in found
    ]
    print_table(("rule", "level", "ATT&CK", "state", "attackers", "last", "tells of"), rows)
    for one in broken:
        print(f"{one_line(one.name)} watches nothing: {one_line(one.wrong, 600)}")
    print(f"{len(found)} rules. `asepsis network rules show RULE{at(site)}` tells more of one.")
    waits = len(service.waiting())
    print(f"{waits} rules of others wait and watch nothing: `asepsis network rules nursery` says why, `rules add NAME` takes one.")
    return None


@app.command()
def nursery(json: JsonOption = False) -> None:
    """Rules of others that watch nothing until a hospital takes them: each with why it waits."""
    found = service.waiting()
    if json:
        return print_json([one.form() for one in found])
    print_table(("rule", "waits for", "why"), [(one.name, one.why.value, one.says) for one in found])
    print(f"{len(found)} rules wait. `asepsis network rules add NAME` takes one into use.")
    return None


@app.command()
def show(rule: RuleName, site: SiteOption = DEFAULT_SITE, json: JsonOption = False) -> None:
    """One rule: what it looks for, what is harmless, what it does to patients, who is excused."""
    one = _one(service.rules(_site(site)), rule)
    if json:
        return print_json(standing_form(one))
    told = standing_form(one)
    print(f"{one_line(told['title'])} ({told['level']}; {', '.join(told['techniques']) or 'no technique named'}; {told['state']})")
    print(f"\n{one_line(told['looks_for'], 2000)}\n\nDo: {one_line(told['action'], 600)}")
    if told["rule_by"]:
        print(f"Rule by {told['rule_by']}.")
    if told["harmless"]:
        print("\nLooks the same and is harmless:")
        for text in told["harmless"]:
            print(f"  - {one_line(text, 600)}")
    print_table(("harm", "0-4", "why"), [(kind.replace("_", " "), harm["level"], harm["why"]) for kind, harm in told["harms"].items()])
    excused = [(e["number"] or "", e["attacker"], e["victim"], str(e["until"] or "for ever"), e["reason"]) for e in told["exceptions"]]
    if excused:
        print_table(("excused", "attacker", "victim", "until", "why"), excused)
    return None


@app.command("test")
def replay(rules: RuleNames = None, site: SiteOption = DEFAULT_SITE, json: JsonOption = False) -> None:
    """Replay what fires each rule and what does not. Ends with 4 if one does not hold."""
    tried = list(service.try_rules(_site(site), rules or ()))
    wrong = [one for one in tried if one.wrong]
    if json:
        print_json([{"rule": o.rule, "example": o.example, "fires": o.fires, "holds": not o.wrong, "wrong": o.wrong} for o in tried])
    else:
        if wrong:
            print_table(("rule", "example", "is wrong"), [(one.rule, one.example, one.wrong) for one in wrong])
        print(f"{len({one.rule for one in tried})} rules, {len(tried)} examples, {len(wrong)} wrong.")
    if wrong:
        raise DoesNotHold(f"{len(wrong)} of {len(tried)} examples", "rules", "mend the rule or its proof")


@app.command()
def add(file: RuleFile, proof: ProofOption = None, site: SiteOption = DEFAULT_SITE, json: JsonOption = False) -> None:
    """Take Sigma rules that others wrote, or one that waits in the nursery. One line says which field has no stream, if one has none."""
    if file.is_dir():
        return _add_all(file, proof, site, json)
    entry = service.add_rule(Site.open(site, create=True), file, proof)
    if json:
        return print_json(standing_form(Standing(entry)))
    if doubt := _doubts().get(entry.name):
        print(f"It waited in the nursery: {doubt}")
    print(f"{entry.name} watches from now on. To ask the past: asepsis network hunt {entry.name}{at(site)} --since 30d")
    return None


def _add_all(folder: Path, proof: Path | None, site: Path, json: bool) -> None:
    if proof is not None:
        raise WrongUse("one proof for many rules", f"--proof {proof}", "add the rule alone, or let proof.json lie beside its rule.yml")
    found = service.add_rules(Site.open(site, create=True), folder)
    told = [(str(one.path.relative_to(folder)), one.entry.name if one.entry else None, one.wrong) for one in found]
    taken, doubts = sum(rule is not None for _, rule, _ in told), _doubts()
    if json:
        files = [{"file": file, "rule": rule, "wrong": wrong, "doubt": doubts.get(rule or "")} for file, rule, wrong in told]
        return print_json({"files": files, "taken": taken, "not_taken": len(told) - taken})
    for file, rule, wrong in told:
        doubt = f". In doubt: {doubts[rule]}" if rule in doubts else ""
        print(f"{one_line(file)}: {f'taken as {rule}{doubt}' if rule else one_line(wrong)}")
    print(f"{taken} of {len(told)} rules watch from now on.")
    return None


def _doubts() -> dict[str, str]:
    """Why rules wait in the nursery, by their names: whoever takes one should know."""
    return {one.name: one.says for one in service.waiting()}


@app.command()
def tune(
    rule: RuleName,
    reason: Reason,
    until: UntilOption,
    attacker: AttackerOption = None,
    victim: VictimOption = None,
    site: SiteOption = DEFAULT_SITE,
    json: JsonOption = False,
) -> None:
    """Excuse who does what a rule looks for and is no attacker, to the end of a day, for a reason."""
    sides = _sides(attacker or [], "--attacker"), _sides(victim or [], "--victim")
    number, one = service.tune(Site.open(site), rule, reason, _day(until), *sides)
    told = {"rule": rule, "number": number, "attacker": one.attacker.words, "victim": one.victim.words, "until": one.until}
    if json:
        return print_json(told | {"reason": one.reason})
    print(f"{rule} excuses {one.attacker.words} towards {one.victim.words} until {one.until}.")
    print(f"To take it back: asepsis network rules untune {number}{at(site)}")
    return None


@app.command()
def untune(
    number: Annotated[int, typer.Argument(metavar="N", help="Number of the exception.")],
    site: SiteOption = DEFAULT_SITE,
    json: JsonOption = False,
) -> None:
    """Take an exception back."""
    service.untune(Site.open(site), number)
    if json:
        return print_json({"number": number, "stands": False})
    print(f"Exception {number} no longer stands.")
    return None


def _site(path: Path) -> Site | None:
    """The site, if there is one: the rules of asepsis can be looked at without."""
    return Site.open(path) if path != DEFAULT_SITE or (path / "site.json").exists() else None


def _one(found: Sequence[Standing], rule: str) -> Standing:
    for one in found:
        if one.entry.name == rule:
            return one
    raise WrongUse("no rule is called so", rule, "`asepsis network rules` lists them")


def _sides(words: Sequence[str], option: str) -> dict[str, object]:
    found: dict[str, list[str]] = {}
    for word in words:
        name, is_, value = word.partition("=")
        if not is_ or not value or name not in _SIDES:
            raise WrongUse("not understood", f"{option} {one_line(word, 80)}", f"write kind=printer; one of {', '.join(_SIDES)}")
        found.setdefault(name, []).append(value)
    return dict(found)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise WrongUse("not a day", text, f"write it as {datetime.now(UTC).date()}") from None
