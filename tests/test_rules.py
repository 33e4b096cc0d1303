"""The rule language: what parses, what every mistake says, and that nothing else ever comes out."""

import pickle
import time

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crnwidgets import Event, Network, Reaction, RuleError
from crnwidgets.chambers import read
from crnwidgets.rules import parse, rewrite
from tests.strategies import networks

OSCILLATOR = "A -B-> B\nB -C-> C\nC -A-> A\nA = 0.8; B = 0.1; C = 0.1"
IN_CHAMBERS = f"chambers 3 ring\n{OSCILLATOR}\nmembrane B {{0.8}}\nmembrane B {{0}}: 1-2\nA[2] = 1; at 4: B[3] += 1"

# text, kind of mistake, line, column, a part of the hint (None: there is no hint)
MISTAKES = [
    ("", "no-rules", 1, 1, "for example"),
    ("A -> B\nA => B", "wrong-arrow", 2, 3, "did you mean `->`?"),
    ("A <=> B", "wrong-arrow", 1, 3, "did you mean `<->`?"),
    ("A - > B", "wrong-arrow", 1, 3, "did you mean `->`?"),
    ("A + B = C", "wrong-arrow", 1, 7, "did you mean `->`?"),
    ("A = B", "reaction-as-equation", 1, 2, "did you mean `->`?"),
    ("A + B", "missing-arrow", 1, 5, "A -> B"),
    ("A -B D", "open-arrow", 1, 6, "A -C-> B"),
    ("A ->", "missing-product", 1, 4, "A -> 0"),
    ("-> B", "missing-reactant", 1, 1, "0 -> A"),
    ("A B -> C", "missing-plus", 1, 3, "did you mean `A + B`?"),
    ("A + -> B", "dangling-plus", 1, 5, "remove"),
    ("A, B -> C", "comma", 1, 2, "did you mean `+`?"),
    ("0.5A -> B", "fractional-count", 1, 1, "{0.5}"),
    ("-2A -> B", "negative-count", 1, 1, None),
    ("5000A -> B", "count-range", 1, 1, None),
    ("3 -> A", "number-alone", 1, 1, "0 means nothing"),
    ("A -> 0 + B", "nothing-added", 1, 6, "leave it out"),
    ("A -> B {0.5", "open-brace", 1, 11, "close"),
    ("A -> B {}", "empty-rate", 1, 8, "{1}"),
    ("A -> B {0.5 0.2}", "rate-form", 1, 13, "{0.5}"),
    ("A -> B {1, 2}", "rate-count", 1, 9, "<->"),
    ("A <-> B {1}", "rate-count", 1, 10, "{1, 1}"),
    ("A -> B -> C <- D {1}", "rate-count", 1, 19, None),
    ("A -2,B-> C {1}", "rate-twice", 1, 13, "one of the two"),
    ("A {0.5} -> B", "early-rate", 1, 3, "A -> B {0.5}"),
    ("A -> B {1} -> C", "after-rate", 1, 12, "very end"),
    ("A -> B 0.5", "bare-rate", 1, 8, "write `{0.5}`"),
    ("A -> B {-1}", "negative-rate", 1, 9, None),
    ("A -> B {1e999}", "infinite-rate", 1, 9, None),
    ("A -> B {k}; k = nan", "infinite-rate", 1, 17, None),
    ("A -> B {k}; k = x", "rate-number", 1, 17, None),
    ("A -> B {k}", "missing-rate-value", 1, 9, "k = 1"),
    ("A -> B\nA = -1", "negative-concentration", 2, 5, None),
    ("A -> B\nA = inf", "infinite-concentration", 2, 5, None),
    ("A -> B\nA = B", "concentration-number", 2, 5, "-> B"),
    ("A =\nA -> B", "missing-value", 1, 3, "A = 0.8"),
    ("A 0.5", "missing-equals", 1, 3, "A = 0.5"),
    ("A = 1 2", "after-value", 1, 7, "one statement a line"),
    ("= 3", "missing-name", 1, 1, "A = 0.8"),
    ("A -> B; A = 1; A = 2", "assigned-twice", 1, 16, "keep one"),
    ("Apple -> B; Aple = 1", "unknown-name", 1, 13, "did you mean Apple?"),
    ("A + B -> B + A", "equal-sides", 1, 1, "change something"),
    ("A -> B\n\nA -> B {2}", "reaction-twice", 3, 1, "add the two rates up"),
    ("A -> B {A}", "species-and-rate", 1, 9, "rename"),
    ("species A, B\nA -> C", "undeclared-species", 2, 6, "add C"),
    ("species A, A\nA -> 0", "declared-twice", 1, 12, None),
    ("species A; species B", "species-twice", 1, 12, "join"),
    ("species A B", "species-form", 1, 11, "species A, B, C"),
    ("specie A, B", "misspelt-word", 1, 1, "did you mean `species`?"),
    ("at 4: Bb = 1\nBbb -> C", "event-unknown-species", 1, 7, "did you mean Bbb?"),
    ("at -4: B = 1\nB -> C", "negative-time", 1, 4, None),
    ("at inf: B = 1\nB -> C", "infinite-time", 1, 4, None),
    ("at 4: B -= -1\nB -> C", "negative-amount", 1, 12, None),
    ("at 4: B = x\nB -> C", "amount-number", 1, 11, None),
    ("at 4: k = 1\nB -> C {k}; k = 2", "event-on-rate", 1, 7, "concentration"),
    ("at 4 B = 1\nB -> C", "event-form", 1, 6, "at 40: A = 0.3"),
    ("B -> species", "reserved-word", 1, 6, '"species"'),
    ("A -0.8-> B", "missing-catalyst", 1, 4, "{0.8}"),
    ("A -1,B,C-> D", "many-catalysts", 1, 3, "both sides"),
    ('"A -> B', "open-quote", 1, 1, None),
    ('"" -> B', "bad-name", 1, 1, None),
    ("A^2 -> B", "unknown-character", 1, 2, "2A"),
    ("A: 3", "unexpected", 1, 2, None),
    ("chambers", "chambers-form", 1, 8, "chambers 5 ring"),
    ("chambers 5", "chambers-form", 1, 10, "chambers 4: 1-2"),
    ("chambers ring 5", "chambers-form", 1, 10, "chambers 5 ring"),
    ("chamber 5 ring", "misspelt-word", 1, 1, "did you mean `chambers`?"),
    ("chambers 5 rign", "unknown-topology", 1, 12, "did you mean ring?"),
    ("chambers 5 torus", "unknown-topology", 1, 12, "chambers 4: 1-2"),
    ("chambers 5 grid", "topology-size", 1, 10, "3 x 4 grid"),
    ("chambers 3 x 4 ring", "topology-size", 1, 10, "5 ring"),
    ("chambers 0 ring", "chamber-count", 1, 10, None),
    ("chambers 2.5 ring", "chamber-count", 1, 10, None),
    ("chambers 99999999999999 line", "chamber-count", 1, 10, None),
    ("chambers 500 complete", "chamber-count", 1, 10, None),
    ("chambers 200 x 100 grid", "chamber-count", 1, 10, None),
    ("chambers 5 ring; chambers 3 line", "chambers-twice", 1, 18, "keep one"),
    ("chambers 3: 1-2, 3-4", "no-such-chamber", 1, 18, "chambers 4"),
    ("chambers 3: 1-2, 0-1", "chamber-number", 1, 18, "1-2"),
    ("chambers 3: 1-2, 2-2", "membrane-to-itself", 1, 18, "between two"),
    ("chambers 3: 1-2, 2-1", "pair-twice", 1, 18, None),
    ("A -> B; membrane A {1}", "no-chambers", 1, 18, "chambers 5 ring"),
    ("A -> B; A[2] = 1", "no-chambers", 1, 10, "chambers 5 ring"),
    ("A -> B; at 3: A[2] = 1", "no-chambers", 1, 16, "chambers 5 ring"),
    ("chambers 2 ring; Apple -> B; membrane Aple {1}", "membrane-unknown-species", 1, 39, "did you mean Apple?"),
    ("chambers 2 ring; A -> B; membrane A", "membrane-form", 1, 35, "membrane B {0.8}"),
    ("chambers 2 ring; A -> B; membrane A 0.5", "membrane-form", 1, 37, "membrane B {0.8}"),
    ("chambers 2 ring; A -> B; membrane A {1} 1-2", "membrane-pairs", 1, 41, "{0.8}: 1-2, 2-3"),
    ("chambers 2 ring; A -> B; membrane A {1, 2}", "rate-count", 1, 38, "{0.8}"),
    ("chambers 2 ring; A -> B; membrane A {-1}", "negative-rate", 1, 38, None),
    ("chambers 2 ring; A -> B; membrane A {p}", "missing-rate-value", 1, 38, "p = 1"),
    ("chambers 2 ring; A -> B; membrane A {B}", "species-and-rate", 1, 38, "rename"),
    ("chambers 2 ring; A -> B; membrane A {1}; membrane A {2}", "membrane-twice", 1, 51, "keep one"),
    ("chambers 2 ring; A -> B; membrane A {1}: 1-2, 2-1", "membrane-twice", 1, 47, "keep one"),
    ("chambers 4 ring; A -> B; membrane A {1}: 1-3", "no-such-membrane", 1, 42, "1-2, 2-3, 3-4, 1-4"),
    ("chambers 4:; A -> B; membrane A {1}: 1-3", "no-such-membrane", 1, 38, None),
    ("chambers 4 ring; A -> B; membrane A {1}: 4-5", "no-such-chamber", 1, 42, "chambers 5"),
    ("chambers 2 ring; A -> B; A[3] = 1", "no-such-chamber", 1, 27, "chambers 3"),
    ("chambers 2 ring; A -> B; at 3: A[3] = 1", "no-such-chamber", 1, 33, "chambers 3"),
    ("chambers 2 ring; A -> B; A[0] = 1", "chamber-number", 1, 28, "A[1]"),
    ("chambers 2 ring; A -> B; A[x] = 1", "chamber-number", 1, 28, "A[1]"),
    ("chambers 2 ring; A -> B; A[1e99] = 1", "chamber-number", 1, 28, "A[1]"),
    ("chambers 2 ring; A -> B; A[] = 1", "chamber-form", 1, 28, "A[2] = 0.9"),
    ("chambers 2 ring; A -> B; A[1 = 1", "chamber-form", 1, 30, "A[2] = 0.9"),
    ("chambers 2 ring; A[1] -> B", "chamber-in-reaction", 1, 19, "every chamber"),
    ("chambers 2 ring; A -> B[1]", "chamber-in-reaction", 1, 24, "every chamber"),
    ("chambers 2 ring; A -> B {k}; k = 1; k[1] = 2", "rate-in-chamber", 1, 38, "every chamber"),
    ("chambers 2 ring; A -> B; A[1] = 1; A[1] = 2", "assigned-twice", 1, 36, "keep one"),
    ('"A[1]" B -> C', "missing-plus", 1, 8, "+"),
    ("B -> membrane", "reserved-word", 1, 6, '"membrane"'),
    ("chambers -> B", "reserved-word", 1, 1, '"chambers"'),
]


