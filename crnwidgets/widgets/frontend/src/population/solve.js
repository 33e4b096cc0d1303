import { applyEvent } from "../lib/network.js";

// The method of the training's own solver, Runge and Kutta's of order 4 with fixed steps, for networks of its form alone.
// `lib/integrate.js`, which takes any network and looks after its errors, would need ten times as long for forty.

/**
 * The concentrations of a network at `points` even times from 0, one row a species.
 *
 * Arguments: `rates`, N × N × N, catalyst before input before output, as in a frame; `start`, N; `step`, its length, and
 * `substeps`, how many of them from each time to the next; `events` as in a network that `decode` gives, each of which
 * happens at the nearest step.
 */
export function solve(rates, start, points, step, substeps, events = []) {
  const size = start.length;
  const network = reactions(rates, size);
  const rows = Array.from(start, () => new Float64Array(points));
  const x = Float64Array.from(start);
  const [stage, k1, k2, k3, k4] = Array.from({ length: 5 }, () => new Float64Array(size));
  const due = events.map((event) => ({ event, at: Math.round(event.time / step) }));
  let next = 0;
  for (let point = 0; ; point++) {
    for (let i = 0; i < size; i++) rows[i][point] = x[i];
    if (point === points - 1) return rows;
    for (let s = 0; s < substeps; s++) {
      for (; next < due.length && due[next].at <= point * substeps + s; next++) {
        const { event } = due[next];
        x[event.species] = applyEvent(event, x[event.species]);
      }
      slope(network, x, k1);
      move(x, step / 2, k1, stage);
      slope(network, stage, k2);
      move(x, step / 2, k2, stage);
      slope(network, stage, k3);
      move(x, step, k3, stage);
      slope(network, stage, k4);
      for (let i = 0; i < size; i++) x[i] += (step / 6) * (k1[i] + 2 * k2[i] + 2 * k3[i] + k4[i]);
    }
  }
}

/** What reacts: rates, and the places of catalyst, input and output. */
function reactions(rates, size) {
  const places = [...rates.keys()].filter((place) => rates[place] > 0);
  const numbers = (of) => Int32Array.from(places, of);
  return {
    k: Float64Array.from(places, (place) => rates[place]),
    catalyst: numbers((place) => Math.floor(place / size ** 2)),
    input: numbers((place) => Math.floor(place / size) % size),
    output: numbers((place) => place % size),
  };
}

function slope({ k, catalyst, input, output }, x, dx) {
  for (let i = 0; i < dx.length; i++) dx[i] = 0;
  for (let r = 0; r < k.length; r++) {
    const from = input[r];
    const to = output[r];
    const flux = k[r] * x[catalyst[r]] * x[from];
    dx[from] -= flux;
    dx[to] += flux;
  }
}

function move(x, step, dx, stage) {
  for (let i = 0; i < x.length; i++) stage[i] = x[i] + step * dx[i];
}
