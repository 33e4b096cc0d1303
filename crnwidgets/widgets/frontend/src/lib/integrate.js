// Mass-action dynamics in the browser: Dormand and Prince's pair of orders 5 and 4 with its dense output (Hairer,
// Nørsett and Wanner, "Solving Ordinary Differential Equations I", sections II.4 to II.6), on typed arrays.
import { applyEvent } from "./network.js";

const MAX_STEPS = 10_000;
// Multiplications a call may cost before the page would stutter: some 30 ms.
const MAX_WORK = 2e7;
// A network for which the budget allows fewer steps than this is not even tried.
const FEW_STEPS = 300;

/** `points` equal steps from 0 to `duration`, both ends included. */
export function uniformTimes(duration, points) {
  const times = new Float64Array(points);
  for (let i = 0; i < points; i++) times[i] = i === points - 1 ? duration : (i * duration) / (points - 1);
  return times;
}

/**
 * The concentrations of a network over time.
 *
 * Arguments: `network` from `decode`; `times`, ascending and ≥ 0, the last one is the end; `initial`, `rates` (one a
 * reaction) and `events` stand in for those of the network.
 * Returns `times`: those asked for and, for each intervention, two equal ones (just before, just after), so that a jump
 * is drawn upright; `concentrations`: one array a species, never negative; `eventLevels`: what each intervention left
 * behind, NaN where it was not reached; `steps`; `problem`: null, or its `kind` ("stiff", "large", "blow-up" or
 * "number") and a `message`, for a blow-up also `time` and `species` (its index); the arrays then end where the
 * integration did.
 */
