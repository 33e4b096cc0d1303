// One network run from many starts, a slice at a time so that the page stays at hand.
import { integrate } from "../lib/integrate.js";

const POINTS = 101; // of each run, enough to play it
const TOLERANCE = 1e-5;

/** The time at a place of a run, from 0 to 1: the later the faster, because most happens at first. */
export const timeAt = (place, duration) => duration * place ** 3;

/**
 * Runs of a network from `count` starts for a `duration`.
 *
 * Arguments: `network` from `decode`; `shown`, the species (indices) to be kept; `start(initial, i)` changes the initial
 * concentrations of the network into those of case i; `order`, in which the cases are run; `enough`, of how many of them
 * one sees what there is to see.
 */
export class Cases {
  #network;
  #times;
  #shown;
  #start;
  #order;
  #enough;
  #next = 0;
  #rows;

  /** Why a run could not be made; "" while all could. */
  problem = "";

  constructor(network, shown, { duration, count, start, order = [...Array(count).keys()], enough = count }) {
    this.#network = network;
    this.#times = Float64Array.from({ length: POINTS }, (_, i) => timeAt(i / (POINTS - 1), duration));
    this.#shown = shown;
    this.#start = start;
    this.#order = order;
    this.#enough = enough;
    this.#rows = new Array(count).fill(null);
  }

  get finished() {
    return this.#next === this.#order.length;
  }

  /** Whether there is enough to see. */
  get presentable() {
    return this.#next >= this.#enough;
  }

  /** Go on for so many milliseconds. */
  work(milliseconds) {
    const until = performance.now() + milliseconds;
    while (!this.finished && performance.now() < until) this.#run(this.#order[this.#next++]);
  }

  #run(i) {
    const initial = Float64Array.from(this.#network.initial);
    this.#start(initial, i);
    const settings = { initial, events: [], relativeTolerance: TOLERANCE };
    const { concentrations, problem } = integrate(this.#network, this.#times, settings);
    if (problem) this.problem = problem.message;
    else this.#rows[i] = this.#shown.map((species) => Float32Array.from(concentrations[species]));
  }

  /** Whether there is a run of case i. */
  has(i) {
    return this.#rows[i] !== null;
  }

  /** The concentration of the k-th of the species shown, in case i, at a place of the run. */
  value(i, k, place) {
    return between(this.#rows[i][k], place);
  }
}

/** A value between those at even steps, at a place from 0, the first, to 1, the last. */
function between(values, place) {
  const steps = place * (values.length - 1);
  const before = Math.min(Math.floor(steps), values.length - 2);
  return values[before] + (steps - before) * (values[before + 1] - values[before]);
}
