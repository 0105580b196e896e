"""Notices as webhooks: JSON by POST, signed, so that who gets it knows that it is ours and of now.

Source: Standard Webhooks 1.0.0 (github.com/standard-webhooks), "Signature scheme", "Webhook headers", "Payload structure":
`webhook-id`, `webhook-timestamp` (seconds), `webhook-signature: v1,BASE64` of HMAC-SHA256 over `id.timestamp.body`; the key is 32 random
bytes, written `whsec_BASE64`. The id stays over retries, the time is that of the try. Redirects are not followed (as it asks under SSRF).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import json
import re
import secrets
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from asepsis import __version__
from asepsis.kit.errors import WrongUse
from asepsis.kit.output import iso

from .field import AUTHORITY, Field, Kind, Secrets, Settings, authority, host
from .notice import Message, Notice
from .reach import Reach, Undelivered, trusting

PREFIX, KEY_BYTES = "whsec_", 32
_URL_MOST, _ANSWER_MOST = 2_000, 1_024
_VISIBLE = re.compile(r"[\x21-\x7e]+")


def new_key() -> str:
    """A secret for one receiver, as it is told to him."""
    return PREFIX + base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def signature(key: str, id: str, timestamp: int, body: bytes) -> str:
    """The value of `webhook-signature`."""
    signed = b".".join((id.encode(), str(timestamp).encode(), body))
    mac = hmac.new(base64.b64decode(key.removeprefix(PREFIX)), signed, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(mac).decode()}"


def payload(message: Message, link: str) -> bytes:
    """The body: `type`, `timestamp` (when it happened, ISO 8601), `data`."""
    lead = message.lead
    data: dict[str, Any] = _data(lead, link)
    if message.total > 1:
        told = [_data(one, link) for one in message.notices]
        data = {"total": message.total, "counts": dict(message.counts), "gravest": told, "link": f"{link}/" if link else ""}
    return json.dumps({"type": message.what, "timestamp": iso(lead.at), "data": data}, separators=(",", ":")).encode()


def _data(one: Notice, link: str) -> dict[str, Any]:
    return {"id": one.about, "title": one.title, "decision": one.decision, "zone": one.zone, "link": f"{link}{one.path}" if link else ""}


def _checked(given: Mapping[str, str], kept: Secrets) -> tuple[Settings, Secrets]:
    url = given.get("url", "").strip() or kept.get("url", "")
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        raise WrongUse("no address of a webhook", todo="write https://hooks.hospital.example/path") from None
    if parts.scheme not in ("https", "http") or not parts.hostname or not _VISIBLE.fullmatch(url) or len(url) > _URL_MOST:
        raise WrongUse("no address of a webhook", todo="write https://hooks.hospital.example/path")
    if parts.username is not None or parts.fragment:
        raise WrongUse("a name, a password or a mark (#) does not belong into the address", todo="leave it out: what is sent is signed")
    name = host({"host": parts.hostname})
    settings = {"scheme": parts.scheme, "host": name, "port": port, "authority": authority(given)}
    return settings, {"url": url, "key": kept.get("key") or new_key()}


def _send(settings: Settings, kept: Secrets, message: Message, link: str, reach: Reach) -> str:
    where, port, secure = settings["host"], settings["port"], settings["scheme"] == "https"
    body, now = payload(message, link), int(time.time())
    id = f"msg_{hashlib.blake2b((message.key + kept['key']).encode(), digest_size=16).hexdigest()}"
    parts = urlsplit(kept["url"])
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    headers = {
        "Content-Type": "application/json",
        "User-Agent": f"asepsis/{__version__}",
        "Connection": "close",
        "webhook-id": id,
        "webhook-timestamp": str(now),
        "webhook-signature": signature(kept["key"], id, now, body),
    }
    asking = http.client.HTTPConnection(where, port) if not secure else http.client.HTTPSConnection(where, port)
    with reach.connected(where, port, trusting(settings["authority"]) if secure else None, plain=not secure) as connection:
        asking.sock = connection
        asking.request("POST", path, body, headers)
        with asking.getresponse() as answer:
            answer.read(_ANSWER_MOST)
    # Its words are not told: who may set up a webhook could read with them what the console can get at, and he cannot.
    if not 200 <= answer.status < 300:
        moved = ", and redirects are not followed" if 300 <= answer.status < 400 else ""
        raise Undelivered(f"answered {answer.status}{moved}", f"{where}:{port}")
    return f"{where} answered {answer.status}"


WEBHOOK = Kind(
    "webhook",
    "Webhook",
    (
        Field(
            "url",
            "Address",
            "https://... Sealed, as many hold a token; only the name of the machine is shown again. Left empty, it stays as it is.",
            "url",
            secret=True,
        ),
        AUTHORITY,
    ),
    _checked,
    lambda settings: f"{settings['scheme']}://{settings['host']}:{settings['port']}",
    _send,
)
