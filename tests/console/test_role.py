"""Who may use what."""

from __future__ import annotations

from asepsis.console.role import Role, access, allowed


def test_an_address_without_an_entry_is_closed_to_everybody() -> None:
    assert not any(allowed("console:new", "GET", role) for role in (None, *Role))


def test_strangers_may_come_in_and_nothing_else() -> None:
    opened = {name for name, methods in access().items() if any(allowed(name, method, None) for method in methods)}
    at_the_door = {"healthz", "readyz", "console:welcome", "console:approve", "console:enter", "account_login"}
    at_the_door |= {"mfa_authenticate", "mfa_login_webauthn"}
    assert {name for name in opened if not name.startswith("api:")} == at_the_door


def test_an_auditor_changes_nothing_but_how_he_is_known() -> None:
    changing = {name for name, methods in access().items() if allowed(name, "POST", Role.AUDITOR)}
    own = {name for name in changing if not name.startswith(("account_", "mfa_", "api:"))}
    assert own == {"console:welcome", "console:approve", "console:enter"}


def test_every_role_of_the_table_is_one() -> None:
    named = {word for methods in access().values() for words in methods.values() for word in words}
    assert named <= {*Role, "anybody"}


def test_head_asks_what_get_does() -> None:
    assert allowed("findings:worklist", "HEAD", Role.VIEWER)
    assert not allowed("findings:accept", "HEAD", Role.ANALYST)
