#!/bin/sh
# Print the first Python on PATH that can build the environment, or say which versions can and what to do.
# A version manager puts commands on PATH that fail unless chosen, and Debian ships Python without ensurepip: so each
# candidate is asked, not only looked for.
candidates="python3 python3.15 python3.14 python3.13 python3.12 python3.11 python"
for python in $candidates; do
    if "$python" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        echo "$python"
        exit 0
    fi
done
cat >&2 <<END
No Python here can build the environment: it takes 3.11 or newer, with its modules venv and ensurepip.
Tried: $candidates.
Install one (Debian: apt install python3 python3-venv; macOS: brew install python) and run make again,
or name one that is not on PATH: make setup PYTHON=/path/to/python3.13
END
exit 1