@pytest.mark.parametrize(("text", "kind", "line", "column", "hint"), MISTAKES)
def test_a_mistake_is_named_placed_and_explained(text, kind, line, column, hint):
    with pytest.raises(RuleError) as caught:
        Network.parse(text)
    error = caught.value
    assert (error.kind, error.line, error.column) == (kind, line, column)
    assert error.end_column > error.column
    assert error.message.startswith("expected")
    assert (error.hint is None) if hint is None else (hint in error.hint)
    assert f"line {line}, column {column}" in str(error)
    assert pickle.loads(pickle.dumps(error)).kind == kind


def test_there_are_many_kinds_of_mistakes():
    assert len({kind for _, kind, *_ in MISTAKES}) >= 60


def test_the_example_of_the_language_parses():
    net = Network.parse(
        """A -B-> B                     # a comment
        A -0.8,B-> C
        A + C -> B + C {0.5}
        2X -> X;  0 -> X {k};  A <-> B {1.0, 0.2}
        0 -> X1 + X2;  X1 <-> X3 <- X1 + X3
        k = 0.5
        A = 0.8
        at 40: A = 0.3
        at 20: B += 1; at 60: B -= 0.5"""
    )
    assert net.species == ("A", "B", "C", "X", "X1", "X2", "X3")
    assert net.reactions[:3] == (
        Reaction({"A": 1, "B": 1}, {"B": 2}),
        Reaction({"A": 1, "B": 1}, {"C": 1, "B": 1}, 0.8),
        Reaction({"A": 1, "C": 1}, {"B": 1, "C": 1}, 0.5),
    )
    assert net.parameters == {"k": 0.5}
    assert net.initial == dict.fromkeys(net.species, 0.0) | {"A": 0.8}
    assert [e.time for e in net.events] == [20, 40, 60]
    assert [str(r) for r in net.reactions[-3:]] == ["X1 -> X3", "X3 -> X1", "X1 + X3 -> X3"]


