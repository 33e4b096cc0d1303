// The evolution of a converter: a row for each input, a column for each species, concentrations in grey.
import { Cases } from "./computing/cases.js";
import { Clock } from "./computing/clock.js";
import { codeOf, nearChange, readBits } from "./computing/code.js";
import { cross, followCanvas, resize } from "./computing/canvas.js";
import { Runs } from "./computing/runs.js";
import { element, region } from "./lib/dom.js";
import { short } from "./lib/format.js";
import { hearing } from "./lib/hearing.js";
import "./bit-raster.css";

const INPUTS = ["X", "Xc"];
const EDGE = { left: 34, right: 62, top: 24, bottom: 8 }; // around the raster, in CSS pixels
const WIDEST = 56; // a column
const HEIGHT = 384;
const STEPS = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

/** Show a `BitRaster` in `el`; returns what takes it down again. */
function render({ model, el }) {
  const columns = model.get("_columns");
  const bits = (columns.length - INPUTS.length) / 2;
  const canvas = element("canvas", "crn-raster");
  const clockPart = element("div");
  const key = element("p", "crn-key", "concentration 0", element("span", "crn-band"), "1; ✗ wrong code");
  const count = element("p", "crn-count");
  const told = element("p", "crn-told");
  const problem = element("p", "crn-problem");
  const words = element("div", "crn-words", key, count, told);
  const root = region("crn-computing crn-bit-raster", "Analogue to binary", problem, canvas, clockPart, words);
  for (const live of [told, count, problem]) live.setAttribute("role", "status");
  canvas.tabIndex = 0;
  canvas.setAttribute("role", "application");
  canvas.setAttribute("aria-label", "Rows of inputs, columns of species: arrow keys move");
  canvas.style.maxWidth = `${EDGE.left + EDGE.right + WIDEST * columns.length}px`;
  const clock = new Clock(clockPart, () => runs.repaint());
  const runs = new Runs(model, root, { inputs: INPUTS, begin, paint });

  let rows = 0;
  let pointed = null; // row and column
  let width = 0;
  let look = null;

  const inputOf = (row) => (row + 0.5) / rows;

  function begin(source) {
    rows = model.get("rows");
    const [input, complement] = source.places(INPUTS);
    clock.duration = source.duration;
    return new Cases(source.network, source.places(columns), {
      duration: source.duration,
      count: rows,
      start: (initial, row) => {
        initial[input] = inputOf(row);
        initial[complement] = 1 - inputOf(row);
      },
    });
  }

  const levelsOf = (cases, row) => columns.map((_, k) => cases.value(row, k, clock.place));

  /** What a row reads: its bits as a text, and whether they are right, null where either would do. */
  function read(cases, row) {
    const code = readBits(levelsOf(cases, row).slice(INPUTS.length));
    const right = code === codeOf(inputOf(row), bits);
    return { code, right: nearChange(inputOf(row), bits) ? null : right };
  }

  // -- painting -------------------------------------------------------------------------------------------------------

  function paint(cases) {
    problem.textContent = runs.source.problem || cases?.problem || "";
    canvas.hidden = clockPart.hidden = words.hidden = cases === null;
    if (!cases || !width) return false;
    const moving = clock.tick(performance.now());
    if (look === null) {
      const style = getComputedStyle(root);
      const names = ["text", "muted", "error", "accent"];
      look = Object.fromEntries(names.map((name) => [name, style.getPropertyValue(`--crn-${name}`)]));
    }
    const verdicts = Array.from({ length: rows }, (_, row) => (cases.has(row) ? read(cases, row).right : null));
    draw(cases, verdicts);
    const judged = verdicts.filter((right) => right !== null);
    const text = `${judged.filter(Boolean).length} of ${judged.length} inputs have the right code at this time.`;
    if (!moving && cases.finished && count.textContent !== text) count.textContent = text;
    told.textContent = pointed && cases.has(pointed[0]) ? reading(cases, ...pointed) : "";
    return moving;
  }

  function draw(cases, verdicts) {
    const context = resize(canvas, width, EDGE.top + HEIGHT + EDGE.bottom);
    const inner = width - EDGE.left - EDGE.right;
    raster(context, cases, inner);
    names(context, inner);
    codes(context, inner);
    const crosses = new Path2D();
    const half = Math.min(4, HEIGHT / rows / 2 - 0.5);
    verdicts.forEach((right, row) => {
      if (right === false) cross(crosses, EDGE.left + inner + 10, EDGE.top + ((row + 0.5) / rows) * HEIGHT, half);
    });
    context.strokeStyle = look.error;
    context.lineWidth = 1.5;
    context.stroke(crosses);
    if (!pointed) return;
    const [column, line] = [inner / columns.length, HEIGHT / rows];
    context.strokeStyle = look.accent;
    context.lineWidth = 2;
    context.strokeRect(EDGE.left + pointed[1] * column, EDGE.top + pointed[0] * line - 1, column, line + 2);
  }

  function raster(context, cases, inner) {
    const image = new ImageData(columns.length, rows);
    for (let row = 0; row < rows; row++) {
      if (!cases.has(row)) continue;
      levelsOf(cases, row).forEach((level, k) => {
        const grey = 255 * Math.min(1, level);
        image.data.set([grey, grey, grey, 255], 4 * (row * columns.length + k));
      });
    }
    const small = new OffscreenCanvas(columns.length, rows);
    small.getContext("2d").putImageData(image, 0, 0);
    context.imageSmoothingEnabled = false;
    context.drawImage(small, EDGE.left, EDGE.top, inner, HEIGHT);
    context.strokeStyle = look.muted;
    context.lineWidth = 1;
    context.strokeRect(EDGE.left, EDGE.top, inner, HEIGHT);
  }

  function names(context, inner) {
    context.fillStyle = look.text;
    context.textAlign = "center";
    const column = inner / columns.length;
    context.font = `${column < 40 ? 10 : 12}px system-ui, sans-serif`;
    columns.forEach((name, k) => context.fillText(name, EDGE.left + (k + 0.5) * column, EDGE.top - 8, column));
    context.font = "12px system-ui, sans-serif";
    context.textAlign = "right";
    for (const tick of [0, 0.5, 1]) {
      const down = { 0: 10, 0.5: 4, 1: 0 }[tick];
      context.fillText(String(tick), EDGE.left - 6, EDGE.top + tick * HEIGHT + down);
    }
  }

  /** The codes that there should be, beside their inputs. */
  function codes(context, inner) {
    const right = EDGE.left + inner;
    context.fillStyle = look.muted;
    context.strokeStyle = look.muted;
    context.textAlign = "right";
    context.beginPath();
    const part = HEIGHT / 2 ** bits;
    for (let value = 0; value < 2 ** bits; value++) {
      const top = EDGE.top + value * part;
      context.moveTo(right, top);
      context.lineTo(width - 2, top);
      if (part > 12) context.fillText(codeOf((value + 0.5) / 2 ** bits, bits), width - 4, top + part / 2 + 4);
    }
    context.stroke();
  }

  function reading(cases, row, column) {
    const { code, right } = read(cases, row);
    const verdict = { true: "✓ right", false: `✗ should be ${codeOf(inputOf(row), bits)}`, null: "near a change" };
    const level = levelsOf(cases, row)[column].toFixed(2);
    return `x = ${short(inputOf(row), 3)}: ${code} ${verdict[right]}; ${columns[column]} ${level}`;
  }

  // -- the hand -------------------------------------------------------------------------------------------------------

  function point(to) {
    pointed = to;
    runs.repaint();
  }

  canvas.addEventListener("pointermove", ({ clientX, clientY }) => {
    const box = canvas.getBoundingClientRect();
    const across = (clientX - box.left - EDGE.left) / (box.width - EDGE.left - EDGE.right);
    const down = (clientY - box.top - EDGE.top) / HEIGHT;
    const within = [across, down].every((value) => value >= 0 && value < 1);
    point(within ? [Math.floor(down * rows), Math.floor(across * columns.length)] : null);
  });
  canvas.addEventListener("pointerleave", () => point(null));
  canvas.addEventListener("blur", () => point(null));
  canvas.addEventListener("keydown", (event) => {
    if (!(event.key in STEPS) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const [row, column] = (pointed ?? [0, 0]).map((at, k) => at + (pointed ? STEPS[event.key][k] : 0));
    point([Math.min(rows - 1, Math.max(0, row)), Math.min(columns.length - 1, Math.max(0, column))]);
  });

  const again = () => {
    pointed = null;
    runs.again();
  };
  model.on("change:rows", again);
  const leaveCanvas = followCanvas(canvas, (now) => {
    width = now;
    look = null;
    runs.repaint();
  });
  el.append(root);
  runs.update();

  return () => {
    runs.close();
    leaveCanvas();
    model.off("change:rows", again);
    root.remove();
  };
}

export default hearing({ render });
