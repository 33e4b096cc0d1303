// What a node computes from its input, and the equation that settles on it.
import "./activation-plot.css";
import { element, region } from "./lib/dom.js";
import { roundTo, short } from "./lib/format.js";
import { hearing } from "./lib/hearing.js";
import { root as rootOf } from "./lib/neurons.js";
import { Picture, raised, shape, signed } from "./neural/axes.js";
import { figure, key, slider } from "./neural/controls.js";
import { Outbox } from "./neural/outbox.js";

const POINTS = 201; // of a curve
const PLACES = 200; // of the slider for h
const KEYS = { ArrowRight: 0.1, ArrowUp: 0.1, ArrowLeft: -0.1, ArrowDown: -0.1, PageUp: 1, PageDown: -1 };
const ARROWS = 34; // pixels from one to the next
const CLEAR = 14; // around a root, without arrows

/** Show an `ActivationPlot` in `el`; returns what takes it down again. */
function render({ model, el }) {
  const outbox = new Outbox(model);
  const { q: orders, h: productions, y: inputs } = model.get("_ranges");
  const get = (name) => model.get(name);

  // h: finer where it is small, and with three digits.
  const order = slider(
    "order q",
    { places: orders[1] - orders[0], valueAt: (k) => orders[0] + k, placeOf: (q) => q - orders[0], write: String },
    (q) => outbox.set("q", q),
  );
  const production = slider(
    "production h",
    {
      places: PLACES,
      valueAt: (k) => Number((productions[1] * (k / PLACES) ** 2).toPrecision(3)),
      placeOf: (h) => PLACES * Math.sqrt(h / productions[1]),
      write: (h) => short(h, 3),
    },
    (h) => outbox.set("h", h),
  );
  const bar = element("div", "crn-bar", order.node, production.node);

  const curve = new Picture("Activation", { x: "input y", y: "φ(y)" }, draw);
  const equation = new Picture("Change of the concentration", { x: "concentration x", y: "dx/dt" }, draw);
  const limitLine = shape("path", { class: "crn-dashed" });
  const activationLine = shape("path", { class: "crn-curve" });
  const tangent = shape("path", { class: "crn-tangent" });
  const guide = shape("path", { class: "crn-guide" });
  const point = shape("circle", { class: "crn-point crn-handle", r: 8, tabindex: 0, role: "slider" });
  point.setAttribute("aria-label", "input y");
  ["min", "max"].forEach((end, i) => point.setAttribute(`aria-value${end}`, inputs[i]));
  curve.area.append(limitLine, activationLine, tangent, guide);
  curve.over.append(point);
  const zero = shape("path", { class: "crn-zero" });
  const changeLine = shape("path", { class: "crn-curve" });
  const arrows = shape("path", { class: "crn-arrows" });
  const unstable = shape("circle", { class: "crn-unstable", r: 5 });
  const settled = shape("circle", { class: "crn-point", r: 6 });
  equation.area.append(zero, changeLine, arrows);
  equation.over.append(unstable, settled);

  const told = element("p", "crn-told");
  const law = element("p", "crn-law");
  const keys = element(
    "div",
    "crn-key",
    key("crn-curve", "φ(y) and dx/dt"),
    key("crn-dashed", "limit of φ for h → 0"),
    key("crn-tangent", "slope φ′(y)"),
    element("span", "", element("span", "crn-dot"), "where x settles, φ(y)"),
  );
  const pictures = element(
    "div",
    "crn-pictures",
    figure(curve, "Drag the point, or press ← → on it."),
    figure(equation, "Arrows: which way x goes."),
  );
  const root = region("crn-neural-plot crn-activation-plot", "Activation of a node", bar, law, pictures, told, keys);
  root.style.setProperty("--crn-curve", get("_colors")[0]);
  root.style.setProperty("--crn-mark", get("_colors")[1]);

  let frame = 0;

  function schedule() {
    frame ||= requestAnimationFrame(() => {
      frame = 0;
      draw();
    });
  }

  // -- painting -------------------------------------------------------------------------------------------------------

  function draw() {
    const [q, h, y] = ["q", "h", "y"].map(get);
    const x = rootOf(q, h, y);
    const slope = slopeAt(q, h, x);
    order.show(q);
    production.show(h);
    if (curve.width) drawActivation(q, h, y, x, slope);
    if (equation.width) drawEquation(q, h, y, x);
    law.textContent = `dx/dt = ${short(h, 3)} + y·x − ${q === 2 ? "" : q - 1}x${raised(q)}`;
    told.textContent = `y = ${signed(y)}, φ(y) = ${short(x)}, φ′(y) = ${short(slope)}`;
    point.setAttribute("aria-valuenow", y);
    point.setAttribute("aria-valuetext", told.textContent);
  }

  function drawActivation(q, h, y, x, slope) {
    const [least, most] = inputs;
    const xs = denser(least, most);
    const top = 1.08 * rootOf(q, h, most);
    curve.scale({ from: least, to: most }, { from: -0.04 * top, to: top });
    limitLine.setAttribute("d", curve.line(xs, xs.map((at) => rootOf(q, 0, at))));
    activationLine.setAttribute("d", curve.line(xs, xs.map((at) => rootOf(q, h, at))));
    const [across, down] = [curve.x(y), curve.y(x)];
    guide.setAttribute("d", `M${across} ${curve.height}V${down}H0`);
    const ends = [y - 2, y + 2];
    tangent.setAttribute("d", curve.line(ends, ends.map((at) => x + slope * (at - y))));
    place(point, across, down);
  }

  function drawEquation(q, h, y, x) {
    const right = 1.3 * rootOf(q, h, inputs[1]);
    const change = (at) => h + y * at - (q - 1) * at ** q;
    const xs = spread(0, right);
    const ys = xs.map(change);
    // What is far below does not matter: there it only falls.
    const high = Math.max(1.15 * Math.max(...ys), 0.1 * Math.abs(change(right / 4)));
    equation.scale({ from: 0, to: right }, { from: -high, to: high });
    changeLine.setAttribute("d", equation.line(xs, ys));
    const middle = equation.y(0);
    zero.setAttribute("d", `M0 ${middle}H${equation.width}`);
    place(settled, equation.x(x), middle);
    // With h = 0 nothing leaves 0, though what is beside it does.
    const leaves = h === 0 && y > 0;
    unstable.toggleAttribute("hidden", !leaves);
    place(unstable, 0, middle);
    const chevrons = [];
    for (let at = ARROWS / 2; at < equation.width; at += ARROWS) {
      const aim = equation.x(x) - at;
      if (Math.abs(aim) < CLEAR) continue;
      const back = aim > 0 ? -6 : 6;
      chevrons.push(`M${at + back} ${middle - 5}L${at} ${middle}l${back} 5`);
    }
    arrows.setAttribute("d", chevrons.join(""));
  }

  // -- the hand -------------------------------------------------------------------------------------------------------

  const move = (y) => outbox.set("y", Math.min(inputs[1], Math.max(inputs[0], y)));

  curve.node.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    curve.node.setPointerCapture(event.pointerId);
    point.focus({ preventScroll: true });
    move(roundTo(curve.under(event), 0.01));
  });
  curve.node.addEventListener("pointermove", (event) => {
    if (curve.node.hasPointerCapture(event.pointerId)) move(roundTo(curve.under(event), 0.01));
  });
  point.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const ends = { Home: inputs[0], End: inputs[1] };
    if (event.key in KEYS) move(roundTo(get("y") + KEYS[event.key] * (event.shiftKey ? 10 : 1), 0.01));
    else if (event.key in ends) move(ends[event.key]);
    else return;
    event.preventDefault();
  });

  const events = "change:q change:h change:y";
  for (const event of events.split(" ")) model.on(event, schedule);
  el.append(root);

  return () => {
    for (const event of events.split(" ")) model.off(event, schedule);
    cancelAnimationFrame(frame);
    outbox.close();
    curve.close();
    equation.close();
    root.remove();
  };
}

/** φ′ where φ is x, as in Python's activations. */
function slopeAt(q, h, x) {
  if (h > 0) return x / ((q - 1) ** 2 * x ** (q - 1) + h / x);
  return x > 0 ? x ** (2 - q) / (q - 1) ** 2 : 0;
}

/** Values from one to another that are closer to each other around 0, where φ may bend sharply. */
const denser = (from, to) => spread(Math.cbrt(from), Math.cbrt(to)).map((root) => root ** 3);
const spread = (from, to) => Array.from({ length: POINTS }, (_, i) => from + ((to - from) * i) / (POINTS - 1));

function place(node, x, y) {
  node.setAttribute("cx", x);
  node.setAttribute("cy", y);
}

export default hearing({ render });
