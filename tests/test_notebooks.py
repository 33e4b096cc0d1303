"""The lessons: runnable from top to bottom, exercises that can be solved, figures in the text that the cells print."""

import ast
import contextlib
import io
import json
import re
from pathlib import Path

import pytest

# bqplot uses what traitlets has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:bqplot|bqscales|traitlets")

LESSONS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))
IMPORTS = {"bqplot", "crnwidgets", "numpy"}  # what every lesson may count on: an installation without extras has them
LONGEST_CELL = 14

SOLUTIONS = {
    "01-three-phase-oscillator": {
        "four-phases": '''
attempt = crn.Lab("""
A -k,B-> B
B -k,C-> C
C -k,D-> D
D -k,A-> A
k = 0.795
A = 0.7; B = 0.1; C = 0.1; D = 0.1
""")
''',
    },
    "02-rules-tensors-networks": {
        "parties": """
T = np.zeros((4, 4, 4))
for c in range(3):
    for a in range(4):
        if a != c:
            T[c, a, a], T[c, a, c if a == 3 else 3] = -1, 1
""",
        "vaccination": "vaccinated = 0.75",
    },
    "03-train-an-oscillator": {
        "slower": "slower = with_rates(small, [0.5] * 6)",
        "hills": """
hills = crn.tasks.Waveform.from_samples([0, 25, 50, 75, 100], [0.1, 0.4, 0.1, 0.4, 0.1], species=5)
learner = crn.Trainer(hills, population=20, seed=0)
learner.run(1000, progress=False)
""",
    },
    "04-few-reactions": {
        "spare": 'sixteen = crn.zoo.load("squares-16").network; left_out = 2',
        "weights": 'weights = {"l1": 0.03}',
    },
    "05-a-gate-that-can-be-used-again": {
        "broken": "right, wrong = ((0, 0), (0, 1)), ((1, 1), (0, 1))",
        "nand": """
nand = str(gate.network).replace("Zhi", "other").replace("Zlo", "Zhi").replace("other", "Zlo")
""",
    },
    "06-seven-segments": {
        "loss": """
def hinge(x, lit):
    return np.maximum(0, 1 - s(x) * np.where(lit, 1, -1)) ** 2
""",
        "share": "share = 0.14",
    },
    "07-who-has-the-majority": {
        "own": """
own = '''
A -B-> C
B -A-> C
C -A-> A
C -B-> B
'''
""",
        "qualified": 'rates = {"A -B-> C": 1, "B -A-> C": 0.5, "C -A-> A": 1, "C -B-> B": 1}',
    },
    "08-from-analogue-to-digital": {
        "gray": """
def gray(x):
    b2, b1, b0 = (high > low for high, low in bits(converter.network, x).values())
    return b2, b2 ^ b1, b1 ^ b0
""",
        "comparator": """
comparator = '''
L -0.03,X-> U; U -X-> H; H -0.03,Xc-> U; U -Xc-> L
L -H-> U; U -H-> H; H -L-> U; U -L-> L
'''
""",
    },
    "09-oscillators-with-a-knob": {
        "forty": "level = 0.75",
        "tune": 'events = ["at 146: Out += 0.55", "at 394: Out -= 0.55"]',
    },
    "10-many-chambers": {"reach": "permeability = 0.1296", "step": "power = -1"},
    "11-from-a-neuron-to-reactions": {"and": "weights, bias = [1.0, 1.0], -1.0", "knee": "h = 0.0016"},
    "12-digits-read-by-chemistry": {"early": "t = 0.5", "small": "hidden = 6"},
}

FIGURE = re.compile(r"\*\*([+-]?\d[\d.]*%?)\*\*")  # a bold figure in the text is one that the cell above it prints


def read(path):
    return json.loads(path.read_text(encoding="utf-8"))


def source(cell):
    return "".join(cell["source"])


def code(path):
    return [cell for cell in read(path)["cells"] if cell["cell_type"] == "code"]


def attempts(path):
    return [cell["id"].removesuffix("-attempt") for cell in code(path) if cell["id"].endswith("-attempt")]


def outputs(path, replaced):
    """What each code cell prints, by its id; in one namespace, from top to bottom, with some sources replaced."""
    namespace = {"__name__": "__main__"}
    printed = {}
    for cell in code(path):
        stream = io.StringIO()
        text = replaced.get(cell["id"], source(cell))
        with contextlib.redirect_stdout(stream):
            exec(compile(text, f"{path.name}:{cell['id']}", "exec"), namespace)
        printed[cell["id"]] = stream.getvalue()
    return printed


@pytest.fixture(scope="module", params=LESSONS, ids=lambda path: path.stem)
def lesson(request):
    """A lesson, and what its cells print as it is and with its exercises solved."""
    path = request.param
    solutions = {f"{name}-attempt": text for name, text in SOLUTIONS.get(path.stem, {}).items()}
    return path, outputs(path, {}), outputs(path, solutions)


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
class TestForm:
    def test_is_committed_as_it_was_written(self, path):
        notebook = read(path)
        assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
        assert notebook["metadata"]["kernelspec"]["name"] == "python3"
        assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in code(path))
        ids = [cell["id"] for cell in notebook["cells"]]
        assert len(ids) == len(set(ids))
        assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name) for name in ids)

    def test_begins_with_one_paragraph_and_a_live_view(self, path):
        first, second, *_ = read(path)["cells"]
        title, *paragraphs = [block for block in source(first).split("\n\n") if block.strip()]
        assert title.startswith("# ")
        assert len(paragraphs) == 1
        assert second["cell_type"] == "code"
        assert re.search(r"crn\.(Lab|widgets\.NeuralView)\(", source(second))

    def test_code_cells_are_short(self, path):
        assert {cell["id"]: n for cell in code(path) if (n := len(source(cell).splitlines())) > LONGEST_CELL} == {}
        assert not [line for cell in code(path) for line in source(cell).splitlines() if len(line) > 120]

    def test_imports_nothing_that_an_installation_may_lack(self, path):
        for cell in code(path):
            for node in ast.walk(ast.parse(source(cell))):
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                names += [node.module] if isinstance(node, ast.ImportFrom) else []
                assert {name.partition(".")[0] for name in names} <= IMPORTS

    def test_every_exercise_has_a_check_and_a_solution(self, path):
        assert attempts(path)
        assert set(attempts(path)) == set(SOLUTIONS[path.stem])
        assert {f"{name}-check" for name in attempts(path)} <= {cell["id"] for cell in code(path)}


def test_exercises_begin_unsolved_and_can_be_solved(lesson):
    path, unsolved, solved = lesson
    for name in attempts(path):
        assert unsolved[f"{name}-check"].startswith("Not yet: ")
        assert solved[f"{name}-check"].startswith("Yes: ")


def test_figures_in_the_text_are_those_the_cell_above_prints(lesson):
    path, printed, _ = lesson
    above = ""
    checked = 0
    for cell in read(path)["cells"]:
        if cell["cell_type"] == "code":
            above = printed[cell["id"]]
            continue
        for figure in FIGURE.findall(source(cell)):
            assert re.search(rf"(?<![\d.]){re.escape(figure)}(?![\d.]*\d|%)", above), (cell["id"], figure, above)
            checked += 1
    assert checked >= 10
