"""Writes trajectories.json and neurons.json, which hold the integrators of Python and of the browser together."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).parents[2]

INTERVENTIONS = (
    (
        "repeated doses",
        """Gut -> Blood {absorption}; Blood -> 0 {elimination}; absorption = 1.2; elimination = 0.3; Gut = 1
        at 6: Gut += 1; at 12: Gut += 1; at 18: Gut += 0.5""",
        24.0,
    ),
    (
        "oscillator set back",
        "A -B-> B; B -C-> C; C -A-> A; A = 0.8; B = 0.1; C = 0.1; at 10: A = 0.3; at 25.5: B = 0.6",
        48.0,
    ),
    (
        "washing out",
        "0 -> X {2}; X -> Y {0.5}; Y -> 0 {0.25}; X = 4; at 5: X -= 1.5; at 7.3: Y -= 100; at 20: X -= 0.25",
        24.0,
    ),
    (
        "interventions at one time, at the start and at the end",
        """2A + B -> 3C {0.7}; C -> A {0.2}; A = 1; at 0: B = 2; at 3: A = 5; at 3: A -= 1; at 3: C += 0.5
        at 12: B += 1""",
        12.0,
    ),
    (
        "wide range of concentrations",
        "A + B <-> C {1e6, 0.1}; C -> D {0.3}; A = 2e-6; B = 1e-6; D = 0; at 4: B += 1e-6",
        20.0,
    ),
)

# Name, sizes, q, h, by what the weights are multiplied, what the nodes start with (None: random), and times.
NEURONS = (
    ("smoothed rectifiers", (4, 3, 2), 2, 1.0, 1.0, 1.0, (0, 0.01, 0.3, 2, 20)),
    ("from nothing", (3, 4, 3, 2), 2, 0.5, 1.0, 0.0, (0, 1e-3, 0.1, 1, 5, 30)),
    ("from a million", (6, 5, 4), 2, 1.0, 1.0, 1e6, (0, 1e-7, 1e-5, 1e-3, 0.1, 1, 10)),
    ("order 3, from a million", (3, 4, 3, 2), 3, 1.0, 1.0, 1e6, (0, 1e-12, 1e-6, 0.1, 1, 10)),
    ("order 5, little produced", (4, 3, 2), 5, 1e-3, 1.0, None, (0, 0.01, 0.3, 3, 300)),
    ("order 8, from a million", (2, 3, 2), 8, 10.0, 1.0, 1e6, (0, 1e-30, 1e-9, 0.1, 5)),
    ("fast", (4, 5, 3), 2, 1.0, 300.0, None, (0, 1e-4, 0.01, 1, 10)),
    ("rectifiers", (4, 3, 2), 2, 0.0, 1.0, 1.0, (0, 0.1, 1, 10)),
)


def vectors() -> list[dict[str, Any]]:
    """All cases: name, rules, network in its wire form, times, concentrations (one row a time), stiff or not."""
    from crnwidgets import Network, simulate
    from crnwidgets.widgets.wire import encode
    from tests.published import PUBLISHED

    cases = [(p.name, p.rules, p.duration, p.stiff) for p in PUBLISHED]
    cases += [(*case, False) for case in INTERVENTIONS]
    result = []
    for name, rules, duration, stiff in cases:
        network = Network.parse(rules)
        trajectory = simulate(network, np.linspace(0, duration, 25), rtol=1e-10)
        result.append(
            {
                "name": name,
                "stiff": stiff,
                "rules": rules,
                "network": encode(network),
                "times": trajectory.times.tolist(),
                "concentrations": rounded(trajectory.concentrations),
            }
        )
    return result


def neurons() -> list[dict[str, Any]]:
    """All compiled neural networks: their numbers, what their nodes settle to and how fast, and how they get there."""
    from crnwidgets import neural
    from crnwidgets.dynamics.solver import double_precision

    result = []
    for seed, (name, sizes, q, h, scale, start, times) in enumerate(NEURONS):
        draw = np.random.default_rng(seed)
        drawn = neural.FeedForward.random(sizes, seed=seed)
        nn = neural.FeedForward(
            [np.array(rounded(scale * w)) for w in drawn.weights],
            [np.array(rounded(b)) for b in drawn.biases],
            activation=neural.PolynomialDecay(q, h),
        )
        d = np.array(rounded(draw.uniform(0, 1, sizes[0])))
        nodes = sum(sizes[1:])
        initial = np.array(rounded(draw.uniform(0, 10, nodes))) if start is None else np.full(nodes, start)
        with double_precision():
            activations = np.concatenate(nn.activations(d))
        rates = np.array([h / x + (q - 1) ** 2 * x ** (q - 1) if x else 0.0 for x in activations])
        trajectory = neural.simulate(nn, d, times, initial)
        result.append(
            {
                "name": name,
                "sizes": list(sizes),
                "q": q,
                "h": h,
                "weights": [w.ravel().tolist() for w in nn.weights],
                "biases": [b.tolist() for b in nn.biases],
                "d": d.tolist(),
                "activations": rounded(activations),
                "rates": rounded(rates),
                "initial": initial.tolist(),
                "times": list(times),
                "concentrations": rounded(trajectory.concentrations),
            }
        )
    return result


def rounded(values: np.ndarray) -> Any:
    """Numbers with 11 digits, in lists."""
    return [rounded(row) for row in values] if values.ndim > 1 else [float(f"{x:.11g}") for x in values]


def main() -> None:
    """Write the files, one case a line."""
    for name, cases in (("trajectories", vectors()), ("neurons", neurons())):
        lines = ",\n".join(json.dumps(case, ensure_ascii=False) for case in cases)
        Path(__file__).with_name(f"{name}.json").write_text(f"[\n{lines}\n]\n", encoding="utf-8")


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    main()
