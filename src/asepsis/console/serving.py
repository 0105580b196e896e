"""What one console serves and how: told by who starts it to the process that serves, in one variable of its environment.

Nothing of it is secret; the secret that signs sessions stands in the site, readable by its owner alone.
"""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

from asepsis.kit import files
from asepsis.kit.errors import BadInput

from .names import ANY

VARIABLE = "ASEPSIS_CONSOLE"


@dataclass(frozen=True, slots=True)
class Serving:
    """`site` is the folder of the site, `host` and `port` where to listen, `names` by which browsers may call it. `certificate` and `key`
    are files; without them it speaks plain HTTP, on loopback or behind a proxy that speaks HTTPS (`proxied`)."""

    site: str
    host: str
    port: int
    names: tuple[str, ...]
    certificate: str = ""
    key: str = ""
    proxied: bool = False

    @property
    def secure(self) -> bool:
        """Whether browsers speak HTTPS."""
        return bool(self.certificate) or self.proxied

    @property
    def url(self) -> str:
        """Where a person on this machine finds it."""
        shown = "localhost" if self.host in ANY else self.host
        return f"{'https' if self.secure else 'http'}://{f'[{shown}]' if ':' in shown else shown}:{self.port}"

    def link(self, names: list[str]) -> str:
        """Where people find it: by the first of its stated `names`; behind a proxy at the proxy's own port."""
        if not names:
            return self.url
        scheme = "https" if self.secure else "http"
        return f"{scheme}://{names[0]}" if self.proxied else f"{scheme}://{names[0]}:{self.port}"

    def environment(self) -> dict[str, str]:
        """For a process that serves it."""
        return {**os.environ, VARIABLE: json.dumps(asdict(self)), "DJANGO_SETTINGS_MODULE": "asepsis.console.settings"}


def served() -> Serving:
    """What this process serves. Raises BadInput where nobody told it."""
    told = os.environ.get(VARIABLE)
    if not told:
        raise BadInput("this process was not told what to serve", VARIABLE, "start it with `asepsis up`")
    given = json.loads(told)
    return Serving(**given | {"names": tuple(given["names"])})


def secret(site: Path) -> str:
    """What signs the sessions of a site; made the first time."""
    kept = site / "console" / "secret"
    kept.parent.mkdir(mode=0o700, exist_ok=True)
    if not kept.exists():
        files.create(kept, secrets.token_urlsafe(50).encode())
    return kept.read_text("ascii")
