"""Fixtures that tests of every room share."""

from __future__ import annotations

from pathlib import Path

import pytest

from asepsis.kit.site import Site


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A new site, without rows."""
    return Site.open(tmp_path / "site", create=True)


@pytest.fixture
def store(site: Site) -> Site:
    """A new site with its store open: models can be used."""
    from asepsis.settings import open_store

    open_store(site)
    return site
