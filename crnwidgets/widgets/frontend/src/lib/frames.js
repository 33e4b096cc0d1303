// Frames of a training run, as Python's `widgets/frames.py` encodes them, and what views make of them.
import { short } from "./format.js";

// Copied, for a DataView need not start where numbers of four bytes may.
const bytes = (view) => view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength);

/**
 * A frame from its message. `kept` is the frame read before, or null: where a message has no room for all networks, the
 * others are taken from it.
 *
 * For P networks of N species: `losses` and `counts` (P), `rates` (P × N × N × N, catalyst before input before output),
 * `initial` (P × N), all flat, never changed later; `known` (P) is 0 for a network that has not come yet. The rest is
 * as in the message; `best` is `{ loss, count }`, its loss Infinity while there is none.
 */
export function readFrame(content, buffers, kept) {
  const [losses, counts] = [new Float32Array(bytes(buffers[0])), new Int32Array(bytes(buffers[1]))];
  const [rates, initial] = [new Float32Array(bytes(buffers[2])), new Float32Array(bytes(buffers[3]))];
  const population = losses.length;
  const { members, best, ...rest } = content;
  const frame = {
    ...rest,
    best: { loss: best[0] ?? Infinity, count: best[1] },
    population,
    size: initial.length / (members ?? losses).length,
    losses,
    counts,
  };
  if (!members) return { ...frame, rates, initial, known: new Uint8Array(population).fill(1) };
  const { size } = frame;
  const fits = kept?.population === population && kept.size === size;
  const all = {
    rates: fits ? kept.rates.slice() : new Float32Array(population * size ** 3),
    initial: fits ? kept.initial.slice() : new Float32Array(population * size),
    known: fits ? kept.known.slice() : new Uint8Array(population),
  };
  members.forEach((member, i) => {
    all.rates.set(rates.subarray(i * size ** 3, (i + 1) * size ** 3), member * size ** 3);
    all.initial.set(initial.subarray(i * size, (i + 1) * size), member * size);
    all.known[member] = 1;
  });
  return { ...frame, ...all };
}

/** The network to look at: the selected one, or with -1 the one with the lowest loss now. */
export function chosenMember({ losses, population }, selected) {
  if (selected >= 0 && selected < population) return selected;
  let best = 0;
  losses.forEach((loss, member) => {
    // Not the other way round, or a loss that is no number would stay.
    if (!(losses[best] <= loss)) best = member;
  });
  return best;
}

/** How many reactions of a network are at least as fast as `kMin`. */
export function reactionCount(frame, member, kMin) {
  const least = Math.fround(kMin);
  return ratesOf(frame, member).reduce((count, rate) => count + (rate > 0 && rate >= least), 0);
}

/**
 * One network of a frame, without reactions slower than `kMin`, in the form that `lib/network.js` decodes. The first
 * argument has `species`, `colors` and `written`, the names as rules write them, as Python's `about` gives them.
 */
export function memberNetwork({ species, colors, written }, frame, member, kMin) {
  const { size, initial } = frame;
  const least = Math.fround(kMin); // Python compares single precision too
  const network = {
    species,
    colors,
    inputs: [],
    inputStart: [0],
    changes: [],
    amounts: [],
    changeStart: [0],
    rates: [],
    rateParameter: [],
    parameters: { names: [], values: [] },
    initial: Array.from(initial.subarray(member * size, (member + 1) * size)),
    events: { times: [], species: [], operations: [], amounts: [] },
    labels: [],
  };
  ratesOf(frame, member).forEach((rate, place) => {
    if (!(rate > 0 && rate >= least)) return;
    const catalyst = Math.floor(place / size ** 2);
    const input = Math.floor(place / size) % size;
    const output = place % size;
    network.inputs.push(input, catalyst);
    network.changes.push(input, output);
    network.amounts.push(-1, 1);
    network.inputStart.push(network.inputs.length);
    network.changeStart.push(network.changes.length);
    network.rates.push(rate);
    network.rateParameter.push(-1);
    network.labels.push(`${written[input]} -${short(rate, 3)},${written[catalyst]}-> ${written[output]}`);
  });
  return network;
}

/** Rates of one network, N × N × N; those where nothing happens are 0. */
export function ratesOf({ rates, size }, member) {
  return rates.subarray(member * size ** 3, (member + 1) * size ** 3);
}

/** Send a message to the kernel; false where that has gone: JupyterLab throws then, before it says so otherwise. */
export function send(model, content) {
  try {
    model.send(content);
    return true;
  } catch {
    return false;
  }
}

/**
 * The models that references such as "IPY_MODEL_…" name, for handing something on within the page. `send(event, …)`
 * triggers an event at each that exists; one that has been closed is passed over.
 */
export class Relay {
  #manager;
  #models = new Map();

  constructor(manager) {
    this.#manager = manager;
  }

  send(references, event, ...details) {
    for (const reference of references) {
      const model = this.#model(reference);
      if (model?.comm_live) model.trigger(event, ...details);
    }
  }

  /** Look for models, so that they miss nothing once they are there. */
  find(references) {
    for (const reference of references) this.#model(reference);
  }

  /** Whether a model still has its other end in the kernel; true while it is looked for. */
  lives(reference) {
    return this.#model(reference)?.comm_live ?? true;
  }

  /** The model where it is there already; it is looked for once, and misses what is sent until it is found. */
  #model(reference) {
    if (!this.#models.has(reference)) {
      this.#models.set(reference, null);
      const found = (model) => this.#models.set(reference, model);
      const id = reference.replace(/^IPY_MODEL_/, "");
      Promise.resolve(this.#manager.get_model(id)).then(found, () => this.#models.delete(reference));
    }
    return this.#models.get(reference);
  }
}
