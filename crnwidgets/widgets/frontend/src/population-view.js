// All networks of a population as small pictures, which glide from one frame of the training to the next.
import { button, element, region } from "./lib/dom.js";
import { short } from "./lib/format.js";
import { chosenMember, readFrame, send } from "./lib/frames.js";
import { hearing } from "./lib/hearing.js";
import { Pace } from "./lib/pace.js";
import { decodeEvents } from "./lib/network.js";
import { followTheme } from "./lib/theme.js";
import { Curves } from "./population/curves.js";
import { layOut, Painter } from "./population/painter.js";
import { ends, flatLoss, LEVEL_COLORS, lossLevel } from "./population/scale.js";
import { CaseChoice } from "./training/choice.js";
import "./population-view.css";

const MOST = 200; // pictures: nobody looks at more
const POINTS = 64; // of a curve within the time of training
// Of the page's time, for pictures that glide.
const SHARE = 0.05;
// Milliseconds until networks that wait are computed from the same frame, where no other one comes.
const REST = 150;
// Milliseconds between two changes of what is said in words.
const SAY = 1000;

/** The two sides of one `PopulationView`: frames are taken once a model, and shown in each of its views. */
export default () => {
  const inbox = { frame: null, listeners: new Set() };
  return hearing({
    initialize: ({ model }) => receiveFrames(model, inbox),
    render: ({ model, el }) => show(model, el, inbox),
  });
};

/** Keep the latest frame in the inbox, whether it is shown or not; returns what ends that. */
function receiveFrames(model, inbox) {
  const receive = (content, buffers) => {
    if (content?.type !== "frame") return;
    inbox.frame = readFrame(content, buffers, inbox.frame);
    for (const listener of inbox.listeners) listener();
    if (model.get("_relayed")) return;
    // While nothing is trained each frame may tell of something new, such as another task.
    if (content.playing && !content.awaited) return;
    // In the order of requests: once the views have painted this one.
    requestAnimationFrame(() => send(model, { type: "refresh", painted: content.id }));
  };
  model.on("msg:custom", receive);
  model.send({ type: "ready" });
  return () => model.off("msg:custom", receive);
}

