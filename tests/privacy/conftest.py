"""The planted conversations, once for every test that looks for them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from . import planted

MISSING = [tool for tool in planted.TOOLS if shutil.which(tool, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin") is None]


@pytest.fixture(scope="session")
def planted_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `planted.pcap`: known values, sent through real stacks."""
    if os.geteuid() != 0 or MISSING:
        pytest.skip(f"needs root and {', '.join(MISSING) or 'nothing else'}")
    folder = tmp_path_factory.mktemp("planted")
    subprocess.run(["unshare", "-n", sys.executable, planted.__file__, str(folder)], check=True, timeout=180)
    return folder
