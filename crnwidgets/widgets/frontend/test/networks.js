// Networks for the tests, in the wire form that Python's `encode` gives.

/** The wire form of reactions `[{ A: 1 }, { B: 2 }, rate, name?]`; the species are the keys of `initial`. */
export function wire(reactions, initial, events = []) {
  const species = Object.keys(initial);
  const places = new Map(species.map((name, i) => [name, i]));
  const index = (name) => places.get(name);
  const names = [...new Set(reactions.map((r) => r[3]).filter(Boolean))];
  const offsets = (lists) => {
    const sums = [0];
    for (const list of lists) sums.push(sums.at(-1) + list.length);
    return sums;
  };
  const inputs = reactions.map(([left]) =>
    Object.entries(left).flatMap(([name, count]) => Array(count).fill(index(name))),
  );
  const changes = reactions.map(([left, right]) =>
    Object.keys({ ...left, ...right })
      .map((name) => [index(name), (right[name] ?? 0) - (left[name] ?? 0)])
      .filter(([, amount]) => amount),
  );
  return {
    species,
    colors: species.map(() => "#0072b2"),
    inputs: inputs.flat(),
    inputStart: offsets(inputs),
    changes: changes.flat().map(([i]) => i),
    amounts: changes.flat().map(([, amount]) => amount),
    changeStart: offsets(changes),
    rates: reactions.map((r) => r[2]),
    rateParameter: reactions.map((r) => names.indexOf(r[3])),
    parameters: { names, values: names.map((name) => reactions.find((r) => r[3] === name)[2]) },
    initial: Object.values(initial),
    events: {
      times: events.map((e) => e[0]),
      species: events.map((e) => index(e[1])),
      operations: events.map((e) => ["=", "+=", "-="].indexOf(e[2])),
      amounts: events.map((e) => e[3]),
    },
    labels: reactions.map((_, i) => `reaction ${i}`),
  };
}

/** [DCRN] Fig. 1: three species that turn into one another in a ring. */
export const oscillator = wire(
  [
    [{ A: 1, B: 1 }, { B: 2 }, 1],
    [{ B: 1, C: 1 }, { C: 2 }, 1],
    [{ C: 1, A: 1 }, { A: 2 }, 1],
  ],
  { A: 0.8, B: 0.1, C: 0.1 },
);
