"""A NUL in what a browser sends is refused, and breaks nothing: PostgreSQL could not keep it, and nobody means one."""

from __future__ import annotations

import pytest

from asepsis.console.role import Role

from .browser import Visitor
from .conftest import Running


@pytest.mark.parametrize(
    "address", ["/assets?q=%00", "/findings?kind=%00", "/assets?zone=a%00b", "/?q=%00", "/assets/a%00b", "/findings/F%00", "/assets?q%00=a"]
)
def test_an_address_with_nul_is_refused(people: dict[Role, Visitor], address: str) -> None:
    assert people[Role.ANALYST].get(address).status == 400


def test_a_form_with_nul_is_refused(console: Running) -> None:
    visitor = Visitor(console.base)
    visitor.get("/account/login/")
    assert visitor.post("/account/login/", login="a\0b", password="x").status == 400


def test_what_has_none_is_let_in(people: dict[Role, Visitor]) -> None:
    assert people[Role.ANALYST].get("/assets?q=%25%30%30").status == 200
