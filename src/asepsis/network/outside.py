"""Services that a hospital should have of its own, used by its devices at addresses outside: names and time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from asepsis.findings.service import Excused, Fault, Look, Party, Row, faults, gather, nothing
from asepsis.network.partners import Partners

# Who asks outside by its task: it does so for all others.
_SERVES = frozenset({"domain controller", "name server", "network gear", "adapter"})


@dataclass(frozen=True, slots=True)
class Outside:
    """`uses` gives client and server, with the columns of `{span}`; `serves` the addresses that give the service themselves."""

    uses: str
    serves: str


def users(look: Look, of: Outside) -> Iterator[Fault]:
    """The devices that use one outside without a reason that is known."""
    return faults(look, [row for row, excuse in _uses(look, of) if not excuse], who="client", part=nothing, counts=_counts)


def excuses(look: Look, of: Outside) -> list[Excused]:
    return [Excused(why, found.events) for why, found in gather((why, row) for row, why in _uses(look, of) if why).items()]


def _counts(client: Party) -> bool:
    return client.clinical and not _task(client)


def _task(client: Party) -> bool:
    return client.kind in _SERVES or any(role in _SERVES for asset in client.assets for role in asset.roles)


def _uses(look: Look, of: Outside) -> Iterator[tuple[Row, str]]:
    found = [row for row in look.rows(of.uses) if look.locator.machine(row["client"]) and look.parties.outside(row["server"])]
    serving: Callable[[str], bool] = {row["server"] for row in look.rows(of.serves)}.__contains__ if found else bool
    partners = Partners(look)
    for row in found:
        partner, _ = partners.of(row["server"], row["client"], None)
        client = look.at(row["client"])
        if serving(row["client"]) and not partner:
            continue
        yield (
            row,
            f"the hospital names {row['server']} as its partner {partner}" if partner
            else f"the hospital states that {client.name} does not touch care" if client.stated_harmless
            else "",
        )  # fmt: skip
