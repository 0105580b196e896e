"""`python -m asepsis`."""

import sys

from asepsis.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
