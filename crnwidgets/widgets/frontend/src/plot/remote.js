// Trajectories that only Python can compute: one request at a time, and of those that wait only the latest.
import { OPERATIONS } from "../lib/network.js";

const NO_KERNEL = "Only a notebook with a running kernel can compute this network.";

/** The numbers in a DataView; copied, for it need not start where floats may. */
const floats = (view) => new Float32Array(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));

/**
 * Asks Python through the model's custom messages. `answered(trajectory, network)` gets `times`, `concentrations`
 * and `eventLevels` as `integrate` gives them, or only `problem`, and the network that was asked about.
 */
export class Remote {
  #model;
  #answered;
  #listener;
  // Each view of a model hears the answers to all of them.
  #prefix = Math.random().toString(36).slice(2);
  #count = 0;
  #asked = null;
  #waiting = null;

  constructor(model, answered) {
    this.#model = model;
    this.#answered = answered;
    this.#listener = (message, buffers) => this.#receive(message, buffers);
    model.on("msg:custom", this.#listener);
  }

  /** Ask for the trajectory of a `PlotState` as it stands now. */
  ask({ network, initial, parameters, events, duration }) {
    const request = {
      type: "simulate",
      initial: Object.fromEntries(network.species.map((name, i) => [name, initial[i]])),
      parameters: Object.fromEntries(network.parameterNames.map((name, i) => [name, parameters[i]])),
      events: events.map((e) => [e.time, network.species[e.species], OPERATIONS[e.operation], e.amount]),
      duration,
    };
    if (this.#asked) this.#waiting = { request, network };
    else this.#post({ request, network });
  }

  /** Forget what waits: the browser can do it itself now. */
  forget() {
    this.#waiting = null;
  }

  close() {
    this.#model.off("msg:custom", this.#listener);
  }

  #post({ request, network }) {
    const id = `${this.#prefix}-${this.#count++}`;
    this.#asked = { id, network, events: request.events };
    this.#model.send({ ...request, id });
  }

  #receive(message, buffers) {
    if (!this.#asked || message?.id !== this.#asked.id) return;
    const { network, events } = this.#asked;
    this.#asked = null;
    if (message.type === "trajectory") this.#answered(trajectory(network, events, buffers), network);
    else this.#answered({ problem: { kind: "python", message: message.message ?? NO_KERNEL } }, network);
    const waiting = this.#waiting;
    this.#waiting = null;
    if (waiting) this.#post(waiting);
  }
}

/** Times and concentrations (one row a species) from their bytes; a time that is there twice is a jump. */
function trajectory(network, events, [timeBytes, concentrationBytes]) {
  const times = floats(timeBytes);
  const all = floats(concentrationBytes);
  const concentrations = network.species.map((_, i) => all.subarray(i * times.length, (i + 1) * times.length));
  const eventLevels = events.map(([time, name]) => {
    const at = times.findLastIndex((t) => t <= Math.fround(time));
    return at < 0 || Math.fround(time) > times.at(-1) ? NaN : concentrations[network.species.indexOf(name)][at];
  });
  return { times, concentrations, eventLevels, problem: null };
}
