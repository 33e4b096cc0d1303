// Pictures of numbers: inputs in ink on paper, weights from dark over grey to light.
import { channels } from "../computing/canvas.js";

/** Red, green and blue of paper and ink in the theme of an element. */
export function inkColors(node) {
  const style = getComputedStyle(node);
  return ["--crn-background", "--crn-text"].map((name) => channels(style.getPropertyValue(name)));
}

/** Paint values from 0 to `full`, one for each pixel of a canvas, from the first colour to the second. */
export function paintGrey(canvas, values, full, [paper, ink]) {
  const context = canvas.getContext("2d");
  const image = context.createImageData(canvas.width, canvas.height);
  for (let i = 0; i < values.length; i++) {
    const share = Math.min(1, Math.max(0, values[i] / full));
    for (let c = 0; c < 3; c++) image.data[4 * i + c] = paper[c] + share * (ink[c] - paper[c]);
    image.data[4 * i + 3] = 255;
  }
  context.putImageData(image, 0, 0);
}

const BLACK = [0, 0, 0];
const WHITE = [255, 255, 255];

/** Paint a square of values of both signs: 0 is grey, and the largest of them white, or black if negative. */
export function paintSigned(canvas, values, side) {
  Object.assign(canvas, { width: side, height: side });
  let largest = 0;
  for (const value of values) largest = Math.max(largest, Math.abs(value));
  paintGrey(canvas, Array.from(values, (value) => largest + value), 2 * largest || 1, [BLACK, WHITE]);
}
