// A map of who wins, for each pair of initial concentrations.
import { channels, cross, followCanvas, resize } from "./computing/canvas.js";
import { Cases } from "./computing/cases.js";
import { Clock } from "./computing/clock.js";
import { cellOf, coarseToFine, ENOUGH, lead, right, shareOf, SIDE, SPECIES, standIn, valueOf } from "./computing/outcome.js";
import { Runs } from "./computing/runs.js";
import { element, region } from "./lib/dom.js";
import { short } from "./lib/format.js";
import { hearing } from "./lib/hearing.js";
import "./majority-map.css";

const ORDER = coarseToFine();
const EDGE = { left: 52, right: 8, top: 8, bottom: 36 }; // around the map, in CSS pixels
const STEPS = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

/** Show a `MajorityMap` in `el`; returns what takes it down again. */
function render({ model, el }) {
  const canvas = element("canvas", "crn-map");
  const clockPart = element("div");
  const legend = element("div", "crn-legend");
  const accuracy = element("p", "crn-accuracy");
  const told = element("p", "crn-told");
  const problem = element("p", "crn-problem");
  const side = element("div", "crn-side", legend, accuracy, told);
  const both = element("div", "crn-both", canvas, side);
  const root = region("crn-computing crn-majority-map", "Outcome of the decision", problem, both, clockPart);
  for (const live of [told, problem]) live.setAttribute("role", "status");
  canvas.tabIndex = 0;
  canvas.setAttribute("role", "application");
  canvas.setAttribute("aria-label", "Map of outcomes: arrow keys move, Enter starts the network there");
  const image = new ImageData(SIDE, SIDE);
  const clock = new Clock(clockPart, () => runs.repaint());
  const runs = new Runs(model, root, { inputs: SPECIES, begin, paint });

  let pointed = null; // [A₀, B₀] under the pointer or the keys
  let size = 0;
  let look = null;

  function begin(source) {
    const [a, b] = source.places(SPECIES);
    clock.duration = source.duration;
    return new Cases(source.network, [a, b], {
      duration: source.duration,
      count: SIDE * SIDE,
      order: ORDER,
      enough: ENOUGH,
      start: (initial, i) => {
        [initial[a], initial[b]] = start(i);
      },
    });
  }

  const start = (cell) => [valueOf(cell % SIDE), valueOf(Math.floor(cell / SIDE))];

  const amounts = (cases, cell) => [0, 1].map((k) => cases.value(cell, k, clock.place));

  /** Who leads at the time shown: from −1 to 1. */
  const outcome = (cases, cell) => lead(...amounts(cases, cell), ...start(cell));

  // -- painting -------------------------------------------------------------------------------------------------------

  function paint(cases) {
    problem.textContent = runs.source.problem || cases?.problem || "";
    both.hidden = clockPart.hidden = cases === null;
    if (!cases || !size) return false;
    const moving = clock.tick(performance.now());
    look ??= readLook();
    const outcomes = ORDER.map((_, i) => {
      const from = standIn(i, (other) => cases.has(other));
      return from === null ? 0 : outcome(cases, from);
    });
    draw(cases, outcomes);
    say(cases, outcomes);
    return moving;
  }

  function readLook() {
    const style = getComputedStyle(root);
    const [text, muted, background] = ["text", "muted", "background"].map((n) => style.getPropertyValue(`--crn-${n}`));
    const colors = runs.source.places(SPECIES).map((place) => runs.source.network.colors[place]);
    legend.style.setProperty("--first", colors[0]);
    legend.style.setProperty("--second", colors[1]);
    return { text, muted, background, channels: [background, ...colors].map(channels) };
  }

  function draw(cases, outcomes) {
    const inner = size - EDGE.left - EDGE.right;
    const context = resize(canvas, size, EDGE.top + inner + EDGE.bottom);
    const second = new Path2D(); // where B leads
    const crosses = new Path2D(); // where who leads had less
    const cell = inner / SIDE;
    const across = (column) => EDGE.left + column * cell;
    for (let row = 0; row < SIDE; row++) {
      const y = EDGE.top + (SIDE - 1 - row) * cell;
      let begun = null; // the first of neighbours where B leads
      for (let column = 0; column <= SIDE; column++) {
        const value = column < SIDE ? outcomes[row * SIDE + column] : 0;
        if (value < -0.02) begun ??= column;
        else if (begun !== null) {
          second.rect(across(begun), y, (column - begun) * cell, cell);
          begun = null;
        }
      }
    }
    outcomes.forEach((value, i) => {
      fill(i, value);
      if (!cases.has(i) || right(value, ...start(i)) !== false) return;
      cross(crosses, across((i % SIDE) + 0.5), EDGE.top + (SIDE - 0.5 - Math.floor(i / SIDE)) * cell, cell / 3);
    });
    drawImage(context, inner);
    hatch(context, second, inner);
    context.strokeStyle = look.text;
    context.lineWidth = 1.5;
    context.stroke(crosses);
    axes(context, inner);
    mark(context, inner);
  }

  function fill(i, value) {
    const [none, first, second] = look.channels;
    const aim = value > 0 ? first : second;
    const place = 4 * ((SIDE - 1 - Math.floor(i / SIDE)) * SIDE + (i % SIDE));
    for (let k = 0; k < 3; k++) image.data[place + k] = none[k] + Math.abs(value) * (aim[k] - none[k]);
    image.data[place + 3] = 255;
  }

  function drawImage(context, inner) {
    const small = new OffscreenCanvas(SIDE, SIDE);
    small.getContext("2d").putImageData(image, 0, 0);
    context.imageSmoothingEnabled = false;
    context.drawImage(small, EDGE.left, EDGE.top, inner, inner);
  }

  /** Lines over the part of the map where B leads, for those who cannot tell the colours apart. */
  function hatch(context, area, inner) {
    context.save();
    context.clip(area);
    context.strokeStyle = look.background;
    context.globalAlpha = 0.75;
    context.lineWidth = 1.25;
    context.beginPath();
    for (let x = -inner; x < inner; x += 9) {
      context.moveTo(EDGE.left + x, EDGE.top + inner);
      context.lineTo(EDGE.left + x + inner, EDGE.top);
    }
    context.stroke();
    context.restore();
  }

  function axes(context, inner) {
    const [left, bottom] = [EDGE.left, EDGE.top + inner];
    context.strokeStyle = look.muted;
    context.lineWidth = 1;
    context.strokeRect(left, EDGE.top, inner, inner);
    context.setLineDash([4, 4]);
    context.strokeStyle = look.text;
    context.beginPath();
    context.moveTo(left, bottom);
    context.lineTo(left + inner, EDGE.top);
    context.stroke();
    context.setLineDash([]);
    context.fillStyle = look.text;
    context.font = "12px system-ui, sans-serif";
    for (const tick of [0, 0.5, 1]) {
      context.textAlign = "center";
      context.fillText(String(tick), left + shareOf(tick) * inner, bottom + 15);
      context.textAlign = "right";
      context.fillText(String(tick), left - 5, bottom - shareOf(tick) * inner + 4);
    }
    context.textAlign = "center";
    context.fillText("A₀", left + inner / 2, bottom + 31);
    context.fillText("B₀", left - 40, EDGE.top + inner / 2 + 4);
  }

  /** A ring where the network starts, a frame around what is pointed at. */
  function mark(context, inner) {
    const place = ([a, b]) => [EDGE.left + shareOf(a) * inner, EDGE.top + (1 - shareOf(b)) * inner];
    const [a, b] = model.get("point");
    if (a <= 1 && b <= 1) {
      const strokes = [
        [look.background, 5],
        [look.text, 2],
      ];
      for (const [color, width] of strokes) {
        context.strokeStyle = color;
        context.lineWidth = width;
        context.beginPath();
        context.arc(...place([a, b]), 6, 0, 2 * Math.PI);
        context.stroke();
      }
    }
    if (!pointed) return;
    const cell = inner / SIDE;
    const [x, y] = place(pointed);
    context.strokeStyle = look.text;
    context.lineWidth = 2;
    context.strokeRect(x - cell / 2 - 1, y - cell / 2 - 1, cell + 2, cell + 2);
  }

  // -- words ----------------------------------------------------------------------------------------------------------

  function say(cases, outcomes) {
    let good = 0;
    let all = 0;
    for (let i = 0; i < SIDE * SIDE; i++) {
      const [a0, b0] = start(i);
      if (a0 === b0 || !cases.has(i)) continue;
      all++;
      if (right(outcomes[i], a0, b0) === true) good++;
    }
    const share = all ? `${short((100 * good) / all, 3)} %` : "–";
    accuracy.textContent = `The one with more at first is ahead on ${share} of the map.`;
    const at = pointed ?? model.get("point");
    const cell = cellOf(at[1]) * SIDE + cellOf(at[0]);
    const within = at.every((value) => value <= 1);
    told.textContent = within && cases.has(cell) ? `${pointed ? "" : "○ "}${reading(cases, cell)}` : "";
  }

  function reading(cases, cell) {
    const [a0, b0] = start(cell);
    const [a, b] = amounts(cases, cell);
    const value = outcome(cases, cell);
    const who = Math.abs(value) < 1e-3 ? "nobody is ahead" : `${value > 0 ? "A" : "B"} is ahead`;
    const verdict = { true: "", false: " ✗ though it had less", null: "" }[right(value, a0, b0)];
    return `A₀ ${short(a0, 3)}, B₀ ${short(b0, 3)} → A ${a.toFixed(2)}, B ${b.toFixed(2)}: ${who}${verdict}`;
  }

  // -- the hand -------------------------------------------------------------------------------------------------------

  function under({ clientX, clientY }) {
    const box = canvas.getBoundingClientRect();
    const inner = box.width - EDGE.left - EDGE.right;
    const [a, b] = [(clientX - box.left - EDGE.left) / inner, 1 - (clientY - box.top - EDGE.top) / inner];
    const within = [a, b].every((share) => share >= 0 && share < 1);
    return within ? [a, b].map((share) => valueOf(Math.floor(share * SIDE))) : null;
  }

  function point(to) {
    pointed = to;
    runs.repaint();
  }

  function choose(to) {
    if (!to) return;
    model.set("point", to);
    model.save_changes();
  }

  canvas.addEventListener("pointermove", (event) => point(under(event)));
  canvas.addEventListener("pointerleave", () => point(null));
  canvas.addEventListener("click", (event) => choose(under(event)));
  canvas.addEventListener("blur", () => point(null));
  canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const from = pointed ?? model.get("point").map((value) => valueOf(cellOf(value)));
    if (event.key in STEPS) point(from.map((value, k) => valueOf(cellOf(value + valueOf(STEPS[event.key][k])))));
    else if (event.key === "Enter" || event.key === " ") choose(from);
    else return;
    event.preventDefault();
  });

  legend.append(
    element("span", "crn-key crn-first", "A wins"),
    element("span", "crn-key crn-second", "B wins"),
    element("span", "crn-key", "paler: less far ahead"),
    element("span", "crn-key", "× ahead with less at first"),
    element("span", "crn-key", "○ where the network starts"),
  );
  const pointMoved = () => runs.repaint();
  model.on("change:point", pointMoved);
  const leaveCanvas = followCanvas(canvas, (now) => {
    size = now;
    look = null;
    runs.repaint();
  });
  el.append(root);
  runs.update();

  return () => {
    runs.close();
    leaveCanvas();
    model.off("change:point", pointMoved);
    root.remove();
  };
}

export default hearing({ render });
