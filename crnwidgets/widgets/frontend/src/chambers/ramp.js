// Colours for numbers: from dark to light all the way, so that they keep their order without colour and in any theme.

// Viridis, by S. van der Walt and N. Smith (CC0), at even steps.
const STOPS = [
  [68, 1, 84],
  [72, 40, 120],
  [62, 74, 137],
  [49, 104, 142],
  [38, 130, 142],
  [31, 158, 137],
  [53, 183, 121],
  [110, 206, 88],
  [181, 222, 43],
  [253, 231, 37],
];

const COLORS = Array.from({ length: 256 }, (_, i) => {
  const place = (i / 255) * (STOPS.length - 1);
  const below = Math.min(Math.floor(place), STOPS.length - 2);
  return STOPS[below].map((value, k) => Math.round(value + (place - below) * (STOPS[below + 1][k] - value)));
});

/** Red, green and blue for a share from 0 to 1. */
export const rampAt = (share) => COLORS[Math.round(255 * Math.max(0, Math.min(1, share)))];

/** The ramp as a background, from left to right. */
export const RAMP = `linear-gradient(to right, ${STOPS.map((stop) => `rgb(${stop})`).join(", ")})`;
