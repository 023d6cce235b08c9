"""``python -m figproof``."""

import sys

from figproof.cli import main

sys.exit(main())
