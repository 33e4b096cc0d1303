// The network as Python's `widgets/wire.py` encodes it, read into typed arrays.

/** The operations of an intervention, in the order of their numbers on the wire. */
export const OPERATIONS = ["=", "+=", "-="];

/**
 * A network ready for `integrate`. `inputs` lists the reactant species of reaction r, each as often as it counts, from
 * `inputStart[r]` to `inputStart[r + 1]`; `changes` and `amounts` do so for what the reaction changes and by how much.
 */
export function decode(wire) {
  return {
    species: wire.species,
    colors: wire.colors,
    inputs: Int32Array.from(wire.inputs),
    inputStart: Int32Array.from(wire.inputStart),
    changes: Int32Array.from(wire.changes),
    amounts: Float64Array.from(wire.amounts),
    changeStart: Int32Array.from(wire.changeStart),
    rates: Float64Array.from(wire.rates),
    rateParameter: Int32Array.from(wire.rateParameter),
    parameterNames: wire.parameters.names,
    parameters: Float64Array.from(wire.parameters.values),
    initial: Float64Array.from(wire.initial),
    events: decodeEvents(wire.events),
    chambers: wire.chambers ? decodeChambers(wire.chambers) : null,
  };
}

/**
 * Chambers that all have this network in them: their `count`, `membranes` as pairs, `passes` (which species passes which
 * membrane, how fast, and by which named rate, else -1), and `positions` [x, y] to draw them at, from 0 to 1.
 */
function decodeChambers({ count, membranes, passes, positions }) {
  return {
    count,
    membranes,
    passes: passes.map(([membrane, species, rate, parameter]) => ({ membrane, species, rate, parameter })),
    positions,
  };
}

/** The interventions of a network in wire form, in the order of their times; of several chambers, those in one say so. */
export function decodeEvents({ times, species, operations, amounts, chambers }) {
  return times.map((time, i) => {
    const event = { time, species: species[i], operation: operations[i], amount: amounts[i] };
    return chambers?.[i] >= 0 ? { ...event, chamber: chambers[i] } : event;
  });
}

/** What each reaction of a network in wire form takes and makes, its rate aside: equal for the same reaction. */
export function reactionKeys({ inputs, inputStart, changes, amounts, changeStart }) {
  return Array.from({ length: inputStart.length - 1 }, (_, r) => {
    const taken = inputs.slice(inputStart[r], inputStart[r + 1]).sort((a, b) => a - b);
    const places = Array.from({ length: changeStart[r + 1] - changeStart[r] }, (_, i) => changeStart[r] + i);
    const made = places.sort((a, b) => changes[a] - changes[b]).map((i) => `${changes[i]}:${amounts[i]}`);
    return `${taken}|${made}`;
  });
}

/** The rate of each reaction once the named rates have these values. */
export function ratesWith(network, parameters) {
  return network.rates.map((rate, r) => {
    const parameter = network.rateParameter[r];
    return parameter < 0 ? rate : parameters[parameter];
  });
}

/** The concentration that an intervention leaves behind; what is lowered below zero stays at zero. */
export function applyEvent(event, level) {
  if (event.operation === 0) return event.amount;
  return event.operation === 1 ? level + event.amount : Math.max(0, level - event.amount);
}
