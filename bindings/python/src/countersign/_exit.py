"""The end of the program.

A thread of the core that has just woken the event loop is for a moment still on its way out of Python. If the
interpreter ends in that moment, it ends such threads by force (before Python 3.14), which aborts the process: the
program would fail after all its work was done.

A pause before the end makes that unlikely. It does not rule it out: on a busy machine, a thread may need longer, and
Python offers no way to wait for threads that it did not start.
"""

import atexit
import time

#: Far longer than leaving takes on a machine that is not busy, and too short to be noticed.
_LEAVING = 0.05


@atexit.register
def _let_threads_leave() -> None:
    # Sleeping lets go of the interpreter's lock, which they wait for.
    time.sleep(_LEAVING)
