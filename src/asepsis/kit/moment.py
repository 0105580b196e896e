"""Times as people write them at the command line."""

from __future__ import annotations

from datetime import UTC, datetime

from asepsis.kit.errors import WrongUse


def parse(text: str) -> datetime:
    """A day or a time of ISO 8601, in UTC if it says no offset. Raises WrongUse."""
    try:
        moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise WrongUse("not a time", text, f"write it as {datetime.now(UTC):%Y-%m-%dT%H:%M}, in UTC") from None
