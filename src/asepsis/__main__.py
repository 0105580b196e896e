"""`python -m asepsis`."""

from asepsis.cli.main import run

if __name__ == "__main__":
    run()
