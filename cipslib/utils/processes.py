"""A process that ends with the one that started it."""

import os
import signal
import threading
import time


def stop_with_parent() -> None:
    """Send this process SIGTERM when its parent is gone, at most a second later.

    A stage that outlived DVC would go on writing, and a trainer hold its run's lock unseen.
    """
    parent = os.getppid()

    def watch_parent() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch_parent, daemon=True).start()