/** Show the networks of the inbox's frame in `el`; returns what takes it down again. */
function show(model, el, inbox) {
  const summary = element("span", "crn-summary");
  const follow = button("Follow the best", () => select(-1));
  const beyond = button("Twice the time", () => write("beyond", !model.get("beyond")));
  const [most, least] = [element("span"), element("span")]; // the ends of the colours
  const band = element("span", "crn-band");
  const key = element("span", "crn-key");
  const canvases = [element("canvas"), element("canvas")];
  const cells = element("div", "crn-cells", ...canvases);
  const note = element("span", "crn-note");
  const scroll = element("div", "crn-scroll", cells);
  const bar = element("div", "crn-bar", summary);
  const legend = element("div", "crn-legend", key, note);
  const root = region("crn-population-view", "Population of networks", bar, scroll, legend);
  band.style.background = `linear-gradient(to right, ${LEVEL_COLORS.join(", ")})`;
  for (const canvas of canvases) canvas.setAttribute("aria-hidden", "true");
  // Of several views of a page the one whose frames they are has it.
  const cases = model.get("_relayed")
    ? null
    : new CaseChoice(bar, {
        about: () => model.get("_about"),
        number: () => model.get("case"),
        choose: (number) => write("case", number),
      });
  bar.append(follow, beyond);
  cells.setAttribute("role", "listbox");
  cells.setAttribute("aria-label", "Networks");
  follow.title = "Show the network with the lowest loss, whichever it is";
  beyond.title = "Show also what the networks do after the time of training";

  const painter = new Painter(...canvases);
  let about, count, worst, curves, grid;
  let options = [];
  let width = 0;
  let prepared = false;
  let arrived = true; // a frame that the curves have not set out for yet
  let waiting = 0;
  let saying = 0;

  function write(name, value) {
    model.set(name, value);
    model.save_changes();
  }

  const select = (member) => write("selected", member);

  // -- what is there --------------------------------------------------------------------------------------------------

  function build() {
    about = model.get("_about");
    count = Math.min(MOST, about.population);
    worst = about.target ? flatLoss(about.target) : 0; // then losses have no colours
    const focused = options.indexOf(document.activeElement);
    if (options.length !== count) {
      options = Array.from({ length: count }, (_, member) => option(member));
      cells.replaceChildren(...canvases, ...options);
      stopAt(Math.min(count - 1, Math.max(0, model.get("selected"))));
      if (focused >= 0) options[Math.min(focused, count - 1)].focus();
    }
    key.replaceChildren(...(worst > 0 ? ["loss ", most, band, least] : []));
    prepared = false;
    pace.now();
  }

  function option(member) {
    const node = element("div", "crn-cell");
    node.setAttribute("role", "option");
    node.dataset.member = member;
    return node;
  }

  /** Sizes, scales and colours; the curves start anew. */
  function prepare() {
    // Without a target it is the networks that say how much there is.
    prepared = Boolean(about.target || inbox.frame);
    grid = layOut(width, count);
    cells.style.setProperty("--columns", grid.columns);
    cells.style.setProperty("--cell", `${grid.width}px`);
    cells.style.setProperty("--height", `${grid.height}px`);
    const times = model.get("beyond") ? 2 : 1;
    const end = times * about.duration;
    curves = new Curves(about, count, end, times * (POINTS - 1) + 1);
    const top = (about.target ? 1.25 * Math.max(...about.target) : total(inbox.frame, about)) || 1;
    const style = getComputedStyle(root);
    const [text, muted, area] = ["--crn-text", "--crn-muted", "--crn-area"].map((n) => style.getPropertyValue(n));
    painter.prepare(
      grid,
      count,
      { top, end, times: curves.times, target: about.target ?? null, until: about.duration },
      { text, muted, area, curves: about.outputs.map((i) => about.colors[i]) },
    );
    arrived = true;
    const shown = count < about.population ? `The first ${count} of ${about.population} networks` : "Each network";
    const outputs = about.outputs.map((i) => about.species[i]).join(", ");
    const what = about.target ? `${outputs} over its target, in grey,` : outputs;
    const colors = worst > 0 ? " Orange: no better than a level line; blue: as good as the best so far." : "";
    note.textContent =
      `${shown}: loss, number of reactions, and ${what} from time 0 to ${short(end)}. ★: the lowest loss now.${colors}`;
  }

  // -- painting -------------------------------------------------------------------------------------------------------

  const pace = new Pace(SHARE, paint, root);

  function paint() {
    if (!width) return;
    if (!prepared) prepare();
    mark();
    if (!inbox.frame) return;
    const now = performance.now();
    if (arrived) take(now);
    const moving = curves.move(now);
    const { losses, counts } = inbox.frame;
    const best = chosenMember(inbox.frame, -1);
    const colors = ends(worst, inbox.frame.best.loss);
    for (let member = 0; member < count; member++) {
      const loss = losses[member];
      const words = Number.isFinite(loss) ? [loss.toExponential(1), String(counts[member])] : ["left out", ""];
      if (member === best) words[0] = `★ ${words[0]}`;
      painter.paint(member, curves.rows(member), worst > 0 ? lossLevel(loss, colors) : null, words);
    }
    root.dispatchEvent(new CustomEvent("crn-draw"));
    saying ||= setTimeout(say, summary.textContent ? SAY : 0);
    if (moving) pace.request();
  }

  function take(now) {
    arrived = false;
    clearTimeout(waiting);
    if (!curves.take(inbox.frame, now, painter.least)) waiting = setTimeout(receive, REST);
  }

  /** Mark the chosen network; the page changes only where it does. */
  function mark() {
    const selected = model.get("selected");
    const shown = inbox.frame ? chosenMember(inbox.frame, selected) : selected;
    options.forEach((node, member) => set(node, "aria-selected", String(member === shown)));
    set(follow, "aria-pressed", String(selected < 0));
    set(beyond, "aria-pressed", String(model.get("beyond")));
    cases?.paint();
  }

  /** Say it in words, for eyes and screen readers; now and then, for nobody can follow ten a second. */
  function say() {
    saying = 0;
    const { losses, counts } = inbox.frame;
    const best = chosenMember(inbox.frame, -1);
    options.forEach((node, member) => {
      const loss = losses[member];
      const state = Number.isFinite(loss) ? `loss ${short(loss, 2)}, ${reactions(counts[member])}` : "left out";
      const label = `Network ${member + 1}: ${state}${member === best ? ", the best" : ""}`;
      if (set(node, "aria-label", label)) node.title = label;
    });
    const [dull, bright] = ends(worst, inbox.frame.best.loss);
    most.textContent = `≥ ${short(dull, 2)}`;
    least.textContent = `≤ ${short(bright, 2)}`;
    summary.textContent = Number.isFinite(losses[best])
      ? `Best now: network ${best + 1}, loss ${short(losses[best], 2)}, ${reactions(counts[best])}`
      : "";
  }

  function receive() {
    arrived = true;
    pace.request();
  }

  // -- the hand -------------------------------------------------------------------------------------------------------

  function stopAt(member) {
    options.forEach((node, i) => set(node, "tabindex", i === member ? "0" : "-1"));
  }

  cells.addEventListener("focusin", ({ target }) => stopAt(options.indexOf(target)));
  cells.addEventListener("click", ({ target }) => {
    const member = options.indexOf(target);
    if (member < 0) return;
    target.focus();
    select(member);
  });
  cells.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const member = options.indexOf(event.target);
    const places = {
      ArrowRight: member + 1,
      ArrowLeft: member - 1,
      ArrowDown: member + grid.columns,
      ArrowUp: member - grid.columns,
      Home: 0,
      End: count - 1,
    };
    if (event.key in places) options[places[event.key]]?.focus();
    else if (event.key === "Enter" || event.key === " ") select(member);
    else if (event.key === "Escape") select(-1);
    else return;
    event.preventDefault();
  });

  // -- what it follows ------------------------------------------------------------------------------------------------

  const again = () => {
    prepared = false;
    pace.now();
  };
  const listeners = { "change:_about": build, "change:beyond": again };
  for (const name of ["selected", "case"]) listeners[`change:${name}`] = () => pace.now();
  for (const [event, listener] of Object.entries(listeners)) model.on(event, listener);
  inbox.listeners.add(receive);
  const resized = new ResizeObserver(([{ contentRect }]) => {
    if (!contentRect.width || Math.floor(contentRect.width) === width) return;
    width = Math.floor(contentRect.width);
    again();
  });
  const leaveTheme = followTheme(again);
  el.append(root);
  build();
  resized.observe(scroll);

  return () => {
    pace.close();
    for (const timer of [waiting, saying]) clearTimeout(timer);
    resized.disconnect();
    leaveTheme();
    inbox.listeners.delete(receive);
    for (const [event, listener] of Object.entries(listeners)) model.off(event, listener);
    root.remove();
  };
}

/** The most of a species that reacts: what a network of a frame starts with, and what interventions bring, together. */
function total(frame, { species, catalysts, events }) {
  if (!frame) return 0;
  const { initial, size, population } = frame;
  const reacts = species.map((name) => !catalysts.includes(name));
  const added = decodeEvents(events).reduce((all, event) => all + (reacts[event.species] ? event.amount : 0), 0);
  const sum = (member) => reacts.reduce((all, does, i) => all + (does ? initial[member * size + i] : 0), 0);
  return added + Math.max(...Array.from({ length: population }, (_, member) => sum(member)));
}

const reactions = (count) => (count === 1 ? "1 reaction" : `${count} reactions`);

/** Give an element an attribute; false where it had it already. */
function set(node, name, value) {
  if (node.getAttribute(name) === value) return false;
  node.setAttribute(name, value);
  return true;
}
