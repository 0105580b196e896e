"""Makes the expected rows again (`make golden`); with `--captures` the captures too. The diff is read before it is committed."""

from __future__ import annotations

import sys

from .captures import HERE, make_all
from .rows import golden


def main() -> None:
    if "--captures" in sys.argv[1:]:
        for name, data in make_all().items():
            path = HERE / name
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(data)
    for path in sorted(HERE.glob("*/*.pcap")):
        path.with_suffix(".json").write_text(golden(path), "utf-8")


if __name__ == "__main__":
    main()
