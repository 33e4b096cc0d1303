"""Networks as DOT, LaTeX, text, MathML and HTML, with names that try to break out of each."""

from __future__ import annotations

import json
import re
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given

from crnwidgets.export import to_dot, to_html, to_latex, to_mathml, to_text
from crnwidgets.export.equations import conservation_terms, equation_terms, split_name
from crnwidgets.network import Event, Network, Reaction
from crnwidgets.rules.names import NAME
from tests.strategies import networks
from tests.tools import node

FRONTEND = Path(__file__).parents[1] / "crnwidgets" / "widgets" / "frontend"
SVG = "{http://www.w3.org/2000/svg}"
RING = "A -B-> B\nB -0.25,C-> C\nC -k,A-> A\nk = 2"
GENERAL = "2A + E -> B + E {0.5}\n0 -> A\n3B -> 0 {k}\n2X1 + Y -> 3X1\nk = 1e-7"
HOSTILE = [
    "<img src=x onerror=alert(1)>",
    '"]; x [URL="javascript:alert(1)"',
    '\\"]; x [URL="javascript:alert(1)"',
    r"$$\input{/etc/passwd}",
    "</script><script>alert(1)</script>",
    "</pre>",
    r"\N",
    r"\L\G",
    "ends with \\",
    "&amp;",
    "&#60;",
    "<b>bold</b>",
    "<>",
    "%_^~#{}&$",
    "}}}",
    "-->",
    "]]>",
    "node",
    "4.2",
    "Ca 2+",
    "ä→Ω″𝒳",
]


def hostile_network() -> Network:
    """Each name is a species, a catalyst, the name of a rate, and part of a general reaction."""
    ring = zip(HOSTILE, HOSTILE[1:] + HOSTILE[:1], strict=True)
    return Network(
        [
            *(Reaction({a: 1, b: 1}, {b: 2}) for a, b in ring),
            *(Reaction({a: 2}, {}, 0.5, f"{a} rate") for a in HOSTILE),
        ],
        events=[Event(1.0, HOSTILE[0], "+=", 1.0)],
    )


# -- DOT -------------------------------------------------------------------------------------------------------------


def drawn(*networks: Network, **options: bool) -> list[ElementTree.Element]:
    """What Graphviz makes of the networks' DOT texts."""
    program = """
      import { instance } from "@viz-js/viz";
      import { readFileSync } from "node:fs";
      const graphviz = await instance();
      const texts = JSON.parse(readFileSync(0, "utf8"));
      console.log(JSON.stringify(texts.map((text) => graphviz.render(text, { format: "svg" }))));
    """
    result = subprocess.run(
        [node(), "--input-type=module", "-e", program],
        input=json.dumps([to_dot(network, **options) for network in networks]),
        cwd=FRONTEND,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
        timeout=60,
    )
    answers = json.loads(result.stdout)
    assert not [error for answer in answers for error in answer["errors"] if error["level"] == "error"]
    return [ElementTree.fromstring(answer["output"]) for answer in answers]


def parts(svg: ElementTree.Element, kind: str) -> dict[str, ElementTree.Element]:
    return {g.get("id", ""): g for g in svg.iter(f"{SVG}g") if g.get("class") == kind}


def written(group: ElementTree.Element) -> str:
    """The text in a part of the picture; Graphviz writes some spaces as ones that do not break."""
    return "".join("".join(text.itertext()) for text in group.iter(f"{SVG}text")).replace("\xa0", " ")


def test_a_catalysed_reaction_is_a_grey_node_with_its_catalyst() -> None:
    (svg,) = drawn(Network.parse(RING))
    nodes, edges = parts(svg, "node"), parts(svg, "edge")
    assert {name: written(g) for name, g in nodes.items()} == {
        **{"s0": "A", "s1": "B", "s2": "C"},
        **{"r0": "B", "r1": "C", "r2": "A"},
    }
    assert set(edges) == {"r0-in-s0", "r0-out-s1", "r1-in-s1", "r1-out-s2", "r2-in-s2", "r2-out-s0"}
    fills = {name: shape.get("fill") for name, g in nodes.items() for shape in g.iter(f"{SVG}ellipse")}
    assert fills == dict.fromkeys(["s0", "s1", "s2"], "white") | dict.fromkeys(["r0", "r1", "r2"], "#d0d0d0")


