"""Which machines a rule means."""

from __future__ import annotations

import pytest

from asepsis.findings.parties import Parties, Party
from asepsis.hospital.asset import Asset
from asepsis.hospital.service import locate, plan_of
from asepsis.kit.errors import BadInput
from asepsis.network.meaning import side_of


def scanner(source: str) -> Party:
    return Party("10.0.0.5", (Asset("A1", "manage", "scanner", 0.9, "none", source, 1.0),))


def test_who_only_behaves_like_a_scanner_is_not_the_hospitals_own() -> None:
    side, parties = side_of({"kind": "scanner", "stated": True}, "rule"), Parties(locate([], plan_of("")))
    assert side.meets(scanner("stated kind scanner"), parties)
    assert not side.meets(scanner("kind scanner"), parties)
    assert side.words == "kind scanner, stated"


def test_a_flag_is_true_or_false() -> None:
    with pytest.raises(BadInput, match="stated is true or false"):
        side_of({"stated": "perhaps"}, "rule")
