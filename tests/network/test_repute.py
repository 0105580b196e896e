"""Whom the exceptions of asepsis's own rules excuse by what a machine is taken for: nobody who became it lately."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from asepsis.assessment.judgement import judge
from asepsis.findings.service import Finding, findings
from asepsis.kit.site import Site
from asepsis.lake.rows_lake import DAY
from asepsis.lake.service import open_lake
from asepsis.network import memory, service
from asepsis.network.library import shipped
from asepsis.network.repute import learn, roles_of

from .making import put

CONTROLLER, MACHINE = "10.1.0.10", "10.1.0.50"
RULE = "directory-replicated"
TAUGHT_ON, LATER = 1, 5
"""Days: on the first something was heard in enough hours; that of the attack."""


@pytest.fixture(autouse=True)
def soon_taught(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is usual is known after three hours."""
    monkeypatch.setattr(memory, "TEACHING", 3)


def called(day: int, server: str, port: int, service: str, n: int) -> dict[str, Any]:
    ends = {"id_orig_h": f"10.1.0.{100 + n}", "id_resp_h": server, "id_resp_p": port, "proto": "tcp", "service": service}
    known = {"orig_pkts": 6, "resp_pkts": 6, "orig_bytes": 900, "resp_bytes": 1_400, "conn_state": "SF", "history": "ShADadFf"}
    ident = f"{day}-{server}-{port}-{n}"
    return ends | known | {"ts": f"{24 * day}:{n:02}", "event_id": ident, "uid": ident}


def answers(day: int, server: str) -> list[dict[str, Any]]:
    """A machine answers as domain controllers do."""
    return [called(day, server, port, name, n) for port, name in ((88, "krb_tcp"), (389, "ldap"), (3268, "ldap")) for n in range(5)]


def works(day: int) -> list[dict[str, Any]]:
    """Hours of a day in which the controller is there."""
    return [one | {"ts": f"{24 * day + hour}:30"} for hour in range(3) for one in [called(day, CONTROLLER, 445, "smb", 20 + hour)]]


def replicates(day: int, client: str = MACHINE) -> dict[str, Any]:
    told = {"endpoint": "drsuapi", "operation": "DRSGetNCChanges", "id_orig_h": client, "id_resp_h": CONTROLLER, "id_resp_p": 49_700}
    return told | {"ts": f"{24 * day + 2}:45", "event_id": f"copied-{day}-{client}"}


def looked(site: Site, rows: Mapping[str, Any]) -> list[Finding]:
    """What is told of copies of the directory, after a look at what came."""
    put(site, rows)
    with open_lake(site) as lake:
        judge(site, lake)
    return [one for one in findings(site) if one.seen.check == RULE]


def taught(site: Site, *servers: str) -> None:
    """A site that learned, with these as domain controllers."""
    for day in range(TAUGHT_ON + 1):
        looked(site, {"conn": [*works(day), *(row for server in servers for row in answers(day, server))]})


def test_who_begins_to_answer_as_a_domain_controller_is_not_excused_as_one(store: Site) -> None:
    taught(store, CONTROLLER)
    assert not looked(store, {"conn": [*works(LATER), *answers(LATER, MACHINE)]})
    (told,) = looked(store, {"conn": works(LATER + 1), "dce_rpc": [replicates(LATER + 1), replicates(LATER + 1, CONTROLLER)]})
    assert MACHINE in told.seen.title
    assert "It is taken for domain controller since 2026-03-07 only" in told.seen.why


def test_one_that_did_so_while_the_site_learned_is_excused(store: Site) -> None:
    taught(store, CONTROLLER, MACHINE)
    assert not looked(store, {"conn": works(LATER), "dce_rpc": [replicates(LATER)]})


def test_of_the_first_look_at_many_days_none_can_say_when_it_became_one(store: Site) -> None:
    rows = [*works(0), *works(1), *answers(0, CONTROLLER), *answers(LATER, MACHINE)]
    assert not looked(store, {"conn": rows, "dce_rpc": [replicates(LATER)]})


