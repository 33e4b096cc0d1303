"""Random networks for property tests."""

from hypothesis import strategies as st

from crnwidgets import Event, Network, Reaction

PLAIN = st.sampled_from(["A", "B", "C", "X1", "e3", "a_b", "Ω", "p53'"])
ODD = st.sampled_from(
    ["at", "species", "inf", "2A", "Ca 2+", 'a"b', "\\", "X₁", "<b>", "$$\\input", '"]; x [URL="', "{k}"]
)
NUMBERS = st.floats(0, 1e6, allow_nan=False, allow_infinity=False)


@st.composite
def networks(draw, plain=False):
    """A network of up to six reactions with named rates, initial concentrations and interventions.

    plain: whether only names that need no quotes are drawn.
    """
    names = PLAIN if plain else st.one_of(PLAIN, ODD)
    counts = st.dictionaries(names, st.integers(1, 3), max_size=3)
    sides = draw(st.lists(st.tuples(counts, counts).filter(lambda s: s[0] != s[1]), min_size=1, max_size=6))
    catalysed = draw(st.lists(st.tuples(names, names, names).filter(lambda t: t[0] != t[2]), max_size=3))
    for source, catalyst, target in catalysed:
        sides.append((_pair(source, catalyst), _pair(target, catalyst)))
    rates = draw(st.lists(st.one_of(st.just(1.0), NUMBERS), min_size=len(sides), max_size=len(sides)))
    values = {name: draw(NUMBERS) for name in ("k", "k cat")}
    reactions = {}
    for (left, right), rate in zip(sides, rates, strict=True):
        name = draw(st.sampled_from([None, None, "k", "k cat"]))
        reaction = Reaction(left, right, rate if name is None else values[name], name)
        reactions.setdefault(reaction.edge, reaction)
    species = list(Network(reactions.values()).species)
    if draw(st.booleans()):
        species = draw(st.permutations([*species, "idle"]))
    event = st.builds(Event, NUMBERS, st.sampled_from(species), st.sampled_from(["=", "+=", "-="]), NUMBERS)
    return Network(
        reactions.values(),
        species=species,
        initial=draw(st.dictionaries(st.sampled_from(species), NUMBERS)),
        events=draw(st.lists(event, max_size=3)),
    )


def _pair(a, b):
    return {a: 2} if a == b else {a: 1, b: 1}
