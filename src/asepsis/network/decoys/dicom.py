"""An archive that has nothing: a DICOM service class provider (PS3.4, PS3.7) that answers, finds nothing and keeps nothing."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from typing import Any, cast

from asepsis.kit.errors import BadInput

from .contact import Contact, Tell

DOOR = "DICOM"
TITLE = "ARCHIVE"
ASSOCIATIONS, IDLE_S, PDU_BYTES = 20, 30, 16_384
SENT_BYTES, LONGEST_BYTES = 4 << 20, 1 << 20
"""Of all that one association may send, and of one PDU, whose length is what its sender says it is."""
_SUCCESS, _NO_ROOM = 0x0000, 0xA700
"""PS3.7 C.1.1; PS3.4 B.2.3: refused, out of resources. So whoever sends an image is told that it did not arrive."""


class Archive:
    """Listens from the moment that it is made. Raises BadInput where pynetdicom is not installed, OSError if it cannot listen."""

    def __init__(self, address: str, port: int, tell: Tell, title: str = TITLE) -> None:
        try:
            from pynetdicom import AE, AllStoragePresentationContexts, QueryRetrievePresentationContexts, VerificationPresentationContexts
        except ImportError:
            raise BadInput("needs pynetdicom", "a DICOM decoy", "install asepsis[decoy], or leave it out: --only hl7,smb") from None
        _silence()
        ae = AE(ae_title=title)
        ae.maximum_associations, ae.maximum_pdu_size = ASSOCIATIONS, PDU_BYTES
        ae.acse_timeout = ae.dimse_timeout = ae.network_timeout = IDLE_S
        ae.supported_contexts = [*VerificationPresentationContexts, *QueryRetrievePresentationContexts]
        for context in AllStoragePresentationContexts:
            ae.add_supported_context(str(context.abstract_syntax))
        self._server = cast("Any", ae.start_server((address, port), block=False, evt_handlers=list(_handlers(tell))))
        # Who connects and says nothing must not keep others out for long, nor cost a thread each without end.
        self._server.verify_request = lambda _request, _address: len(self._server.active_associations) < ASSOCIATIONS


def _silence() -> None:
    """What the libraries say of associations is who called, which is told already, and what was asked, which may be a patient's name."""
    from pynetdicom import _config

    _config.LOG_REQUEST_IDENTIFIERS = _config.LOG_RESPONSE_IDENTIFIERS = False
    for name in ("pynetdicom", "pydicom"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    warnings.simplefilter("ignore")


def _opened(event: Any, tell: Tell) -> None:
    socket = event.assoc.dul.socket
    receive = socket.recv

    def bounded(length: int) -> Any:
        if length > LONGEST_BYTES:
            raise OSError("longer than any PDU that a decoy is sent")
        return receive(length)

    socket.recv = bounded
    tell(Contact(event.address[0], DOOR, "connects"))


def _bounded(event: Any) -> None:
    """Ends an association that sends more than anybody needs to look around (PS3.8 9.3.8: A-ABORT)."""
    event.assoc.decoy_bytes = getattr(event.assoc, "decoy_bytes", 0) + len(event.data)
    if event.assoc.decoy_bytes > SENT_BYTES:
        event.assoc.abort()


def _handlers(tell: Tell) -> Iterator[tuple[Any, Any]]:
    from pynetdicom import evt

    def told(event: Any, did: str) -> None:
        tell(Contact(event.assoc.requestor.address, DOOR, did))

    def found(event: Any, did: str) -> Iterator[tuple[int, None]]:
        told(event, did)
        yield _SUCCESS, None

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

    yield evt.EVT_DATA_RECV, _bounded
    yield evt.EVT_CONN_OPEN, lambda event: _opened(event, tell)
    yield evt.EVT_C_ECHO, lambda event: answered(event, "C-ECHO", _SUCCESS)
    yield evt.EVT_C_FIND, lambda event: found(event, "C-FIND")
    yield evt.EVT_C_MOVE, moved
    yield evt.EVT_C_GET, got
    yield evt.EVT_C_STORE, lambda event: answered(event, "C-STORE", _NO_ROOM)
