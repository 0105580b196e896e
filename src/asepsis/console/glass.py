"""Breaking the glass: who must act at once and may not takes a higher role, for an hour, with a reason, and everybody sees it.

Source: HIPAA Security Rule, 45 CFR 164.312(a)(2)(ii) (emergency access procedure); NEMA/COCIR/JIRA SPC, "Break-Glass: An Approach to
Granting Emergency Access to Healthcare Systems" (2004): accounts prepared beforehand, tight logging, review afterwards.
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

from asepsis.kit.errors import WrongUse, one_line

from .role import Role

LASTS = timedelta(hours=1)
TAKEN = (Role.APPROVER, Role.ANALYST)
"""What may be taken. Nobody becomes an administrator: what he gave himself would last."""
LONGEST_REASON = 200


class May(StrEnum):
    """What an administrator lets a person do in an emergency."""

    NO = "no"
    ROLE = "role"
    FACTOR = "factor"

    @property
    def words(self) -> str:
        """As a person reads it."""
        return {"no": "no", "role": "another role", "factor": "another role, also without second factor"}[self.value]


def why(reason: str) -> str:
    """The reason as it is shown. Raises WrongUse where there is none."""
    said = one_line(reason, LONGEST_REASON)
    if len(said) < 10:
        raise WrongUse("no reason", todo="say in a few words what must be done now")
    return said


def check(may: May, own: Role, taken: str, without_factor: bool) -> Role:
    """The role that is taken. Raises WrongUse for whom it is not for."""
    if own is Role.AUDITOR or may is May.NO or (without_factor and may is not May.FACTOR):
        raise WrongUse("an administrator has not let you break the glass like this", todo="call an administrator")
    if taken not in TAKEN:
        raise WrongUse("this role cannot be taken", taken[:40], f"take {' or '.join(role.words for role in TAKEN)}")
    if own == taken and not without_factor:
        raise WrongUse("this is your role already", Role(taken).words)
    return Role(taken)