def test_text_pasted_from_a_paper_is_understood():
    pasted = Network.parse("∅ → X₁ + X₂\nX₁ ⇌ X₃ ← X₁ + X₃\nX₁₀ ⟶ ∅")
    assert pasted == Network.parse("0 -> X1 + X2\nX1 <-> X3 <- X1 + X3\nX10 -> 0")


def test_any_printable_name_can_be_quoted():
    net = Network.parse('"Ca 2+" + 2 "say \\"at\\"" -> 2 e3 + at_rest')
    assert net.species == ("Ca 2+", 'say "at"', "e3", "at_rest")
    assert Network.parse(str(net)) == net


def test_species_fixes_the_order_and_keeps_idle_ones():
    net = Network.parse("species C, A, B\nA -> B")
    assert net.species == ("C", "A", "B")
    assert Network.parse(str(net)) == net


def test_reactions_know_their_lines():
    lines = [r.line for r in parse("# first\nA -> B -> C\n\nC -> A; B -> A").reactions]
    assert lines == [2, 2, 4, 4]


@given(networks())
def test_text_and_network_are_two_forms_of_one_thing(net):
    again = Network.parse(str(net))
    assert again == net
    assert str(again) == str(net)
    x = np.linspace(0.1, 2.0, len(net.species))
    np.testing.assert_allclose(again.derivative(x), net.derivative(x), rtol=1e-12, atol=0)