def test_a_general_reaction_is_a_box_between_its_complexes() -> None:
    (svg,) = drawn(Network.parse(GENERAL))
    nodes, edges = parts(svg, "node"), parts(svg, "edge")
    assert [written(nodes[f"r{i}"]) for i in range(4)] == ["", "", "k", ""]
    assert {name: written(g) for name, g in edges.items()} == {
        **{"r0-in-s0": "2", "r0-with-s1": "", "r0-out-s2": ""},
        **{"r1-out-s0": ""},
        **{"r2-in-s2": "3"},
        **{"r3-in-s3": "2", "r3-in-s4": "", "r3-out-s3": "3"},
    }
    heads = {name for name, g in edges.items() if g.find(f"{SVG}polygon") is None}
    dashed = {name for name, g in edges.items() if g.find(f"{SVG}path[@stroke-dasharray]") is not None}
    assert heads == dashed == {"r0-with-s1"}


def test_edges_are_as_wide_as_reactions_are_fast() -> None:
    (svg,) = drawn(Network.parse(RING))
    edges = parts(svg, "edge")
    widths = [float(edges[f"r{i}-in-s{i}"].find(f"{SVG}path").get("stroke-width")) for i in range(3)]  # type: ignore[union-attr]
    assert widths[1] < widths[0] < widths[2]
    assert to_dot(Network.parse("A -> B {0}"))


def test_without_widths_the_text_does_not_depend_on_rates() -> None:
    net = Network.parse(RING)
    changed = net.updated(parameters={"k": 7.0})
    assert to_dot(net, widths=False) == to_dot(changed, widths=False)
    assert to_dot(net) != to_dot(changed)


def test_hostile_names_are_literal_in_dot() -> None:
    network = hostile_network()
    (svg,) = drawn(network, widths=False)
    nodes = parts(svg, "node")
    assert [written(nodes[f"s{i}"]) for i in range(len(HOSTILE))] == HOSTILE
    assert [written(nodes[f"r{i}"]) for i in range(len(HOSTILE))] == HOSTILE[1:] + HOSTILE[:1]
    boxes = range(len(HOSTILE), 2 * len(HOSTILE))
    assert [written(nodes[f"r{i}"]) for i in boxes] == [f"{name} rate" for name in HOSTILE]
    assert len(nodes) == 3 * len(HOSTILE)
    assert {element.tag.removeprefix(SVG) for element in svg.iter()} <= {
        *("svg", "g", "title", "polygon", "ellipse", "path", "text")
    }


def test_any_network_can_be_drawn() -> None:
    collected: list[Network] = []

    @given(networks())
    def collect(network: Network) -> None:
        collected.append(network)

    collect()
    for network, svg in zip(collected, drawn(*collected), strict=True):
        assert len(parts(svg, "node")) == len(network.species) + len(network.reactions)


# -- equations ---------------------------------------------------------------------------------------------------------


def test_text() -> None:
    assert to_text(Network.parse(GENERAL)).split("\n") == [
        "dA/dt = -A^2·E + 1",
        "dE/dt = 0",
        "dB/dt = 0.5·A^2·E - 3·k·B^3",
        "dX1/dt = X1^2·Y",
        "dY/dt = -X1^2·Y",
    ]
    assert "- 3e-7·B^3" in to_text(Network.parse(GENERAL), numbers=True)
    assert to_text(Network.parse('"Ca 2+" -> 0')) == 'd"Ca 2+"/dt = -"Ca 2+"'


@given(networks(plain=True))
def test_text_is_the_vector_field(network: Network) -> None:
    place = {name: i for i, name in enumerate(network.species)}
    x = np.linspace(0.5, 1.5, len(place))
    expected = network.derivative(x)
    for row, name in enumerate(network.species):
        right = to_text(network, numbers=True).split("\n")[row].split(" = ")[1]
        code = re.sub(rf"(?<![\w.]){NAME}", lambda match: f"x[{place[match[0]]}]", right)
        value = eval(code.replace("·", "*").replace("^", "**"), {"x": x})
        size = 1e-300 + sum(abs(r.change.get(name, 0)) * r.rate for r in network.reactions) * 1.5**9
        assert value == pytest.approx(expected[row], rel=1e-5, abs=1e-5 * size)


def test_each_term_knows_its_reaction() -> None:
    net = Network.parse(GENERAL)
    assert {name: [t.reaction for t in terms] for name, terms in equation_terms(net).items()} == {
        **{"A": [0, 1], "E": [], "B": [0, 2], "X1": [3], "Y": [3]}
    }


