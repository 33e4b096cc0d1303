"""Writes trajectories.json, which holds the integrators of Python and of the browser together."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).parents[2]
TARGET = Path(__file__).with_name("trajectories.json")

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
                "concentrations": [[float(f"{x:.11g}") for x in row] for row in trajectory.concentrations],
            }
        )
    return result


def main() -> None:
    """Write the file, one case a line."""
    lines = ",\n".join(json.dumps(case, ensure_ascii=False) for case in vectors())
    TARGET.write_text(f"[\n{lines}\n]\n", encoding="utf-8")


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    main()
