"""What a person may do. Who is not named for an address and a method may not use it: `access.toml` is the whole table."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from importlib.resources import files


class Role(StrEnum):
    """The roles of people. An auditor reads all and changes nothing."""

    VIEWER = "viewer"
    ANALYST = "analyst"
    BIOMED = "biomed"
    PRIVACY = "privacy"
    APPROVER = "approver"
    ADMINISTRATOR = "administrator"
    AUDITOR = "auditor"

    @property
    def words(self) -> str:
        """As a person reads it."""
        return {"biomed": "biomedical engineer", "privacy": "privacy officer", "approver": "clinical approver"}.get(self.value, self.value)


ANYBODY = "anybody"
"""Who has not logged in, too."""


@cache
def access() -> Mapping[str, Mapping[str, frozenset[str]]]:
    """Who may use what: by the name of an address ("findings:worklist") and the method the roles, or ANYBODY."""
    table = tomllib.loads(files("asepsis.console").joinpath("access.toml").read_text("utf-8"))
    groups: dict[str, list[str]] = table.pop("groups")
    return {
        name: {method: frozenset(word for given in words for word in groups.get(given, [given])) for method, words in methods.items()}
        for name, methods in table.items()
    }


def allowed(name: str, method: str, role: str | None) -> bool:
    """Whether who has `role` (None: who has not logged in) may use an address by a method; HEAD asks what GET does."""
    who = access().get(name, {}).get("GET" if method == "HEAD" else method, frozenset())
    return ANYBODY in who or (role is not None and role in who)
