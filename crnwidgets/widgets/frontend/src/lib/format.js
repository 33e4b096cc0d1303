// Numbers for people: short enough to read, round enough to write into rules.

/** A number with at most so many significant digits, in powers of ten where it would be long. */
export function short(value, digits = 4) {
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e-3 && size < 1e5) return String(Number(value.toPrecision(digits)));
  return value.toExponential(digits - 2).replace(/\.?0+e/, "e").replace("e+", "e");
}

/** The power of ten at or below a length: values a pixel apart need no finer steps. */
export const decimalStep = (length) => 10 ** Math.floor(Math.log10(length));

/** The largest 1, 2 or 5 times a power of ten that is not above a length. */
export function niceStep(length) {
  const decade = decimalStep(length);
  return [5, 2, 1].find((factor) => factor * decade <= length * 1.000001) * decade;
}

/** The multiple of `step` nearest to a value, without the dust of binary fractions. */
export const roundTo = (value, step) => Number((Math.round(value / step) * step).toPrecision(12));