@pytest.mark.parametrize(("stated", "tells"), [('kind = "domain controller"', False), ('clinical_class = "support"', True)])
def test_one_whose_kind_a_person_stated_is_excused(store: Site, stated: str, tells: bool) -> None:
    taught(store, CONTROLLER)
    (store.path / "site.toml").write_text(f'[[assets]]\naddress = "{MACHINE}"\n{stated}\n')
    assert bool(looked(store, {"conn": [*works(LATER), *answers(LATER, MACHINE)], "dce_rpc": [replicates(LATER)]})) is tells


@pytest.mark.parametrize(("after", "tells"), [(27, True), (29, False)])
def test_one_that_has_been_so_for_four_weeks_is_excused(store: Site, after: int, tells: bool) -> None:
    taught(store, CONTROLLER)
    looked(store, {"conn": [*works(LATER), *answers(LATER, MACHINE)]})
    looked(store, {"conn": answers(LATER + 20, MACHINE)})
    day = LATER + after
    assert bool(looked(store, {"conn": works(day), "dce_rpc": [replicates(day)]})) is tells


def test_what_a_person_excused_by_kind_holds_at_once(store: Site) -> None:
    taught(store, CONTROLLER)
    until = (DAY + timedelta(days=400)).date()
    from asepsis.network.store import exempt

    exempt(RULE, {"kind": "domain controller"}, {}, "a second one is being set up", until, "os:ann")
    assert not looked(store, {"conn": [*works(LATER), *answers(LATER, MACHINE)], "dce_rpc": [replicates(LATER)]})


def test_what_was_forgotten_is_no_longer_believed(store: Site) -> None:
    taught(store, CONTROLLER)
    looked(store, {"conn": [*works(LATER), *answers(LATER, MACHINE)]})
    looked(store, {"conn": answers(LATER + 20, MACHINE)})
    service.forget(store, DAY + timedelta(days=LATER), DAY + timedelta(days=LATER + 1), "break-in")
    assert looked(store, {"conn": works(LATER + 29), "dce_rpc": [replicates(LATER + 29)]})


def test_a_hunt_goes_by_what_was_remembered(store: Site) -> None:
    taught(store, CONTROLLER)
    looked(store, {"conn": [*works(LATER), *answers(LATER, MACHINE)], "dce_rpc": [replicates(LATER), replicates(LATER, CONTROLLER)]})
    _, found = service.hunt(store, RULE, DAY, DAY + timedelta(days=LATER + 1))
    assert [one.attacker for one in found] == [MACHINE]


def test_what_a_machine_is_taken_for_goes_on_under_another_id() -> None:
    from asepsis.hospital.service import asset_of

    remembered, roles = memory.Kept(), frozenset({"name server"})
    before, after = {"id": "by-address", "kind": "name server"}, {"id": "by-mac", "kind": "name server", "former": ("by-address",)}
    learn(remembered, [asset_of(before)], roles, DAY, learning=True)
    learn(remembered, [asset_of(after)], roles, DAY + timedelta(days=20), learning=False)
    learn(remembered, [asset_of(after)], roles, DAY + timedelta(days=40), learning=False)
    ((key, one),) = remembered.load().items()
    assert (key, one.first, one.value) == ('["by-mac","name server"]', DAY, {"taught": True})


def test_what_no_machine_was_taken_for_in_four_weeks_begins_anew() -> None:
    from asepsis.hospital.service import asset_of

    remembered, roles, server = memory.Kept(), frozenset({"name server"}), asset_of({"id": "a", "kind": "name server"})
    learn(remembered, [server], roles, DAY, learning=True)
    later = DAY + timedelta(days=30)
    learn(remembered, [server], roles, later, learning=False)
    assert remembered.load()['["a","name server"]'].first == later


def test_roles_are_those_by_which_attackers_are_excused() -> None:
    assert {"domain controller", "interface engine", "name server", "scanner", "network gear"} <= roles_of(shipped())
    assert "EHR" not in roles_of(shipped()), "only victims are meant by it"
