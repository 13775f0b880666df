"""A process that ends with the one that started it."""

import os
import signal
import threading
import time


def stop_with_parent() -> None:
    """Send this process SIGTERM when its parent is gone, at most a second later.

    A process that leads a group takes the group along. A stage that outlived DVC would go on
    writing, and a trainer hold its run's lock unseen.
    """
    parent = os.getppid()

    def watch_parent() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        kill = os.killpg if os.getpgrp() == os.getpid() else os.kill
        kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch_parent, daemon=True).start()