@given(networks(), networks(), st.data())
def test_rewriting_gives_a_text_of_the_new_network(net, other, data):
    text = "# mine\n" + str(net)
    numbers = st.floats(0, 10)
    changed = net.updated(
        initial={name: data.draw(numbers) for name in net.species},
        parameters={name: data.draw(numbers) for name in net.parameters},
        events=[Event(data.draw(numbers), e.species, e.operation, data.draw(numbers)) for e in net.events],
    )
    assert Network.parse(rewrite(text, changed)) == changed
    assert Network.parse(rewrite(text, other)) == other


def test_rewriting_keeps_what_a_person_wrote():
    text = "A -k,B-> B   # fast\nA=0.8 ; k = 2 # two\nat 5: A += 1\nat 3: B = 0"
    net = Network.parse(text)
    moved = [Event(1, "A", "+=", 1), Event(3, "B", "=", 0)]
    changed = net.updated(initial={"A": 0.25, "B": 1}, parameters={"k": 3}, events=moved)
    assert rewrite(text, changed) == "A -k,B-> B   # fast\nA=0.25 ; k = 3 # two\nat 1: A += 1\nat 3: B = 0\nB = 1"
    assert rewrite(text, net) == text
    assert rewrite("A ->", net) == str(net)


SCRAPS = [
    *"AB2;\n\"#{},=+-:.0 ₁∅é\\'\t\r\x00\ufeff",
    "->", "<-", "<->", "→", "⇌", "-B->", "-0.8,B->", "at ", "at 4: ", "species ", "1e9", "nan", "+=", " {k}", "k = 1\n",
    "chambers ", "chambers 3 ring\n", " x ", "ring", "grid", "membrane ", "membrane B {0.8}", ": 1-2", "[", "]", "A[2]",
]  # fmt: skip


@settings(max_examples=2000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.one_of(
        st.text(max_size=60),
        st.lists(st.sampled_from(SCRAPS), max_size=25).map("".join),
        st.tuples(
            st.sampled_from([text for text, *_ in MISTAKES] + [OSCILLATOR, IN_CHAMBERS]),
            st.integers(0, 60),
            st.sampled_from(SCRAPS),
        ).map(lambda t: t[0][: t[1]] + t[2] + t[0][t[1] + 1 :]),
    )
)
def test_any_text_gives_something_or_a_rule_error(text):
    try:
        found = read(text)
    except RuleError as error:
        lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        assert 1 <= error.line <= len(lines)
        assert 1 <= error.column <= len(lines[error.line - 1]) + 1
    else:
        assert read(str(found)) == found


def test_time_grows_with_the_length_only():
    def seconds(count):
        text = "\n".join(f"X{i} + X{i * 7 % 97} -> X{i * 3 % 91} + Y{i} {{0.{i + 1}}}" for i in range(count))
        start = time.process_time()
        Network.parse(text)
        return time.process_time() - start

    seconds(10)
    small, large = min(seconds(250) for _ in range(3)), seconds(2000)
    assert large < 3 * 8 * small
    long_line = " + ".join(["A"] * 20_000) + " => B"
    start = time.process_time()
    with pytest.raises(RuleError):
        Network.parse(long_line)
    assert time.process_time() - start < 200 * small


def test_only_text_can_be_parsed():
    with pytest.raises(TypeError, match="Argument `text` must be a string"):
        Network.parse(None)
