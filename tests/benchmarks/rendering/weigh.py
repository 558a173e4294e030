"""A small program that runs another and says what it took: a large parent would be counted too.

``python -S weigh.py COMMAND…`` prints CPU seconds and bytes of the largest process, then what the
command has printed.
"""

import os
import subprocess
import sys


def main() -> None:
    """Run, and tell."""
    process = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE)
    assert process.stdout is not None
    said = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    unit = 1 if sys.platform == "darwin" else 1024
    sys.stdout.write(f"{usage.ru_utime + usage.ru_stime} {usage.ru_maxrss * unit}\n")
    sys.stdout.flush()
    sys.stdout.buffer.write(said)
    sys.exit(os.waitstatus_to_exitcode(status) and 1)


if __name__ == "__main__":
    main()
