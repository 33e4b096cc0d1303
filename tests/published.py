"""Published networks with the time over which they do what they are known for: material for many tests."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from crnwidgets.network import Network


@dataclass(frozen=True)
class Published:
    """A network as rule text.

    Attributes:
        name: short and unique.
        source: where it is from.
        rules: its text.
        duration: a time span worth simulating.
        stiff: whether an explicit method makes no headway.
    """

    name: str
    source: str
    rules: str
    duration: float
    stiff: bool = False

    @cached_property
    def network(self) -> Network:
        """The parsed network."""
        return Network.parse(self.rules)


PUBLISHED = (
    Published(
        "three-phase oscillator",
        "[DCRN] Fig. 1",
        "A -B-> B; B -C-> C; C -A-> A; A = 0.8; B = 0.1; C = 0.1",
        100.0,
    ),
    Published(
        "approximate majority",
        "Angluin, Aspnes, Eisenstat 2007; [DCRN] Fig. 5",
        "X -Y-> B; Y -X-> B; B -X-> X; B -Y-> Y; X = 0.51; Y = 0.49",
        40.0,
    ),
    Published(
        "inflow and catalysed removal",
        "[NNRN] example 2.3",
        "0 -> X1 + X2; X1 <-> X3 <- X1 + X3",
        10.0,
    ),
    Published(
        "Lotka-Volterra",
        "Lotka 1920, Volterra 1926",
        "Prey -> 2 Prey {1.1}; Prey + Predator -> 2 Predator {0.4}; Predator -> 0 {0.4}; Prey = 10; Predator = 10",
        40.0,
    ),
    Published(
        "Brusselator",
        "Prigogine, Lefever 1968",
        "0 -> X {1}; 2X + Y -> 3X {1}; X -> Y {b}; X -> 0 {1}; b = 3; X = 1; Y = 1",
        40.0,
    ),
    Published(
        "SIR",
        "Kermack, McKendrick 1927",
        "S + I -> 2 I {beta}; I -> R {gamma}; beta = 0.5; gamma = 0.1; S = 0.99; I = 0.01",
        100.0,
    ),
    Published(
        "enzyme kinetics",
        "Michaelis, Menten 1913",
        "E + S <-> ES {2, 1}; ES -> E + P {0.5}; S = 1; E = 0.2",
        60.0,
    ),
    Published(
        "futile cycle",
        "Goldbeter, Koshland 1981",
        """W + E1 <-> WE1 {10, 1}; WE1 -> Wp + E1 {1}
        Wp + E2 <-> WpE2 {10, 1}; WpE2 -> W + E2 {1}
        W = 10; E1 = 1.1; E2 = 1""",
        40.0,
    ),
    Published(
        "Schlögl model",
        "Schlögl 1972",
        "2X <-> 3X {6, 1}; 0 <-> X {6, 11.2}; X = 2.2",
        10.0,
    ),
    Published(
        "Edelstein switch",
        "Edelstein 1970",
        "X <-> 2X {8.5, 1}; X + E <-> C {1, 0.2}; C <-> E {1, 0.2}; X = 2; E = 1",
        20.0,
    ),
    Published(
        "autocatalator",
        "Gray, Scott 1984",
        "0 <-> A {0.02, 0.02}; A + 2B -> 3B; B -> 0 {0.06}; A = 1; B = 0.3",
        200.0,
    ),
    Published(
        "oxidation of nitric oxide",
        "Bodenstein 1918 (a reaction of third order)",
        "2 NO + O2 -> 2 NO2 {k}; k = 0.8; NO = 1; O2 = 0.6",
        10.0,
    ),
    Published(
        "ring of five",
        "[DCRN] section 2, the oscillator with two more phases",
        "A -B-> B; B -C-> C; C -D-> D; D -E-> E; E -A-> A; A = 0.5; B = 0.2; C = 0.1; D = 0.1; E = 0.1",
        60.0,
    ),
    Published(
        "repressilator",
        "after Elowitz, Leibler 2000, with the binding of repressors as reactions",
        """G1 + 2 P3 <-> H1 {4, 0.1}; G2 + 2 P1 <-> H2 {4, 0.1}; G3 + 2 P2 <-> H3 {4, 0.1}
        G1 -> G1 + M1 {20}; G2 -> G2 + M2 {20}; G3 -> G3 + M3 {20}
        M1 -> M1 + P1 {0.5}; M2 -> M2 + P2 {0.5}; M3 -> M3 + P3 {0.5}
        M1 -> 0; M2 -> 0; M3 -> 0; P1 -> 0; P2 -> 0; P3 -> 0
        G1 = 1; G2 = 1; G3 = 1; P1 = 1; P2 = 0.2""",
        40.0,
    ),
    Published(
        "chaos",
        "Willamowski, Rössler 1980",
        """X <-> 2X {30, 0.5}; X + Y -> 2Y {1}; Y -> 0 {10}; X + Z -> 0 {1}; Z <-> 2Z {16.5, 0.5}
        X = 21; Y = 12; Z = 5""",
        2.0,
    ),
    Published(
        "Oregonator",
        "Field, Noyes 1974",
        """Y -> X {0.0804}; X + Y -> 0 {1.6e9}; X -> 2X + Z {480}; 2X -> 0 {4e7}; Z -> Y {1}
        X = 1e-6; Y = 1e-7; Z = 1e-4""",
        100.0,
        stiff=True,
    ),
    Published(
        "Robertson",
        "Robertson 1966",
        "A -> B {0.04}; 2B -> B + C {3e7}; B + C -> A + C {1e4}; A = 1",
        1e5,
        stiff=True,
    ),
    Published(
        "HIRES",
        "Schäfer 1975; Hairer, Wanner, Solving ODEs II, section IV.10",
        """0 -> Y1 {0.0007}; Y1 <-> Y2 {1.71, 0.43}; Y3 -> Y1 {8.32}; Y2 -> Y4 {8.32}; Y3 <-> Y4 {1.71, 0.43}
        Y5 -> Y3 {0.035}; Y5 <-> Y6 {1.71, 0.43}; Y4 -> Y6 {0.69}; Y6 + Y8 -> Y7 {280}
        Y7 -> Y5 + Y8 {0.43}; Y7 -> Y6 + Y8 {0.69}; Y7 -> Y8 {0.69}; Y1 = 1; Y8 = 0.0057""",
        321.8122,
        stiff=True,
    ),
)
