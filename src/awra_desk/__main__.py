"""Runs the command line as `python -m awra_desk`; owns nothing else."""

import sys

from awra_desk.app.cli import main

if __name__ == "__main__":
    sys.exit(main())
