// The curve of each network of a population, computed from the rates of a frame.
import { ratesOf } from "../lib/frames.js";
import { Glide } from "../lib/glide.js";
import { uniformTimes } from "../lib/integrate.js";
import { decodeEvents } from "../lib/network.js";
import { solve } from "./solve.js";

// Milliseconds that a frame may take; networks that wait are first in the next one.
const PATIENCE = 8;

/**
 * The curves of `count` networks. `times` are where they are known; the rows of `rows(member)` are those of the outputs,
 * empty while the network has not come yet.
 */
export class Curves {
  #outputs;
  #events;
  #glides;
  #times;
  #known;
  #interval;
  #step;
  #next = 0;

  constructor(about, count, duration, points) {
    this.#outputs = about.outputs;
    this.#events = decodeEvents(about.events);
    this.#times = uniformTimes(duration, points);
    this.#glides = Array.from({ length: count }, () => new Glide());
    this.#known = Array(count).fill(null);
    this.#interval = duration / (points - 1);
    this.#step = about.duration / about.steps;
  }

  get times() {
    return this.#times;
  }

  rows(member) {
    return this.#glides[member].rows;
  }

  /**
   * Set out for the networks of a frame at the time `now`; what would move by less than `least` is there at once.
   * Returns false where some networks wait, and the same frame is to be taken again unless another one comes.
   */
  take(frame, now, least) {
    const kMin = Math.fround(frame.settings.k_min); // Python compares single precision too
    const count = this.#glides.length;
    const started = performance.now();
    for (let done = 1; done <= count; done++) {
      const member = this.#next;
      this.#next = (member + 1) % count;
      if (frame.known[member]) this.#compute(frame, member, kMin, now, least);
      if (performance.now() - started > PATIENCE) return done === count;
    }
    return true;
  }

  /** Go on to the time `now`; false once all are there. */
  move(now) {
    // All of them, whatever the first ones say.
    return this.#glides.filter((glide) => glide.at(now)).length > 0;
  }

  /**
   * How many steps to make from each time to the next: twice as long as the training's, which for an eye is exact enough,
   * but where much reacts no longer than the method can follow: rates are at most 1.
   */
  #substeps(start) {
    const total = start.reduce((sum, value) => sum + value, 0);
    const longest = Math.min(2 * this.#step, Math.max(this.#step, 2 / total));
    return Math.max(1, Math.ceil(this.#interval / longest - 1e-9));
  }

  #compute(frame, member, kMin, now, least) {
    const { size } = frame;
    const rates = ratesOf(frame, member).map((rate) => (rate >= kMin ? rate : 0));
    const start = frame.initial.subarray(member * size, (member + 1) * size);
    const known = this.#known[member];
    if (known && same(known.rates, rates) && same(known.start, start)) return;
    this.#known[member] = { rates, start };
    const substeps = this.#substeps(start);
    const all = solve(rates, start, this.#times.length, this.#interval / substeps, substeps, this.#events);
    const rows = this.#outputs.map((species) => all[species]);
    if (farthest(this.rows(member), rows) >= least) this.#glides[member].to(rows, now);
    else this.#glides[member].jump(rows);
  }
}

const same = (one, other) => one.every((value, i) => value === other[i]);

/** The largest distance between two sets of rows; infinite where one of them is longer. */
export function farthest(before, after) {
  if (before.length !== after.length) return Infinity;
  let most = 0;
  for (let i = 0; i < after.length; i++) {
    if (before[i].length !== after[i].length) return Infinity;
    for (let j = 0; j < after[i].length; j++) most = Math.max(most, Math.abs(after[i][j] - before[i][j]));
  }
  return most;
}

