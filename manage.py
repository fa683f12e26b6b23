#!/usr/bin/env python
"""Django's command line for the site."""

from __future__ import annotations

import os
import sys

from quicktakes.command_line import main

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "quicktakes.settings")
    main(sys.argv)
