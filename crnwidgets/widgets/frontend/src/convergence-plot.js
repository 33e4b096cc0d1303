// Many starts that fall into one point: the concentration of a node, and the distance of all.
import "./convergence-plot.css";
import { Told } from "./chambers/told.js";
import { button, element, region } from "./lib/dom.js";
import { short } from "./lib/format.js";
import { hearing } from "./lib/hearing.js";
import { Picture, shape } from "./neural/axes.js";
import { figure, key, slider } from "./neural/controls.js";
import { distanceNear, Falls, startsOf } from "./neural/falls.js";
import { Outbox } from "./neural/outbox.js";
import { decodeNeurons, floats } from "./neural/wire.js";

const BUDGET = 8; // ms of a frame for starts
const PLACES = 120; // of the slider for the highest start
const NEAR = 1e-3; // relative distance that counts as there
const NEAREST = 1e-7; // distance at the foot of the picture
const ROOM = 10; // times what starts are drawn from, beyond which the axes go: nodes overshoot
const STEPS = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 10, PageDown: -10 };
const TRAITS = ["_neurons", "_image", "starts", "highest", "seed", "node"];
const LAW = "In the end all distances shrink as exp(−λt)";

/** Show a `ConvergencePlot` in `el`; returns what takes it down again. */
function render({ model, el }) {
  const outbox = new Outbox(model);
  const ranges = model.get("_ranges");
  const decades = Math.log10(ranges.highest[1] / ranges.highest[0]);

  const chooser = element("select");
  const highest = slider(
    "highest start",
    {
      places: PLACES,
      valueAt: (k) => Number((ranges.highest[0] * 10 ** ((k / PLACES) * decades)).toPrecision(2)),
      placeOf: (value) => (PLACES * Math.log10(value / ranges.highest[0])) / decades,
      write: (value) => short(value, 3),
    },
    (value) => outbox.set("highest", value),
  );
  const [fewest, most] = ranges.starts;
  const number = slider(
    "starts",
    { places: most - fewest, valueAt: (k) => fewest + k, placeOf: (value) => value - fewest, write: String },
    (value) => outbox.set("starts", value),
  );
  const others = button("other starts", () => outbox.set("seed", (model.get("seed") + 1) % (ranges.seed[1] + 1)));
  const choice = element("label", "", "node ", chooser);
  const bar = element("div", "crn-bar", choice, highest.node, number.node, others);

  const curves = new Picture("Concentration of the node", { x: "time", y: "concentration" }, schedule);
  const distances = new Picture("Distance from the fixed point", { x: "time", y: "relative distance" }, schedule);
  const aim = shape("path", { class: "crn-dashed" });
  const slope = shape("path", { class: "crn-dashed" });
  const lines = [curves, distances].map(() => shape("g", { class: "crn-curves" }));
  const moments = [curves, distances].map(() => shape("path", { class: "crn-moment" }));
  curves.area.append(lines[0], aim, moments[0]);
  distances.area.append(lines[1], slope, moments[1]);

  const law = element("p", "crn-law");
  law.setAttribute("role", "status");
  const told = new Told();
  const aimText = element("span");
  const keys = element(
    "div",
    "crn-key",
    key("crn-curve", "from each start"),
    key("crn-dashed", aimText),
    key("crn-dashed", "slope −λ"),
  );
  const pictures = element(
    "div",
    "crn-pictures",
    figure(curves, "One node, on logarithmic axes."),
    figure(distances, "The farthest of all nodes."),
  );
  const parts = [bar, pictures, keys, law, told.seen, told.heard];
  const root = region("crn-neural-plot crn-convergence-plot", "Convergence from many starts", ...parts);
  root.style.setProperty("--crn-curve", model.get("_color"));

  let neurons = null;
  let drive = null;
  let falls = null; // under way, or done
  let shown = []; // for each start its path, times and distances; from before where the new ones are not done
  let moment = null; // what is pointed at, a place in the times
  let stale = true; // whether more than the moment is to be drawn
  let frame = 0;

  // -- from the model -------------------------------------------------------------------------------------------------

  function readNetwork() {
    neurons = decodeNeurons(model.get("_neurons")).neurons;
    const groups = [];
    for (let layer = neurons.sizes.length - 1; layer > 0; layer--) {
      const group = element("optgroup");
      group.label = layer === neurons.sizes.length - 1 ? "outputs" : `layer ${layer}`;
      for (let i = 1; i <= neurons.sizes[layer]; i++) group.append(new Option(nameOf(layer, i)));
      groups.push(group);
    }
    chooser.replaceChildren(...groups);
    readInput();
  }

  function readInput() {
    const image = floats(model.get("_image"));
    drive = image.length === neurons.sizes[0] ? neurons.drive(image) : null; // else its network is on its way
    shown = [];
    moment = null;
    start();
  }

  function start() {
    if (!drive) return;
    const top = model.get("highest");
    const starts = startsOf(neurons.count, model.get("starts"), top, model.get("seed"));
    falls = new Falls(neurons, drive, starts, top);
    moment = moment === null ? null : Math.min(moment, falls.times.length - 1);
    schedule();
  }

  const node = () => {
    const [, layer, i] = model.get("node").match(/^X(\d+)_(\d+)$/).map(Number);
    return neurons.offsets[layer - 1] + i - 1;
  };

  // -- painting -------------------------------------------------------------------------------------------------------

  function schedule() {
    stale = true;
    request();
  }

  function request() {
    frame ||= requestAnimationFrame(() => {
      frame = 0;
      if (!falls) return;
      if (!falls.done) work();
      if (stale) draw();
      drawMoment();
      say();
      stale = !falls.done;
      if (stale) request();
    });
  }

  function work() {
    const done = falls.paths.length;
    falls.advance(performance.now() + BUDGET);
    const { times, paths, distances: far } = falls;
    for (let k = done; k < paths.length; k++) shown[k] = { times, path: paths[k], far: far[k] };
    if (falls.done) shown.length = paths.length;
  }

  function draw() {
    highest.show(model.get("highest"));
    number.show(model.get("starts"));
    chooser.value = model.get("node");
    if (curves.width) drawCurves();
    if (distances.width) drawDistances();
  }

  function drawCurves() {
    const { times, fixed } = falls;
    const place = node();
    const settled = fixed[place];
    const x = { from: times[0], to: times.at(-1), log: true };
    const least = Math.min(0.01, settled || 0.01) / ROOM;
    curves.scale(x, { from: least, to: ROOM * model.get("highest"), log: true });
    redraw(lines[0], (one) => curves.line(one.times, one.path.map((row) => row[place])));
    aim.setAttribute("d", settled > 0 ? curves.line([times[0], times.at(-1)], [settled, settled]) : "");
    aimText.textContent = `${model.get("node")} settles to ${short(settled)}`;
  }

  function drawDistances() {
    const { times, fixed, rate } = falls;
    const end = times.at(-1);
    const farthest = ROOM * Math.max(1, ...fixed.map((value) => model.get("highest") / (value || 1)));
    distances.scale({ from: 0, to: end }, { from: NEAREST, to: farthest, log: true });
    redraw(lines[1], (one) => distances.line([0, ...one.times], [one.far[0], ...one.far]));
    const last = Math.max(...shown.map((one) => one.far.at(-1)));
    const begin = end - Math.log(10 / last) / rate; // where the line would be at 10
    slope.setAttribute("d", rate > 0 ? distances.line([begin, end], [10, last]) : "");
  }

  function redraw(group, shapeOf) {
    while (group.children.length > shown.length) group.lastChild.remove();
    while (group.children.length < shown.length) group.append(shape("path", { class: "crn-curve" }));
    shown.forEach((one, k) => group.children[k].setAttribute("d", shapeOf(one)));
  }

  function drawMoment() {
    [curves, distances].forEach((picture, i) => {
      const known = moment !== null && picture.width;
      moments[i].setAttribute("d", known ? `M${picture.x(falls.times[moment])} 0v${picture.height}` : "");
    });
  }

  // -- words ----------------------------------------------------------------------------------------------------------

  function say() {
    const { rate, slowest } = falls;
    if (!(neurons.h > 0)) {
      law.textContent = "With h = 0 theorem 4.8 does not cover this network: a node at 0 stays there.";
    } else if (falls.done) {
      const there = distanceNear(falls, NEAR);
      const all = `All ${shown.length} starts are within ${NEAR} of the fixed point`;
      const when = there === null ? "" : ` ${all} from t = ${short(there, 3)} on.`;
      law.textContent = `${LAW} with λ = ${short(rate)}, the rate of ${nameAt(slowest)}, the slowest node.${when}`;
    }
    if (moment === null) {
      told.say("Point at a picture, or press ← → on it, to read it.");
    } else if (falls.done) {
      const values = falls.paths.map((path) => path[moment][node()]);
      const far = falls.distances.map((row) => row[moment]);
      told.say(`At t = ${short(falls.times[moment], 3)}: ${model.get("node")} ${range(values)}, distance ${range(far)}`);
    }
  }

  const nameAt = (place) => {
    const layer = neurons.offsets.findLastIndex((offset) => offset <= place) + 1;
    return nameOf(layer, place - neurons.offsets[layer - 1] + 1);
  };

  // -- the hand -------------------------------------------------------------------------------------------------------

  function point(to) {
    moment = to;
    request();
  }

  chooser.addEventListener("change", () => outbox.set("node", chooser.value));
  [[curves, "Concentrations"], [distances, "Distances"]].forEach(([picture, what]) => {
    const pad = picture.node;
    pad.tabIndex = 0;
    pad.setAttribute("role", "application");
    pad.setAttribute("aria-label", `${what} over time: arrow keys read them`);
    pad.addEventListener("pointermove", (event) => {
      const time = picture.under(event);
      if (falls) point(falls.times.findLastIndex((at, i) => i === 0 || at <= time));
    });
    pad.addEventListener("pointerleave", () => point(null));
    pad.addEventListener("blur", () => point(null));
    pad.addEventListener("keydown", (event) => {
      if (!falls || event.ctrlKey || event.metaKey || event.altKey) return;
      const last = falls.times.length - 1;
      const ends = { Home: 0, End: last };
      if (event.key in STEPS) point(Math.min(last, Math.max(0, (moment ?? 0) + STEPS[event.key])));
      else if (event.key in ends) point(ends[event.key]);
      else return;
      event.preventDefault();
    });
  });

  const changed = { _neurons: readNetwork, _image: readInput, node: schedule };
  const listeners = TRAITS.map((name) => [`change:${name}`, changed[name] ?? start]);
  for (const [event, listener] of listeners) model.on(event, listener);
  readNetwork();
  el.append(root);

  return () => {
    for (const [event, listener] of listeners) model.off(event, listener);
    cancelAnimationFrame(frame);
    outbox.close();
    told.close();
    curves.close();
    distances.close();
    root.remove();
  };
}

/** The species of a node, as in Python. */
const nameOf = (layer, i) => `X${layer}_${i}`;

function range(values) {
  const [least, most] = [Math.min(...values), Math.max(...values)].map((value) => short(value, 3));
  return least === most ? least : `from ${least} to ${most}`;
}

export default hearing({ render });
