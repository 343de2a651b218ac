"""The end of the program.

A thread of the core that has just woken the event loop is for a moment still on its way out of Python. If the
interpreter ends in that moment, it ends such threads by force (before Python 3.14), which aborts the process: the
program would fail after all its work was done.
"""

import atexit
import time

#: Far longer than leaving takes, and too short to be noticed.
_LEAVING = 0.05


@atexit.register
def _let_threads_leave() -> None:
    # Sleeping lets go of the interpreter's lock, which they wait for.
    time.sleep(_LEAVING)
