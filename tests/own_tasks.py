"""Tasks as users write them, in a module, so that other processes can import them."""

import os
import signal
import threading
import time
from pathlib import Path

import numpy as np

from crnwidgets.tasks import Waveform

TARGET = np.interp(np.linspace(0, 20, 21), [0, 10, 20], [0.1, 0.6, 0.2])


class Own(Waveform):
    """A curve of three species that is quickly learnt."""

    def __init__(self, scale=1.0):
        super().__init__(scale * TARGET, duration=20, species=3)


class Stubborn(Exception):
    """Cannot be unpickled, as many exceptions of several arguments."""

    def __init__(self, one, other):
        super().__init__(f"{one} and {other}")


class Failing(Own):
    """Its loss raises."""

    def loss(self, states):
        raise Stubborn("salt", "water")


class Deadly(Own):
    """Its loss ends the process."""

    def loss(self, states):
        os._exit(1)


class Interrupting(Own):
    """The first time its loss is traced, somebody presses Ctrl-C."""

    pressed = False

    def loss(self, states):
        if not Interrupting.pressed:
            Interrupting.pressed = True
            signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
        return super().loss(states)


class Meeting(Own):
    """Each run waits for one in another process, and leaves a file named after its own."""

    def __init__(self, folder):
        super().__init__()
        self.folder = str(folder)

    def loss(self, states):
        folder = Path(self.folder)
        (folder / str(os.getpid())).write_text(os.environ["NPROC"], encoding="utf-8")
        end = time.monotonic() + 300
        while len(list(folder.iterdir())) < 2:
            assert time.monotonic() < end, "nobody else has come"
            time.sleep(0.05)
        return super().loss(states)
