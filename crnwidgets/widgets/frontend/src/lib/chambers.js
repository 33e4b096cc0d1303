// Chambers joined by membranes, as one network: what Python's `Chambers.expanded` makes of them, on typed arrays.

/**
 * The network of all chambers of a network from `decode`: species s of chamber c has the index c·N + s, and of the two
 * directions of each membrane each is a reaction. A network without chambers is its own.
 */
export function expand(network) {
  if (!network.chambers) return network;
  const { count, membranes, passes } = network.chambers;
  const size = network.species.length;
  const steps = passes.flatMap(({ membrane, species, rate, parameter }) => {
    const [i, j] = membranes[membrane].map((chamber) => chamber * size + species);
    return [
      { from: i, to: j, rate, parameter },
      { from: j, to: i, rate, parameter },
    ];
  });
  const everywhere = [...Array(count).keys()];
  const repeated = (values, shift = 0) => everywhere.flatMap((c) => Array.from(values, (value) => value + c * shift));
  const starts = (own, each) => {
    const all = [0, ...repeated(own.slice(1), own.at(-1))];
    return Int32Array.from([...all, ...steps.map((_, k) => all.at(-1) + (k + 1) * each)]);
  };
  return {
    ...network,
    species: everywhere.flatMap((c) => network.species.map((name) => placed(name, c))),
    colors: everywhere.flatMap(() => network.colors),
    inputs: Int32Array.from([...repeated(network.inputs, size), ...steps.map(({ from }) => from)]),
    inputStart: starts(network.inputStart, 1),
    changes: Int32Array.from([...repeated(network.changes, size), ...steps.flatMap(({ from, to }) => [from, to])]),
    amounts: Float64Array.from([...repeated(network.amounts), ...steps.flatMap(() => [-1, 1])]),
    changeStart: starts(network.changeStart, 2),
    rates: Float64Array.from([...repeated(network.rates), ...steps.map(({ rate }) => rate)]),
    rateParameter: Int32Array.from([...repeated(network.rateParameter), ...steps.map(({ parameter }) => parameter)]),
    events: expandEvents(network.events, network),
    chambers: null,
  };
}

/** The name of a species in a chamber, numbered from 0; in words it is numbered from 1. */
export const placed = (name, chamber) => `${name}[${chamber + 1}]`;

/** Whether an intervention happens in a chamber; one without a chamber happens in each. */
export const happensIn = (event, chamber) => event.chamber === undefined || event.chamber === chamber;

/** The interventions in all chambers as those of the network from `expand`. */
export function expandEvents(events, { chambers, species }) {
  if (!chambers) return events;
  return events.flatMap(({ chamber: _, ...event }, k) =>
    Array.from({ length: chambers.count }, (_, c) => c)
      .filter((c) => happensIn(events[k], c))
      .map((c) => ({ ...event, species: c * species.length + event.species })),
  );
}

/** What each of some interventions left behind in a chamber, from what those of `expandEvents` left behind. */
export function levelsIn(chamber, events, { chambers }, levels) {
  if (!chambers) return levels;
  let place = 0;
  return events.map((event) => {
    const here = place + (event.chamber === undefined ? chamber : 0);
    place += event.chamber === undefined ? chambers.count : 1;
    return happensIn(event, chamber) ? levels[here] : NaN;
  });
}
