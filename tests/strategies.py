"""Random networks for property tests."""

from hypothesis import strategies as st

from crnwidgets import Chambers, Event, Network, Reaction, Topology

PLAIN = st.sampled_from(["A", "B", "C", "X1", "e3", "a_b", "Ω", "p53'"])
ODD = st.sampled_from(
    [
        "at",
        "species",
        "membrane",
        "inf",
        "2A",
        "Ca 2+",
        'a"b',
        "\\",
        "X₁",
        "<b>",
        "$$\\input",
        '"]; x [URL="',
        "{k}",
        "A[2]",
    ]
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


@st.composite
def topologies(draw, most=12):
    """Any way to join up to `most` chambers."""
    count = draw(st.integers(1, most))
    pairs = st.tuples(st.integers(0, count - 1), st.integers(0, count - 1)).filter(lambda pair: pair[0] != pair[1])
    graph = st.lists(pairs, max_size=8, unique_by=lambda pair: tuple(sorted(pair))) if count > 1 else st.just([])
    kinds = [Topology.ring, Topology.line, Topology.star, Topology.complete, lambda n: Topology.grid(1 + n // 3, 2)]
    return draw(
        st.one_of(st.sampled_from(kinds).map(lambda kind: kind(count)), graph.map(lambda g: Topology(count, g)))
    )


@st.composite
def chambers(draw):
    """Chambers with permeabilities of every kind, initial concentrations and interventions."""
    network = draw(networks()).updated(events=())
    topology = draw(topologies(most=5))
    edges = len(topology.membranes)
    species = st.sampled_from(network.species)
    values = {**network.parameters, "p": draw(NUMBERS)}
    label = st.sampled_from([None, None, "p", *network.parameters])
    names = draw(
        st.dictionaries(species, st.one_of(label, st.lists(label, min_size=edges, max_size=edges)), max_size=3)
    )
    rates = draw(st.dictionaries(species, st.one_of(NUMBERS, st.lists(NUMBERS, min_size=edges, max_size=edges))))
    for name, given in names.items():
        rate = rates.get(name, 0.0)
        if isinstance(given, list):
            own = rate if isinstance(rate, list) else [rate] * edges
            rates[name] = [r if n is None else values[n] for r, n in zip(own, given, strict=True)]
        elif given is not None:
            rates[name] = values[given]
    count = topology.chambers
    initial = st.one_of(NUMBERS, st.lists(NUMBERS, min_size=count, max_size=count))
    where = st.one_of(st.none(), st.integers(0, count - 1))
    event = st.builds(Event, NUMBERS, species, st.sampled_from(["=", "+=", "-="]), NUMBERS, where)
    return Chambers(
        network,
        topology,
        rates,
        initial=draw(st.dictionaries(species, initial)),
        events=draw(st.lists(event, max_size=3)),
        permeability_names=names,
    )


def _pair(a, b):
    return {a: 2} if a == b else {a: 1, b: 1}
