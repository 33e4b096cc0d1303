// What the hand takes hold of: an element over each disc, a slider of the concentration in it.
import { element } from "../lib/dom.js";
import { decimalStep, niceStep, roundTo, short } from "../lib/format.js";

const STEPS = { ArrowUp: 1, ArrowDown: -1, PageUp: 10, PageDown: -10 };
const WAYS = { ArrowRight: 1, ArrowLeft: -1 };
const STILL = 3; // pixels that a hand may shake while it only points
const TRAVEL = 110; // pixels at least from nothing to the most

/**
 * The elements over the discs of a course. `select(chamber)` is called when one is chosen, `grab(chamber, share)` when a
 * hand begins to drag one that it had taken hold of at this share of its height, `moved()` when the concentration has
 * changed, and `released(dragged)` once it is let go.
 */
export class Discs {
  #stage;
  #course;
  #calls;
  #items = [];
  #top = 1;
  #radius = 1;

  constructor(stage, course, calls) {
    this.#stage = stage;
    this.#course = course;
    this.#calls = calls;
  }

  /** Make one for each chamber. */
  build() {
    for (const item of this.#items) item.remove();
    this.#items = Array.from({ length: this.#course.count }, (_, chamber) => this.#disc(chamber));
    this.#stage.append(...this.#items);
  }

  place({ places, radius }) {
    this.#radius = radius;
    this.#items.forEach((item, chamber) => {
      const [x, y] = places[chamber];
      Object.assign(item.style, {
        left: `${x - radius}px`,
        top: `${y - radius}px`,
        width: `${2 * radius}px`,
        height: `${2 * radius}px`,
      });
    });
  }

  /** Say what is in each; `top` is what fills a disc. */
  describe(top) {
    this.#top = top;
    const { network, chosen, state, count } = this.#course;
    const name = network.species[chosen];
    const size = network.species.length;
    this.#items.forEach((item, chamber) => {
      const value = state.all[chamber * size + chosen];
      const text = `${name} = ${short(value)}`;
      const label = `Initial concentration of ${name} in chamber ${chamber + 1} of ${count}`;
      if (item.dataset.value !== text) {
        item.dataset.value = text;
        item.setAttribute("aria-valuenow", String(value));
        item.setAttribute("aria-valuetext", text);
      }
      if (item.getAttribute("aria-label") !== label) item.setAttribute("aria-label", label);
      const shown = chamber === state.chamber;
      item.setAttribute("aria-current", String(shown));
      item.tabIndex = shown ? 0 : -1;
      item.setAttribute("aria-valuemax", short(Math.max(top, value)));
    });
  }

  #disc(chamber) {
    const item = element("div", "crn-disc");
    for (const [name, value] of Object.entries({ role: "slider", "aria-orientation": "vertical", "aria-valuemin": 0 })) {
      item.setAttribute(name, value);
    }
    item.dataset.chamber = chamber;
    this.#drag(item, chamber);
    return item;
  }

  /** Mouse, touch and keys for one disc. */
  #drag(item, chamber) {
    const course = this.#course;
    const { select, grab, moved, released } = this.#calls;
    let start = null; // where the pointer went down, and the concentration there once it is dragged
    let keyed = false;
    const take = () => {
      course.state.hold("initial", course.chosen);
      item.classList.add("crn-held");
    };
    const write = (value) => {
      course.state.setInitial(course.chosen, Math.max(0, value));
      moved();
    };
    const letGo = () => {
      const dragged = start?.value !== undefined;
      const changed = dragged || keyed;
      start = null;
      keyed = false;
      if (!changed) return;
      item.classList.remove("crn-held");
      course.state.release();
      released(dragged);
    };
    item.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      event.preventDefault();
      item.setPointerCapture(event.pointerId);
      item.focus({ preventScroll: true });
      select(chamber);
      const box = item.getBoundingClientRect();
      start = { y: event.clientY, share: (box.bottom - event.clientY) / box.height };
    });
    item.addEventListener("pointermove", ({ clientY }) => {
      if (!start) return;
      if (start.value === undefined) {
        if (Math.abs(clientY - start.y) < STILL) return;
        grab(chamber, start.share);
        take();
        start = { y: clientY, value: course.state.initial[course.chosen], unit: this.#unit };
      }
      write(roundTo(start.value + (start.y - clientY) * start.unit, decimalStep(start.unit)));
    });
    for (const type of ["pointerup", "pointercancel", "lostpointercapture", "blur"]) item.addEventListener(type, letGo);
    item.addEventListener("keyup", () => start || letGo());
    item.addEventListener("focus", () => select(chamber));
    item.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || start) return;
      if (event.key in WAYS) {
        this.#items[(chamber + WAYS[event.key] + course.count) % course.count].focus();
      } else if (event.key in STEPS || event.key === "Home") {
        if (!keyed) take();
        keyed = true;
        const step = niceStep(this.#top / 50);
        const by = (STEPS[event.key] ?? 0) * (event.shiftKey ? 10 : 1) * step;
        const from = course.state.initial[course.chosen];
        write(event.key === "Home" ? 0 : roundTo(from + by, decimalStep(step) / 10));
      } else {
        return;
      }
      event.preventDefault();
    });
  }

  /** How much a pixel of the way is. */
  get #unit() {
    return this.#top / Math.max(2 * this.#radius, TRAVEL);
  }
}
