"""Runs MiniStack, and kills it and its Lambda workers when the parent process exits.

Standard input is a pipe from the parent. It closes when the parent exits, even by SIGKILL, so no listening port
remains. This process leads its own process group.
"""

import os
import signal
import sys
import threading


def exit_with_parent() -> None:
    sys.stdin.buffer.read()
    os.killpg(os.getpgrp(), signal.SIGKILL)


threading.Thread(target=exit_with_parent, daemon=True).start()

from ministack.app import main  # noqa: E402  (after the thread has started: this import is slow)
from ministack.services import scheduler  # noqa: E402

# Seconds between two sweeps over the schedules. At the default of 10, a schedule fires up to 10 s late, and one that
# was created just before a minute begins misses that minute.
scheduler._SCHEDULE_TICK_INTERVAL = 1

sys.argv = sys.argv[:1]
main()
