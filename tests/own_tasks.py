"""Tasks as users write them, in a module, so that other processes can import them."""

import os
import signal
import threading
import time
from pathlib import Path

import jax.numpy as jnp
import numpy as np

import crnwidgets as crn
from crnwidgets.learning.task import Finding, Task, concluded
from crnwidgets.tasks import Waveform

TARGET = np.interp(np.linspace(0, 20, 21), [0, 10, 20], [0.1, 0.6, 0.2])


class Own(Waveform):
    """A curve of three species that is quickly learnt."""

    def __init__(self, scale=1.0):
        super().__init__(scale * TARGET, duration=20, species=3)


class Follow(Task):
    """On is to follow the input Yes, which changes once: from no to yes in the first case, back in the second."""

    species = ("Yes", "No", "On", "Off")
    inputs = catalysts = species[:2]
    outputs = species[2:]
    duration, steps, every, interventions, cases = 40.0, 40, 5, (20,), 2

    def initial(self, learnt, key):
        return jnp.broadcast_to(jnp.array([[0.0, 1, 0, 1], [1, 0, 0, 1]]), (len(learnt), 2, 4))

    def intervene(self, number, states, key):
        return states[..., jnp.array([1, 0, 2, 3])]

    def loss(self, states):
        late = states[:, :, jnp.array([3, 8])]
        return jnp.abs(late[..., 2] - late[..., 0]).mean((1, 2))

    def case(self, network, number=0):
        yes = float(number)
        later = [crn.Event(20, "Yes", "=", 1 - yes), crn.Event(20, "No", "=", yes)]
        return network.updated(initial={"Yes": yes, "No": 1 - yes, "On": 0, "Off": 1}, events=later)

    def examine(self, solution):
        failures = 0
        for case in range(2):
            found = crn.simulate(self.case(solution.network, case), np.array([0.0, 19.9, 40]))
            for time_, on, yes in zip(found.times[1:], found["On"][1:], found["Yes"][1:], strict=True):
                wrong = abs(on - yes) > 0.1
                failures += wrong
                said = f"Case {case + 1}, time {time_:g}: On is {on:.2f} and should be {yes:.0f}." if wrong else ""
                yield Finding((case + time_ / 40) / 2, said)
        passed, count = float(failures == 0), float(solution.reaction_count)
        return {"passed": passed, "failures": float(failures), "reaction_count": count}

    def evaluate(self, solution):
        return concluded(self.examine(solution))


FOLLOWS = "species Yes, No, On, Off\nOff -Yes-> On\nOn -No-> Off"
"""Rules that do what `Follow` wants."""


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