def test_conservation_laws_begin_with_what_is_added() -> None:
    (law,) = conservation_terms(Network.parse("0 -> A + B"))
    assert [term.negative for term in law] == [False, True]


@pytest.mark.parametrize(
    ("name", "split"),
    [("A", ("A", "")), ("X12", ("X", "12")), ("Ca2", ("Ca", "2")), ("X_1", ("X_1", "")), ("p53'", ("p53'", ""))],
)
def test_letters_and_digits_are_a_subscript(name: str, split: tuple[str, str]) -> None:
    assert split_name(name) == split


def test_latex() -> None:
    assert to_latex(Network.parse("2X1 + Ca -> X1 {β}\n0 -> Ca {2e-9}\nβ = 3")) == (
        "\\begin{align*}\n"
        r"\frac{dX_{1}}{dt} &= -{\beta} \, X_{1}^{2} \, \mathrm{Ca} \\" + "\n"
        r"\frac{d\mathrm{Ca}}{dt} &= -{\beta} \, X_{1}^{2} \, \mathrm{Ca} + 2 \times 10^{-9}" + "\n"
        "\\end{align*}"
    )


def test_long_latex_equations_are_broken() -> None:
    net = Network([Reaction({"A": 1, f"X{i}": 1}, {}) for i in range(13)])
    assert to_latex(net).split("\\\\\n")[1].startswith("&\\quad {} - A")


def test_hostile_names_are_literal_in_latex() -> None:
    text = to_latex(hostile_network())
    commands = set(re.findall(r"\\(?:[a-zA-Z]+|.)", text, flags=re.DOTALL))
    assert commands == {
        *(r"\begin", r"\end", r"\frac", r"\mathrm", "\\\\", r"\,"),
        *(r"\backslash", r"\hat", r"\ ", r"\sim", r"\$", r"\{", r"\}", r"\_", r"\%", r"\#", r"\&", r"\Omega"),
    }
    plain = re.sub(r"\\(?:[a-zA-Z]+|.)", "", text, flags=re.DOTALL)
    assert not set(plain) & set("$%#~\\")
    assert plain.count("{") == plain.count("}")
    assert plain.count("&") == len(re.findall("^.*&", plain, flags=re.MULTILINE))
    # nor is it HTML, should a Markdown cell take it for that
    assert not re.search(r"<[a-zA-Z/!]|&#?\w+;", text)


def test_mathml_is_well_formed_and_literal() -> None:
    math = ElementTree.fromstring(to_mathml(hostile_network()))
    assert {element.tag for element in math.iter()} <= {
        *("math", "mtable", "mtr", "mtd", "mrow", "mi", "mn", "mo", "msup", "msub", "msubsup", "mspace")
    }
    assert set(HOSTILE) < {element.text for element in math.iter("mi")}
    cells = [
        ["".join(cell.itertext()).replace(" ", "") for cell in row]
        for row in ElementTree.fromstring(to_mathml(Network.parse(GENERAL))).iter("mtr")
    ]
    assert cells == [
        *(["dA/dt", "=−A2E+1"], ["dE/dt", "=0"], ["dB/dt", "=0.5A2E−3kB3"]),
        *(["dX1/dt", "=X12Y"], ["dY/dt", "=−X12Y"]),
    ]


# -- HTML --------------------------------------------------------------------------------------------------------------


class Tags(HTMLParser):
    """Which elements a browser would make of a text, and the text that is left."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.attributes: set[str | None] = set()
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.text += data


def test_html_shows_rules_and_equations_and_no_more() -> None:
    net = hostile_network()
    page = Tags(to_html(net))
    assert page.found <= {
        *("div", "pre", "math", "mtable", "mtr", "mtd", "mrow", "mi", "mn", "mo", "msup"),
        "mspace",
    } | {"p"}
    assert page.attributes == {"class", "style", "width", "lspace", "rspace"}
    assert str(net).split("\n")[0] in page.text
    assert net._repr_html_() == to_html(net)


def test_html_of_a_large_network_is_short() -> None:
    net = Network([Reaction({f"S{i}": 1}, {f"S{j}": 1}) for i in range(50) for j in range(50) if i != j])
    text = to_html(net)
    assert "… and 2410 more lines" in text
    assert "… and 10 more equations" in text
    assert len(text) < 300_000
    assert "more" not in to_html(Network.parse(RING))
    many = [f"S{i}" for i in range(10_000)]
    assert len(to_html(Network([], species=many))) < 50_000
