// The trajectory of what a view shows: integrated here where that can be done, else by Python.
import { integrate, uniformTimes } from "../lib/integrate.js";
import { Remote } from "./remote.js";

const NOTHING = { times: [], concentrations: [], eventLevels: [], problem: null };

/** Keeps the trajectory of a `PlotState`, of all its chambers; `answered(trajectory)` is called when Python sends one. */
export class Solver {
  #state;
  #remote;
  #asked = false;
  #partial = NOTHING; // how far the browser came where it gave up

  /** The last trajectory: `times`, `concentrations`, `eventLevels` and `problem`, as `integrate` has them. */
  trajectory = NOTHING;
  /** What is to be said: `{ text, harmless }`. */
  status = { text: "", harmless: true };

  constructor(model, state, answered) {
    this.#state = state;
    this.#remote = new Remote(model, (answer, network) => {
      if (!this.#asked || network !== state.whole) return;
      answered(this.#accept(answer.problem ? { ...this.#partial, problem: answer.problem } : answer));
    });
  }

  /** Forget the trajectory, which was that of other species. */
  reset() {
    this.trajectory = NOTHING;
  }

  /** Solve anew; returns the trajectory to show, or null where only Python can tell and an earlier one is nearer to it. */
  solve(points, relativeTolerance) {
    const { system } = this.#state;
    const result = integrate(system.network, uniformTimes(system.duration, points), { ...system, relativeTolerance });
    this.#asked = result.problem?.kind === "stiff" || result.problem?.kind === "large";
    if (!this.#asked) {
      this.#remote.forget();
      return this.#accept(result);
    }
    this.#remote.ask(system);
    this.#partial = result;
    // What Python last said of a failure stays until it says something else.
    if (this.trajectory.problem?.kind !== "python") this.#reportPython();
    if (this.trajectory.times.length) return null;
    this.trajectory = result;
    return result;
  }

  close() {
    this.#remote.close();
  }

  #accept(trajectory) {
    this.trajectory = trajectory;
    if (!trajectory.problem && this.#asked) this.#reportPython();
    else this.status = { text: trajectory.problem?.message ?? "", harmless: false };
    return trajectory;
  }

  #reportPython() {
    this.status = { text: `${this.#partial.problem.message} Python computes it.`, harmless: true };
  }
}