export function integrate(network, times, settings = {}) {
  const { initial = network.initial, rates = network.rates, events = network.events } = settings;
  const { relativeTolerance = 1e-7, maxSteps = MAX_STEPS, maxWork = MAX_WORK } = settings;
  const { species, inputs, inputStart, changes, amounts, changeStart } = network;
  const size = species.length;
  const reactionCount = rates.length;
  const end = times[times.length - 1];

  const order = events.map((_, i) => i).filter((i) => events[i].time <= end);
  order.sort((a, b) => events[a].time - events[b].time || a - b);
  const capacity = times.length + 2 * order.length;
  const outTimes = new Float64Array(capacity);
  const out = Array.from({ length: size }, () => new Float64Array(capacity));
  const eventLevels = new Float64Array(events.length).fill(NaN);

  let y = Float64Array.from(initial);
  let next = new Float64Array(size);
  let k1 = new Float64Array(size);
  let k7 = new Float64Array(size);
  const [k2, k3, k4, k5, k6, stage, c2, c3, c4, c5] = Array.from({ length: 10 }, () => new Float64Array(size));

  // The unit of concentration is the user's, so "negligible" is measured by the largest amount the network is given.
  let scale = 0;
  for (let i = 0; i < size; i++) scale = Math.max(scale, y[i]);
  for (const i of order) scale = Math.max(scale, events[i].amount);
  const absoluteTolerance = relativeTolerance * 1e-5 * (scale || 1);

  let filled = 0; // output points written
  let grid = 0; // the next of `times` to be written
  let t = 0;
  let step = 0; // the length of the next step; 0: to be guessed
  let steps = 0;
  let previousError = 1e-4;
  let problem = null;

  function derivative(x, dx) {
    dx.fill(0);
    for (let r = 0; r < reactionCount; r++) {
      let flux = rates[r];
      for (let p = inputStart[r]; p < inputStart[r + 1]; p++) flux *= x[inputs[p]];
      for (let p = changeStart[r]; p < changeStart[r + 1]; p++) dx[changes[p]] += amounts[p] * flux;
    }
  }

  function put(time) {
    outTimes[filled] = time;
    for (let i = 0; i < size; i++) out[i][filled] = y[i];
    filled++;
  }

  /** A first step over which the solution changes by about a hundredth of itself. */
  function firstStep(span) {
    let level = 0;
    let slope = 0;
    for (let i = 0; i < size; i++) {
      const weight = absoluteTolerance + relativeTolerance * y[i];
      level = Math.max(level, y[i] / weight);
      slope = Math.max(slope, Math.abs(k1[i]) / weight);
    }
    return Math.min(span, slope > 0 ? (0.01 * Math.max(level, 1)) / slope : span);
  }

  /** One trial of length h from y: leaves stages in k2 … k7 and the result in `next`; its error in tolerances. */
  function attempt(h) {
    for (let i = 0; i < size; i++) stage[i] = y[i] + h * 0.2 * k1[i];
    derivative(stage, k2);
    for (let i = 0; i < size; i++) stage[i] = y[i] + h * ((3 / 40) * k1[i] + (9 / 40) * k2[i]);
    derivative(stage, k3);
    for (let i = 0; i < size; i++) {
      stage[i] = y[i] + h * ((44 / 45) * k1[i] - (56 / 15) * k2[i] + (32 / 9) * k3[i]);
    }
    derivative(stage, k4);
    for (let i = 0; i < size; i++) {
      stage[i] =
        y[i] +
        h * ((19372 / 6561) * k1[i] - (25360 / 2187) * k2[i] + (64448 / 6561) * k3[i] - (212 / 729) * k4[i]);
    }
    derivative(stage, k5);
    for (let i = 0; i < size; i++) {
      stage[i] =
        y[i] +
        h *
          ((9017 / 3168) * k1[i] -
            (355 / 33) * k2[i] +
            (46732 / 5247) * k3[i] +
            (49 / 176) * k4[i] -
            (5103 / 18656) * k5[i]);
    }
    derivative(stage, k6);
    for (let i = 0; i < size; i++) {
      next[i] =
        y[i] +
        h *
          ((35 / 384) * k1[i] +
            (500 / 1113) * k3[i] +
            (125 / 192) * k4[i] -
            (2187 / 6784) * k5[i] +
            (11 / 84) * k6[i]);
    }
    derivative(next, k7);
    let error = 0;
    for (let i = 0; i < size; i++) {
      const weight = absoluteTolerance + relativeTolerance * Math.max(y[i], Math.abs(next[i]));
      const lack =
        h *
        ((71 / 57600) * k1[i] -
          (71 / 16695) * k3[i] +
          (71 / 1920) * k4[i] -
          (17253 / 339200) * k5[i] +
          (22 / 525) * k6[i] -
          (1 / 40) * k7[i]);
      const ratio = Math.abs(lack) / weight;
      // A plain maximum would lose NaN. And no true solution is negative: one that is beyond the tolerance is wrong.
      if (!(ratio <= error)) error = ratio;
      if (next[i] < -10 * weight) error = Math.max(error, 100);
      if (error !== error) return NaN;
    }
    return error;
  }

  /** Write the points of the grid within the accepted step of length h, up to `until` but none at `stop` itself. */
  function interpolate(h, until, stop) {
    let prepared = false;
    while (grid < times.length && times[grid] <= until && times[grid] < stop) {
      if (!prepared) {
        prepared = true;
        for (let i = 0; i < size; i++) {
          const rise = next[i] - y[i];
          c2[i] = rise;
          c3[i] = h * k1[i] - rise;
          c4[i] = rise - h * k7[i] - c3[i];
          c5[i] =
            h *
            ((-12715105075 / 11282082432) * k1[i] +
              (87487479700 / 32700410799) * k3[i] -
              (10690763975 / 1880347072) * k4[i] +
              (701980252875 / 199316789632) * k5[i] -
              (1453857185 / 822651844) * k6[i] +
              (69997945 / 29380423) * k7[i]);
        }
      }
      const u = (times[grid] - t) / h;
      const v = 1 - u;
      outTimes[filled] = times[grid];
      for (let i = 0; i < size; i++) {
        const value = y[i] + u * (c2[i] + v * (c3[i] + u * (c4[i] + v * c5[i])));
        out[i][filled] = value > 0 ? value : 0;
      }
      filled++;
      grid++;
    }
  }

  /** Integrate from t to `stop`, writing the points in between; false when it cannot be done. */
  function advance(stop) {
    if (stop <= t) return true;
    derivative(y, k1);
    if (!(step > 0)) step = firstStep(stop - t);
    let rejected = false;
    while (t < stop) {
      if (steps++ >= stepLimit) {
        problem = stepLimit < maxSteps ? large() : stiff();
        return false;
      }
      const last = t + 1.01 * step >= stop;
      const h = last ? stop - t : step;
      if (t + 0.1 * h === t) {
        problem = grown(t) ?? stiff();
        return false;
      }
      const error = attempt(h);
      if (!(error <= 1)) {
        step = h * (error < Infinity ? Math.max(0.2, 0.9 * error ** -0.17) : 0.1);
        rejected = true;
        continue;
      }
      const factor = Math.min(10, Math.max(0.2, (0.9 * previousError ** 0.04) / Math.max(error, 1e-10) ** 0.17));
      const until = last ? stop : t + h;
      interpolate(h, until, stop);
      t = until;
      // A step cut short by an event tells nothing about the length of the next one, unless it had to be as short.
      const proposed = h * (rejected ? Math.min(1, factor) : factor);
      step = last ? Math.max(step, proposed) : proposed;
      previousError = Math.max(error, 1e-4);
      rejected = false;
      [y, next] = [next, y];
      [k1, k7] = [k7, k1];
      let clipped = false;
      for (let i = 0; i < size; i++) {
        if (y[i] < 0) {
          y[i] = 0;
          clipped = true;
        }
      }
      if (clipped) derivative(y, k1);
    }
    return true;
  }

  const stiff = () => ({
    kind: "stiff",
    message: "Fast and slow reactions together (a stiff network) take too many steps for the browser.",
  });
  const large = () => ({ kind: "large", message: `${reactionCount} reactions are too many to follow in the browser.` });
  function grown(time) {
    let top = 0;
    for (let i = 0; i < size; i++) if (y[i] > y[top]) top = i;
    if (!(y[top] > 1e6 * (scale || 1))) return null;
    const message = `${species[top]} grows beyond all bounds near time ${Number(time.toPrecision(4))}.`;
    return { kind: "blow-up", time, species: top, message };
  }
  const finished = () => ({
    times: outTimes.subarray(0, filled),
    concentrations: out.map((values) => values.subarray(0, filled)),
    eventLevels,
    steps,
    problem,
  });

  if (![...y, ...rates, end].every((value) => Number.isFinite(value) && value >= 0)) {
    problem = { kind: "number", message: "Concentrations, rates and times must be finite and not negative." };
    return finished();
  }
  const stepCost = 6 * (inputs.length + changes.length + 2 * reactionCount) + 40 * size;
  const stepLimit = Math.min(maxSteps, Math.floor(maxWork / stepCost));
  if (stepLimit < Math.min(FEW_STEPS, maxSteps)) {
    problem = large();
    return finished();
  }

  for (let e = 0; e <= order.length; ) {
    const stop = e < order.length ? events[order[e]].time : end;
    if (!advance(stop)) return finished();
    if (e < order.length) {
      put(stop);
      for (; e < order.length && events[order[e]].time === stop; e++) {
        const event = events[order[e]];
        y[event.species] = applyEvent(event, y[event.species]);
        eventLevels[order[e]] = y[event.species];
      }
      put(stop);
      while (grid < times.length && times[grid] <= stop) grid++;
    } else {
      if (grid < times.length) put(stop);
      e++;
    }
  }
  return finished();
}
