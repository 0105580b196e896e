"""An archive that has nothing: a DICOM service class provider (PS3.4, PS3.7) that answers, finds nothing and keeps nothing."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

from asepsis.kit.errors import BadInput

from .contact import Contact, Tell

DOOR = "DICOM"
TITLE = "ARCHIVE"
ASSOCIATIONS, IDLE_S, PDU_BYTES = 20, 30, 16_384
_SUCCESS, _PENDING_NONE, _NO_ROOM = 0x0000, 0x0000, 0xA700
"""PS3.7 C.1.1; PS3.4 B.2.3: refused, out of resources. So whoever sends an image is told that it did not arrive."""


class Archive:
    """Listens from the moment that it is made. Raises BadInput where pynetdicom is not installed, OSError if it cannot listen."""

    def __init__(self, address: str, port: int, tell: Tell, title: str = TITLE) -> None:
        try:
            from pynetdicom import AE, AllStoragePresentationContexts, QueryRetrievePresentationContexts, VerificationPresentationContexts
        except ImportError:
            raise BadInput("needs pynetdicom", "a DICOM decoy", "install asepsis[decoy], or leave it out: --only hl7,smb") from None
        # What it says of associations is who called, which is told already, and what was asked, which may be a patient's name.
        logging.getLogger("pynetdicom").setLevel(logging.CRITICAL)
        ae = AE(ae_title=title)
        ae.maximum_associations, ae.maximum_pdu_size = ASSOCIATIONS, PDU_BYTES
        ae.acse_timeout = ae.dimse_timeout = ae.network_timeout = IDLE_S
        ae.supported_contexts = [*VerificationPresentationContexts, *QueryRetrievePresentationContexts]
        for context in AllStoragePresentationContexts:
            ae.add_supported_context(str(context.abstract_syntax))
        self._server: Any = ae.start_server((address, port), block=False, evt_handlers=list(_handlers(tell)))

    def close(self) -> None:
        """Hangs up on all who talk to it."""
        self._server.shutdown()


def _handlers(tell: Tell) -> Iterator[tuple[Any, Any]]:
    from pynetdicom import evt

    def told(event: Any, did: str) -> None:
        tell(Contact(event.assoc.requestor.address, DOOR, did))

    def found(event: Any, did: str) -> Iterator[tuple[int, None]]:
        told(event, did)
        yield _PENDING_NONE, None

    def moved(event: Any) -> Iterator[Any]:
        """PS3.4 C.4.2: to nobody, of whom it knows no address."""
        told(event, "C-MOVE")
        yield None, None

    def got(event: Any) -> Iterator[int]:
        told(event, "C-GET")
        yield 0

    def answered(event: Any, did: str, status: int) -> int:
        told(event, did)
        return status

    yield evt.EVT_CONN_OPEN, lambda event: tell(Contact(event.address[0], DOOR, "connects"))
    yield evt.EVT_C_ECHO, lambda event: answered(event, "C-ECHO", _SUCCESS)
    yield evt.EVT_C_FIND, lambda event: found(event, "C-FIND")
    yield evt.EVT_C_MOVE, moved
    yield evt.EVT_C_GET, got
    yield evt.EVT_C_STORE, lambda event: answered(event, "C-STORE", _NO_ROOM)
