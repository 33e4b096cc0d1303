// What chambers do, for the views of it: solved anew when a number changes, painted at most once a frame.
import { Pace } from "../lib/pace.js";
import { Solver } from "../plot/solver.js";
import { PlotState } from "../plot/state.js";
import { Look } from "./look.js";

const POINTS = 301;
const TOLERANCE = 1e-6;
// Of the page's time; only what moves by itself is held back by it.
const SHARE = 0.12;

/**
 * The course of the chambers of a model. `build()` is called when there are other species or chambers, `paint(fresh)` in
 * a frame after any change, `fresh` where there is another trajectory; it returns whether something moves by itself.
 */
export class Course {
  #solver;
  #pace;
  #stale = true;
  #fresh = true;

  constructor(model, root, { build, paint }) {
    this.state = new PlotState(
      model,
      (what) => {
        if (what === "species") {
          this.#solver.reset();
          build();
        }
        if (!["hidden", "chamber", "reference"].includes(what)) this.#stale = true;
        this.schedule();
      },
      root,
    );
    this.look = new Look(model, root, () => this.schedule());
    this.#solver = new Solver(model, this.state, () => {
      this.#fresh = true;
      this.schedule();
    });
    this.#pace = new Pace(
      SHARE,
      () => {
        if (this.#stale) this.#solve();
        const moves = paint(this.#fresh);
        this.#fresh = false;
        if (moves) this.schedule();
      },
      root,
    );
  }

  get network() {
    return this.state.network;
  }

  /** How many chambers there are. */
  get count() {
    return this.network.chambers.count;
  }

  /** The index of the species chosen. */
  get chosen() {
    return Math.max(0, this.network.species.indexOf(this.look.chosen));
  }

  /** The moment looked at, within the time span. */
  get time() {
    return Math.min(this.look.time, this.state.duration);
  }

  /** What is to be said of the trajectory: `{ text, harmless }`. */
  get status() {
    return this.#solver.status;
  }

  /** The last moment there is a trajectory for. */
  get end() {
    return this.#solver.trajectory.times.at(-1) ?? 0;
  }

  /** The highest sum of the concentrations of some species in one chamber, ever. */
  highest(species) {
    const { times, concentrations } = this.#solver.trajectory;
    const size = this.network.species.length;
    let top = 0;
    for (let c = 0; c < this.count; c++) {
      const rows = species.map((s) => concentrations[c * size + s]);
      for (let i = 0; i < times.length; i++) top = Math.max(top, rows.reduce((sum, row) => sum + row[i], 0));
    }
    return top;
  }

  /** What tells the concentration of (chamber, species) at a moment; of the two at a jump, that after it. */
  at(time) {
    const { times, concentrations } = this.#solver.trajectory;
    const size = this.network.species.length;
    if (!times.length) return () => 0;
    let [low, high] = [0, times.length - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (times[middle] <= time) low = middle;
      else high = middle - 1;
    }
    const next = Math.min(low + 1, times.length - 1);
    const span = times[next] - times[low];
    const part = span > 0 ? Math.max(0, time - times[low]) / span : 0;
    return (chamber, species) => {
      const row = concentrations[chamber * size + species];
      return row[low] + part * (row[next] - row[low]);
    };
  }

  /** The hand has changed a number. */
  changed() {
    this.#stale = true;
    this.schedule();
  }

  /** Paint in the next frame. */
  schedule() {
    this.#pace.now();
  }

  close() {
    this.#pace.close();
    this.#solver.close();
    this.look.close();
    this.state.close();
  }

  #solve() {
    this.#stale = false;
    if (this.#solver.solve(POINTS, TOLERANCE)) this.#fresh = true;
    this.state.setStatus(this.#solver.status.text);
  }
}
