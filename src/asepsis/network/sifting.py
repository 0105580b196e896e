"""Which of many rules are asked for: by words, level, state, what they look at, tactic, and whether they spoke."""

from __future__ import annotations

from dataclasses import dataclass

from .standing import Standing

SPOKE, QUIET, EXEMPTED = "spoke", "quiet", "exempted"
DID = (SPOKE, QUIET, EXEMPTED)


@dataclass(frozen=True, slots=True)
class RulesAsked:
    """Those that fulfil all that is not empty. `state` is the first word of a rule's state (`learning`), `did` one of DID."""

    words: str = ""
    level: str = ""
    state: str = ""
    stream: str = ""
    tactic: str = ""
    did: str = ""

    def meets(self, one: Standing) -> bool:
        """Whether a rule is one of those."""
        entry = one.entry
        text = f"{entry.name}\n{entry.speaks.title}\n{entry.meaning.fault}\n{' '.join(entry.speaks.tags)}".lower()
        return (
            self.words.lower() in text
            and self.level in ("", entry.speaks.level)
            and one.state.startswith(self.state)
            and (not self.stream or self.stream in one.needs)
            and (not self.tactic or self.tactic in entry.meaning.tactics)
            and (not self.did or self._did(one))
        )

    def _did(self, one: Standing) -> bool:
        return {SPOKE: one.spoke is not None, QUIET: one.spoke is None, EXEMPTED: one.exempted > 0}.get(self.did, False)
