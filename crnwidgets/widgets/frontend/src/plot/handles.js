// What the hand takes hold of: a round handle a species at t = 0, and a marker with a square one for each intervention.
import { decimalStep, niceStep, roundTo, short } from "../lib/format.js";
import { OPERATIONS } from "../lib/network.js";

// Widths in pixels, as the style sheet has them.
const MARKER = 16;
const ROUND = 20;
const INITIAL = "Initial concentration of";
const DIRECTIONS = {
  ArrowUp: [0, 1],
  ArrowDown: [0, -1],
  ArrowRight: [1, 0],
  ArrowLeft: [-1, 0],
  PageUp: [0, 10],
  PageDown: [0, -10],
};

/**
 * The handles over a chart. `moved()` is called when the hand has changed a value of `state`, `released()` when it
 * has let go.
 */
export class Handles {
  #chart;
  #state;
  #moved;
  #released;
  #initial = [];
  #events = [];
  #widths = new Map();

  constructor(chart, state, { moved, released }) {
    this.#chart = chart;
    this.#state = state;
    this.#moved = moved;
    this.#released = released;
    this.#initial = state.network.species.map((name, i) => this.#initialHandle(name, i));
    this.rebuildEvents();
  }

  /** Follow a list of interventions that has changed elsewhere; handles whose intervention stays keep their focus. */
  rebuildEvents() {
    const kept = new Map(this.#events.map((marker) => [marker.event, marker]));
    this.#events = this.#state.events.map((event) => kept.get(event) ?? this.#eventMarker(event));
    for (const { event, line, element } of kept.values()) {
      if (this.#state.events.includes(event)) continue;
      line.remove();
      element.remove();
    }
  }

  /**
   * Put every handle where its value is, or where `levels` has the start of its curve while that moves; those that would
   * cover one another move aside.
   */
  place(eventLevels, levels) {
    const { chamber, hidden, network, initial, duration } = this.#state;
    const where = network.chambers ? ` in chamber ${chamber + 1}` : "";
    const chart = this.#chart;
    const taken = [];
    const isHeld = ({ element }) => element.classList.contains("crn-held");
    const held = (list) => [...list].sort((a, b) => isHeld(b) - isHeld(a));
    for (const { element, species } of held(this.#initial)) {
      element.hidden = hidden.has(network.species[species]);
      if (element.hidden) continue;
      // A long name grows away from the labels of the axis.
      const width = this.#width(element);
      put(element, this.#free(taken, chart.x(0) + (width - ROUND) / 2, chart.y(levels[species]), width, 1));
      const label = `${INITIAL} ${network.species[species]}${where}`;
      if (element.getAttribute("aria-label") !== label) element.setAttribute("aria-label", label);
      describe(element, {
        now: initial[species],
        max: chart.top,
        text: `${network.species[species]} = ${short(initial[species])}`,
      });
    }
    for (const marker of held(this.#events)) {
      const { element, line, tag, event } = marker;
      const name = network.species[event.species];
      element.hidden = line.hidden = hidden.has(name) || event.time > duration || !this.#state.concerns(event);
      if (element.hidden) continue;
      const level = eventLevels[this.#state.events.indexOf(event)];
      const x = chart.x(event.time);
      const y = chart.y(Math.min(Number.isFinite(level) ? level : event.amount, chart.top));
      put(element, this.#free(taken, x, y, MARKER, x > chart.area.width - 60 ? -1 : 1));
      line.style.left = `${x}px`;
      tag.textContent = `${name} ${OPERATIONS[event.operation]} ${short(event.amount)}`;
      // Near the right edge there is room for the words on the left only.
      tag.classList.toggle("crn-leftward", x > chart.area.width - 90);
      describe(element, {
        now: event.amount,
        max: Math.max(chart.top, event.amount),
        text: `at ${short(event.time)}: ${tag.textContent}`,
      });
    }
    this.#stagger();
  }

  /** The width of a handle, measured once: not before it is in the page. */
  #width(element) {
    if (!this.#widths.get(element)) this.#widths.set(element, element.offsetWidth);
    return this.#widths.get(element) || ROUND;
  }

  /** The place nearest to (x, y) in this direction where nothing is yet; the next row up once the width is used. */
  #free(taken, x, y, width, direction) {
    const spot = { x, y, width };
    const covers = (other) =>
      Math.abs(other.y - spot.y) < MARKER + 2 && Math.abs(other.x - spot.x) < (other.width + width) / 2 + 1;
    for (let other = taken.find(covers); other; other = taken.find(covers)) {
      spot.x = other.x + direction * ((other.width + width) / 2 + 2);
      if (spot.x < 0 || spot.x > this.#chart.area.width) {
        spot.x = x;
        spot.y -= MARKER + 3;
      }
    }
    taken.push(spot);
    return spot;
  }

  /** Words of interventions close in time go one below the other. */
  #stagger() {
    const ends = [];
    for (const { tag, line, event } of [...this.#events].sort((a, b) => a.event.time - b.event.time)) {
      if (line.hidden) continue;
      const x = this.#chart.x(event.time);
      const from = tag.classList.contains("crn-leftward") ? x - 90 : x;
      const row = [0, 1, 2, 3].find((r) => !(ends[r] > from)) ?? 3;
      ends[row] = from + 90;
      tag.style.top = `${2 + 17 * row}px`;
    }
  }

  #initialHandle(name, species) {
    const element = handle("crn-handle", `${INITIAL} ${name}`);
    element.style.setProperty("--crn-color", this.#state.network.colors[species]);
    const label = document.createElement("span");
    label.className = "crn-handle-name";
    label.textContent = name;
    element.append(label);
    element.setAttribute("aria-orientation", "vertical");
    element.dataset.species = name;
    this.#drag(element, {
      hold: () => this.#state.hold("initial", species),
      read: () => ({ x: 0, y: this.#state.initial[species] }),
      write: ({ y }) => this.#state.setInitial(species, Math.max(0, y)),
    });
    this.#chart.over.append(element);
    return { element, species };
  }

  #eventMarker(event) {
    const name = this.#state.network.species[event.species];
    const line = document.createElement("div");
    line.className = "crn-event";
    line.setAttribute("aria-hidden", "true");
    const tag = document.createElement("span");
    tag.className = "crn-event-tag";
    line.append(tag);
    const element = handle("crn-marker", `Intervention on ${name}`);
    element.setAttribute("aria-roledescription", "slider in time and concentration");
    const color = this.#state.network.colors[event.species];
    for (const part of [line, element]) part.style.setProperty("--crn-color", color);
    // Lowering by more moves the level down.
    const sign = event.operation === 2 ? -1 : 1;
    this.#drag(element, {
      hold: () => this.#state.hold("events", event),
      read: () => ({ x: event.time, y: sign * event.amount }),
      write: ({ x, y }) => {
        this.#state.setEvent(event, { time: Math.min(x, this.#state.duration), amount: Math.max(0, sign * y) });
      },
      sign,
    });
    this.#chart.over.append(line, element);
    return { element, line, tag, event };
  }

  /**
   * Mouse, touch and keys for one handle. Movement is relative: the value follows the way of the hand in the scale of
   * the moment, so that a scale that grows meanwhile does not feed on itself.
   */
  #drag(element, { hold, read, write, sign = 1 }) {
    let last = null;
    let raw = null;
    const take = () => {
      hold();
      raw = read();
      element.classList.add("crn-held");
    };
    const letGo = () => {
      if (!raw) return;
      last = raw = null;
      element.classList.remove("crn-held");
      this.#state.release();
      this.#released();
    };
    element.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      event.preventDefault();
      event.stopPropagation();
      element.setPointerCapture(event.pointerId);
      element.focus({ preventScroll: true });
      take();
      last = { x: event.clientX, y: event.clientY };
    });
    element.addEventListener("pointermove", (event) => {
      if (!last) return;
      const units = this.#chart.unitsPerPixel;
      raw.x += (event.clientX - last.x) * units.x;
      raw.y -= (event.clientY - last.y) * units.y;
      last = { x: event.clientX, y: event.clientY };
      write({
        x: Math.max(0, roundTo(raw.x, decimalStep(units.x))),
        y: roundTo(raw.y, decimalStep(units.y)),
      });
      this.#moved();
    });
    for (const type of ["pointerup", "pointercancel", "lostpointercapture"]) element.addEventListener(type, letGo);
    // uPlot would take it for the start of a selection.
    element.addEventListener("mousedown", (event) => event.stopPropagation());

    element.addEventListener("keydown", (event) => {
      const direction = event.key === "Home" ? [0, 0] : DIRECTIONS[event.key];
      if (!direction || event.ctrlKey || event.metaKey || event.altKey || last) return;
      event.preventDefault();
      event.stopPropagation();
      if (!raw) take();
      const { width, height } = this.#chart.area;
      const units = this.#chart.unitsPerPixel;
      const factor = event.shiftKey ? 10 : 1;
      const from = read();
      const step = { x: niceStep((units.x * width) / 100), y: niceStep((units.y * height) / 100) };
      // A handle that only goes up and down takes the sideways keys for the same, as sliders do.
      const up = direction[1] || (element.classList.contains("crn-marker") ? 0 : direction[0]);
      write({
        x: Math.max(0, roundTo(from.x + direction[0] * factor * step.x, decimalStep(step.x) / 10)),
        // The keys change the number, whichever way the level then moves.
        y: event.key === "Home" ? 0 : roundTo(from.y + sign * up * factor * step.y, decimalStep(step.y) / 10),
      });
      this.#moved();
    });
    element.addEventListener("keyup", () => last || letGo());
    element.addEventListener("blur", letGo);
  }
}

function handle(className, label) {
  const element = document.createElement("div");
  element.className = className;
  element.tabIndex = 0;
  element.setAttribute("role", "slider");
  element.setAttribute("aria-label", label);
  element.setAttribute("aria-valuemin", "0");
  return element;
}

const put = (element, { x, y }) => {
  // Half a pixel: a handle that hardly moves is not painted anew.
  const [left, top] = [x, y].map((place) => Math.round(2 * place) / 2);
  element.style.transform = `translate(${left}px, ${top}px) translate(-50%, -50%)`;
};

function describe(element, { now, max, text }) {
  if (element.dataset.value === text) return;
  element.dataset.value = text; // shown beside the handle by the style sheet
  element.setAttribute("aria-valuenow", String(now));
  element.setAttribute("aria-valuemax", short(max));
  element.setAttribute("aria-valuetext", text);
}
