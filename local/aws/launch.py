"""Runs MiniStack, and takes it and its Lambda workers down when the process that started it is gone.

Standard input is a pipe whose other end the parent holds. It closes when the parent ends, however it ends, so not
even SIGKILL of the parent leaves a listening port behind. This process leads its own process group.
"""

import os
import signal
import sys
import threading


def die_with_parent() -> None:
    sys.stdin.buffer.read()
    os.killpg(os.getpgrp(), signal.SIGKILL)


threading.Thread(target=die_with_parent, daemon=True).start()

from ministack.app import main  # noqa: E402  (the watch must stand before the slow import)

sys.argv = sys.argv[:1]
main()
