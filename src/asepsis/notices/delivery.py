"""Sends what waits: a channel after the other, each until one letter does not get through. No transaction is open meanwhile.

A process that is killed between a letter that was sent and the note of it sends it once more, under the same name: at least once.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from asepsis.kit.errors import AsepsisError
from asepsis.kit.site import Site

from .notice import Message
from .reach import Reach
from .seal import opened

if TYPE_CHECKING:
    from .models import ChannelRow


def deliver(site: Site, reach: Reach, link: str, now: Callable[[], datetime]) -> int:
    """Sends what may be sent now; how many letters got through. What fails is kept, and the channel says so."""
    from .models import ChannelRow

    return sum(_emptied(site, row, reach, link, now) for row in ChannelRow.objects.to_send(now()))


def sent_by(site: Site, row: ChannelRow, message: Message, reach: Reach, link: str) -> str:
    """Sends a message by a channel; what came back. Raises an AsepsisError."""
    channel = row.value()
    return channel.kind.send(channel.settings, opened(site, row.sealed), message, link, reach)


def _emptied(site: Site, row: ChannelRow, reach: Reach, link: str, now: Callable[[], datetime]) -> int:
    sent = 0
    for letter in row.next(now()):
        try:
            said = sent_by(site, row, letter.value(), reach, link)
        except AsepsisError as error:
            row.failed(letter, str(error), now())
            break
        row.succeeded(letter, said, now())
        sent += 1
    return sent
