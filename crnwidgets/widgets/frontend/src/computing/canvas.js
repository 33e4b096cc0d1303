// What is painted on a canvas, and when.
import { followTheme } from "../lib/theme.js";

/**
 * Call `changed(width)`, in whole CSS pixels, when a canvas is in the page, and so has colours, when its width changes,
 * and when the page takes on another theme. Returns what ends that.
 */
export function followCanvas(canvas, changed) {
  let width = 0;
  const observer = new ResizeObserver(([{ contentRect }]) => {
    if (!contentRect.width) return; // out of the page
    width = Math.floor(contentRect.width);
    changed(width);
  });
  observer.observe(canvas);
  const leaveTheme = followTheme(() => changed(width));
  return () => {
    observer.disconnect();
    leaveTheme();
  };
}

/** Give a canvas a size in CSS pixels, as fine as the screen is; returns its context, with nothing painted. */
export function resize(canvas, width, height) {
  const ratio = globalThis.devicePixelRatio;
  const [across, down] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== across || canvas.height !== down) Object.assign(canvas, { width: across, height: down });
  canvas.style.height = `${height}px`;
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return context;
}

/** Add a cross to a path, around a point. */
export function cross(path, x, y, half) {
  path.moveTo(x - half, y - half);
  path.lineTo(x + half, y + half);
  path.moveTo(x - half, y + half);
  path.lineTo(x + half, y - half);
}

/** Red, green and blue of any CSS colour. */
export function channels(color) {
  const context = new OffscreenCanvas(1, 1).getContext("2d");
  context.fillStyle = color.trim();
  context.fillRect(0, 0, 1, 1);
  return [...context.getImageData(0, 0, 1, 1).data].slice(0, 3);
}
