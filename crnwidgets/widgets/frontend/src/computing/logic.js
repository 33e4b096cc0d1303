// Dual rail: a number 0 or 1 as two concentrations.

/** The digits of row r of a table of so many inputs, the last changing fastest. */
export const digitsOf = (row, inputs) => Array.from({ length: inputs }, (_, i) => (row >> (inputs - 1 - i)) & 1);

/** The row of a table that has these digits. */
export const rowOf = (digits) => digits.reduce((row, digit) => 2 * row + digit, 0);

/** The number that two concentrations stand for: 0, 1, or null where they are too far from both. */
export function reading(high, low, tolerance) {
  const is = (digit) => Math.abs(high - digit) <= tolerance && Math.abs(low - 1 + digit) <= tolerance;
  return is(1) ? 1 : is(0) ? 0 : null;
}
