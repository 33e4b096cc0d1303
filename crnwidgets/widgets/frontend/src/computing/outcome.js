// The map of a decision: which starts there are, in which order they are run, and who won.

/** The species along the sides of the map. */
export const SPECIES = ["A", "B"];
/** Cells of the map along each side. */
export const SIDE = 41;
const COARSEST = 8;
/** Of how many cells, the first in their order, one sees who wins where: every fourth of every fourth row. */
export const ENOUGH = Math.ceil(SIDE / 4) ** 2;
// Of all there is; nearer than that nobody is ahead.
const LEAD = 1e-3;

/** The initial concentration that a cell stands for, from 0 in the middle of the first to 1 in that of the last. */
export const valueOf = (cell) => cell / (SIDE - 1);

/** The cell nearest to a concentration. */
export const cellOf = (value) => Math.min(SIDE - 1, Math.max(0, Math.round(value * (SIDE - 1))));

/** Where a concentration is, as a share of the map's width. */
export const shareOf = (value) => (value * (SIDE - 1) + 0.5) / SIDE;

/** All cells (row × SIDE + column), a few everywhere first. */
export function coarseToFine() {
  const cells = Array.from({ length: SIDE * SIDE }, (_, i) => i);
  const level = (i) => {
    let step = COARSEST;
    while ((i % SIDE) % step || Math.floor(i / SIDE) % step) step /= 2;
    return step;
  };
  return cells.sort((a, b) => level(b) - level(a) || a - b);
}

/** The cell that stands for another one while that has not been run: itself, or the nearest coarser one that has. */
export function standIn(cell, has) {
  for (let step = 1; step <= COARSEST; step *= 2) {
    const column = cell % SIDE;
    const row = Math.floor(cell / SIDE);
    const coarser = (row - (row % step)) * SIDE + column - (column % step);
    if (has(coarser)) return coarser;
  }
  return null;
}

/** From −1, all B, to 1, all A: the lead of A over B as a share of what there was at first. */
export const lead = (a, b, a0, b0) => (a0 + b0 > 0 ? Math.max(-1, Math.min(1, (a - b) / (a0 + b0))) : 0);

/** Whether who leads had more at first: true, false, or null for a tie at first or now. */
export function right(outcome, a0, b0) {
  if (Math.abs(a0 - b0) < 1e-9 || Math.abs(outcome) < LEAD) return null;
  return outcome > 0 === a0 > b0;
}
