// Chambers and their membranes, filled with what is in them, over time.
import { Course } from "./chambers/course.js";
import { Discs } from "./chambers/discs.js";
import { heightOf, layout } from "./chambers/layout.js";
import { patternOf } from "./chambers/patterns.js";
import { Player } from "./chambers/player.js";
import { Told } from "./chambers/told.js";
import { followCanvas, resize } from "./computing/canvas.js";
import { button, element, region } from "./lib/dom.js";
import { short } from "./lib/format.js";
import { hearing } from "./lib/hearing.js";
import { dash } from "./plot/dash.js";
import "./chamber-view.css";

const WIDEST = 7; // pixels, of the line of the largest permeability
const THINNEST = 1.5;
const NAMED = 13; // pixels that a layer must be high for its name in it
const SMALL = 6; // pixels of a radius, beneath which a disc has a thin line around it
const FEW = 12; // membranes, each of which can be put into words
const FONT = "system-ui, sans-serif";

const stillness = matchMedia("(prefers-reduced-motion: reduce)");

/** Show a `ChamberView` in `el`; returns what takes it down again. */
function render({ model, el }) {
  const legend = element("div", "crn-fills");
  const chooser = element("select");
  const bar = element("div", "crn-bar", legend, element("label", "", "a hand moves ", chooser));
  const canvas = element("canvas");
  canvas.setAttribute("aria-hidden", "true");
  const stage = element("div", "crn-stage", canvas);
  const scale = element("p", "crn-help");
  const told = new Told();
  const problem = element("p", "crn-problem");
  const clockPart = element("div");
  const words = [told.seen, told.heard, scale];
  const root = region("crn-computing crn-chamber-view", "Chambers", problem, bar, stage, clockPart, ...words);
  problem.setAttribute("role", "status");
  for (const [group, label] of [[legend, "Species that fill the chambers"], [stage, "Chambers"]]) {
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", label);
  }

  let width = 0;
  let picture = null; // where the chambers are,
  let drawn = null; // of which network
  let look = null; // colours and patterns
  let top = 0; // what fills a chamber
  let visible = [];
  let fills = [];

  const course = new Course(model, root, { build, paint });
  const { state } = course;
  const player = new Player(clockPart, (time, stays) => {
    course.look.goTo(time, stays);
    course.schedule();
  });
  const discs = new Discs(stage, course, { select, grab, moved, released });
  chooser.addEventListener("change", () => choose(chooser.value));

  function build() {
    look = null;
    fills = course.network.species.map((name) => {
      const sample = element("canvas", "crn-sample");
      sample.setAttribute("aria-hidden", "true");
      const node = button("", () => {
        state.toggleHidden(name);
        course.schedule();
      });
      node.title = "Fill with it or not";
      node.setAttribute("aria-label", `Fill with ${name}`);
      node.append(sample, name);
      return { name, node, sample };
    });
    legend.replaceChildren(...fills.map(({ node }) => node));
    chooser.replaceChildren(...course.network.species.map((name) => new Option(name)));
    discs.build();
  }

  // -- the hand -------------------------------------------------------------------------------------------------------

  function select(chamber) {
    state.setChamber(chamber);
    course.schedule();
  }

  function choose(name) {
    course.look.choose(name);
    course.schedule();
  }

  /** Of several species, the one whose layer is under the hand is moved. */
  function grab(chamber, share) {
    if (visible.length < 2) {
      if (visible.length) choose(course.network.species[visible[0]]);
      return;
    }
    const layer = layers(chamber, course.at(course.time)).find(({ from, to }) => from <= share && share < to);
    if (layer) choose(course.network.species[layer.species]);
  }

  function moved() {
    player.rewind(); // to where it moves something
    course.changed();
  }

  function released(dragged) {
    if (dragged && !stillness.matches) player.restart();
    course.changed();
  }

  // -- painting -------------------------------------------------------------------------------------------------------

  function paint(fresh) {
    const { text, harmless } = course.status;
    problem.classList.toggle("crn-harmless", harmless);
    if (problem.textContent !== text) problem.textContent = text;
    player.show(course.time, state.duration);
    const moving = player.tick(performance.now());
    const { species } = course.network;
    const before = visible;
    visible = [...species.keys()].filter((i) => !state.hidden.has(species[i]));
    if (fresh || String(visible) !== String(before)) {
      const highest = rounded(course.highest(visible));
      top = state.held ? Math.max(top, highest) : highest;
    }
    if (drawn !== course.network) picture = null;
    drawn = course.network;
    if (width) {
      picture ??= settle();
      look ??= readLook();
      draw(course.at(course.time));
    }
    chooser.value = species[course.chosen];
    for (const { name, node } of fills) node.setAttribute("aria-pressed", String(!state.hidden.has(name)));
    discs.describe(top);
    say();
    return moving;
  }

  function settle() {
    const found = layout(course.network.chambers.positions, width);
    discs.place(found);
    return found;
  }

  function readLook() {
    const style = getComputedStyle(root);
    const [text, muted, background] = ["text", "muted", "background"].map((n) => style.getPropertyValue(`--crn-${n}`));
    const context = canvas.getContext("2d");
    const { colors } = course.network;
    const patterns = colors.map((_, i) => patternOf(context, i, background));
    fills.forEach(({ sample }, i) => {
      sample.style.width = "20px";
      const brush = resize(sample, 20, 12);
      for (const color of [colors[i], patternOf(brush, i, background)].filter(Boolean)) {
        brush.fillStyle = color;
        brush.fillRect(0, 0, 20, 12);
      }
    });
    return { text, muted, background, colors, patterns };
  }

  /** What lies in a chamber, from below: species and shares of the height. */
  function layers(chamber, value) {
    let area = 0;
    return visible.map((species) => {
      const from = heightOf(area);
      area += value(chamber, species) / top;
      return { species, from, to: heightOf(area) };
    });
  }

  function draw(value) {
    const context = resize(canvas, width, picture.height);
    stage.style.height = `${picture.height}px`;
    drawMembranes(context);
    for (let chamber = 0; chamber < course.count; chamber++) drawChamber(context, chamber, value);
  }

  function drawChamber(context, chamber, value) {
    const { places, radius } = picture;
    const [x, y] = places[chamber];
    context.save();
    const disc = new Path2D();
    disc.arc(x, y, radius, 0, 2 * Math.PI);
    context.fillStyle = look.background;
    context.fill(disc);
    context.clip(disc);
    const named = [];
    for (const { species, from, to } of layers(chamber, value)) {
      const [low, high] = [from, to].map((share) => y + radius - 2 * radius * share);
      if (low - high < 0.25) continue;
      for (const color of [look.colors[species], look.patterns[species]].filter(Boolean)) {
        context.fillStyle = color;
        context.fillRect(x - radius, high, 2 * radius, low - high);
      }
      if (low - high >= NAMED) named.push([course.network.species[species], (low + high) / 2]);
    }
    context.restore();
    context.strokeStyle = look.muted;
    context.lineWidth = radius < SMALL ? 0.5 : 1.5;
    context.stroke(disc);
    context.textAlign = "center";
    context.textBaseline = "middle";
    if (radius >= 2 * NAMED) {
      for (const [name, height] of named) {
        write(context, `600 12px ${FONT}`, name.length > 7 ? `${name.slice(0, 6)}…` : name, x, height);
      }
    }
    // Beside its disc, where there is room.
    if (radius >= NAMED) write(context, `11px ${FONT}`, String(chamber + 1), x - 0.86 * radius - 3, y - 0.86 * radius);
  }

  /** Words over anything. */
  function write(context, font, text, x, y) {
    context.font = font;
    context.lineJoin = "round";
    context.lineWidth = 3.5;
    context.strokeStyle = look.background;
    context.strokeText(text, x, y);
    context.fillStyle = look.text;
    context.fillText(text, x, y);
  }

  const permeability = ({ rate, parameter }) => (parameter < 0 ? rate : state.parameters[parameter]);

  /** A line for each species that passes a membrane, side by side. */
  function drawMembranes(context) {
    const { membranes, passes } = course.network.chambers;
    const most = Math.max(...passes.map(permeability), 0);
    const through = membranes.map(() => []);
    for (const pass of passes) if (permeability(pass) > 0) through[pass.membrane].push(pass);
    membranes.forEach(([i, j], membrane) => {
      const [[x, y], [endX, endY]] = [picture.places[i], picture.places[j]];
      const length = Math.hypot(endX - x, endY - y);
      const lines = through[membrane].map((pass) => ({
        species: pass.species,
        width: Math.max(THINNEST, (WIDEST * permeability(pass)) / most),
      }));
      let aside = -(lines.reduce((sum, line) => sum + line.width + 2, -2) / 2);
      const stroke = (shift) => {
        const [dx, dy] = [(-(endY - y) / length) * shift, ((endX - x) / length) * shift];
        context.beginPath();
        context.moveTo(x + dx, y + dy);
        context.lineTo(endX + dx, endY + dy);
        context.stroke();
      };
      if (!lines.length) {
        Object.assign(context, { strokeStyle: look.muted, lineWidth: 1 });
        context.setLineDash([2, 4]);
        stroke(0);
      }
      for (const line of lines) {
        context.setLineDash(dash(line.species));
        context.strokeStyle = look.colors[line.species];
        context.lineWidth = line.width;
        stroke(aside + line.width / 2);
        aside += line.width + 2;
      }
      context.setLineDash([]);
    });
  }

  /** What passes a membrane, in words. */
  const passing = (passes) => {
    const names = course.network.species;
    return passes.map((pass) => `${names[pass.species]} ${short(permeability(pass), 3)}`).join(", ") || "nothing";
  };

  /** Whether all membranes are alike. */
  const evenly = (through) => through.every((passes) => passing(passes) === passing(through[0]));

  // -- words ----------------------------------------------------------------------------------------------------------

  function say() {
    const { chamber, hidden } = state;
    const { species, chambers } = course.network;
    const value = course.at(course.time);
    const amounts = species.flatMap((name, i) => (hidden.has(name) ? [] : `${name} ${short(value(chamber, i), 3)}`));
    const now = `Chamber ${chamber + 1} at time ${short(course.time, 3)}: ${amounts.join(", ") || "nothing shown"}`;
    told.say(now);
    const through = chambers.membranes.map((_, k) =>
      chambers.passes.filter((pass) => pass.membrane === k && permeability(pass) > 0),
    );
    const text = `A full chamber has ${short(top)}. ${described(through)}`;
    if (scale.textContent !== text) scale.textContent = text;
  }

  function described(through) {
    if (!through.length) return "There are no membranes.";
    if (evenly(through)) return `Membranes let pass ${passing(through[0])}.`;
    if (through.length > FEW) return "The wider a membrane's line, the faster its species passes.";
    const each = course.network.chambers.membranes.map(
      ([i, j], membrane) => `${i + 1}–${j + 1} ${passing(through[membrane])}`,
    );
    return `Membranes let pass: ${each.join("; ")}.`;
  }

  build();
  const leaveCanvas = followCanvas(canvas, (now) => {
    width = now;
    picture = look = null;
    course.schedule();
  });
  el.append(root);
  course.schedule();

  return () => {
    leaveCanvas();
    told.close();
    course.close();
    root.remove();
  };
}

/** A number at or little above this one, easy to read. */
function rounded(value) {
  if (!(value > 0)) return 1;
  const step = 10 ** Math.floor(Math.log10(value) - 1);
  return Number((Math.ceil(value / step - 1e-6) * step).toPrecision(12));
}

export default hearing({ render });
