"""Where the bundle begins. A spawned process begins here, too, and goes no further than its own work."""

import multiprocessing
import sys

if __name__ == "__main__":
    multiprocessing.freeze_support()
    from awra_desk.app.cli import main

    sys.exit(main())
