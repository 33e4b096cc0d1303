// Binary numbers that dual-rail bits stand for.

// So near to where the code changes either code will do.
const NEAR = 1 / 128;

/** The bits of a number from 0 to 1, rounded down to so many binary places, the most significant first. */
export function codeOf(x, bits) {
  const number = Math.min(2 ** bits - 1, Math.floor(x * 2 ** bits));
  return number.toString(2).padStart(bits, "0");
}

/** Whether a number is where its code changes, or very near. */
export function nearChange(x, bits) {
  const change = Math.round(x * 2 ** bits) / 2 ** bits;
  return change > 0 && change < 1 && Math.abs(x - change) < NEAR;
}

/** The bits that pairs of concentrations stand for: 1 where the first is above the second. */
export function readBits(levels) {
  return Array.from({ length: levels.length / 2 }, (_, i) => Number(levels[2 * i] > levels[2 * i + 1])).join("");
}
