// Losses as colours: from orange, no better than a level line, over grey to blue, the best network so far.

// Each stands out against JupyterLab's white and near-black, and the ends differ to people without red or green cones.
const STOPS = [
  [217, 95, 2],
  [138, 134, 130],
  [31, 120, 209],
];
const LEVELS = 24;
// Between the ends there is at least this factor: at first the best network is hardly better than the others.
const RANGE = 10;

/** The loss that is as bad as no dynamics at all: the variance of the target. */
export function flatLoss(target) {
  const mean = target.reduce((sum, value) => sum + value, 0) / target.length;
  return target.reduce((sum, value) => sum + (value - mean) ** 2, 0) / target.length;
}

/** The losses at the two ends of the colours, `worst` and the `best` so far. */
export const ends = (worst, best) => [worst, Math.min(worst / RANGE, Math.max(best, worst * 1e-6))];

/** The level of a loss, 0 to 23, higher is better, on a logarithmic scale between the ends. */
export function lossLevel(loss, [worst, best]) {
  if (!(loss < worst)) return 0;
  const share = Math.log(worst / Math.max(loss, best)) / Math.log(worst / best);
  return Math.round(share * (LEVELS - 1));
}

/** The colour of each level, as "rgb(…)". */
export const LEVEL_COLORS = Array.from({ length: LEVELS }, (_, level) => {
  const place = (level / (LEVELS - 1)) * (STOPS.length - 1);
  const i = Math.min(Math.floor(place), STOPS.length - 2);
  return `rgb(${STOPS[i].map((from, c) => Math.round(from + (place - i) * (STOPS[i + 1][c] - from))).join(" ")})`;
});
