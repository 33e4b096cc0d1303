// A field to draw a digit on: with a mouse, a finger or a pen, or with keys.
import { element } from "../lib/dom.js";
import { paintGrey } from "./grey.js";
import { Ink } from "./ink.js";

const KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** A picture of so many pixels a side, drawn on; `changed()` is called when a hand has drawn. */
export class Pad {
  #ink;
  #full; // how much ink a line has
  #changed;
  #canvas = element("canvas", "crn-ink");
  #pen = element("span", "crn-pen");
  #stroke = null; // the pointer that draws, and where it was
  #place = [0.5, 0.2]; // of the keys' pen,
  #lowered = false; // and whether it draws

  constructor(side, full, changed) {
    this.#ink = new Ink(side);
    this.#full = full;
    this.#changed = changed;
    const { across } = this.#ink;
    Object.assign(this.#canvas, { width: across, height: across });
    this.#canvas.setAttribute("aria-hidden", "true");
    this.node = element("div", "crn-pad", this.#canvas, this.#pen);
    this.node.tabIndex = 0;
    this.node.setAttribute("role", "application");
    this.#name();
    this.node.addEventListener("pointerdown", (event) => this.#down(event));
    this.node.addEventListener("pointermove", (event) => this.#move(event));
    for (const end of ["pointerup", "pointercancel"]) this.node.addEventListener(end, () => (this.#stroke = null));
    this.node.addEventListener("keydown", (event) => this.#key(event));
    this.node.addEventListener("blur", () => this.#lower(false));
  }

  /** Whether a hand is drawing. */
  get busy() {
    return this.#stroke !== null;
  }

  /** What the ink comes to, a number a pixel. */
  get values() {
    return this.#ink.picture();
  }

  /** Show a picture in place of what is there. */
  set values(picture) {
    this.#ink.show(picture);
  }

  paint(colors) {
    paintGrey(this.#canvas, this.#ink.cells, this.#full, colors);
    this.#point();
  }

  /** Show where the keys' pen is. */
  #point() {
    const [x, y] = this.#place;
    Object.assign(this.#pen.style, { left: `${100 * x}%`, top: `${100 * y}%` });
  }

  #down(event) {
    if (event.button !== 0 || this.#stroke) return;
    event.preventDefault(); // no selection
    this.node.focus({ preventScroll: true });
    this.node.setPointerCapture(event.pointerId);
    const at = this.#at(event);
    this.#stroke = { id: event.pointerId, at };
    this.#line(at, at);
  }

  #move(event) {
    if (event.pointerId !== this.#stroke?.id) return;
    const events = event.getCoalescedEvents?.() ?? [];
    for (const each of events.length ? events : [event]) {
      const at = this.#at(each);
      this.#line(this.#stroke.at, at);
      this.#stroke.at = at;
    }
  }

  #at(event) {
    const box = this.#canvas.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
  }

  #line(from, to) {
    this.#ink.draw(from, to, this.#full);
    this.#changed();
  }

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const step = KEYS[event.key];
    if (step) {
      const from = this.#place;
      const by = Math.min(1 / this.#ink.side, 1 / 16) * (event.shiftKey ? 3 : 1);
      this.#place = from.map((share, i) => Math.min(1, Math.max(0, share + by * step[i])));
      if (this.#lowered) this.#line(from, this.#place);
      else this.#point();
    } else if (event.key === " " && !event.repeat) {
      this.#lower(!this.#lowered);
      if (this.#lowered) this.#line(this.#place, this.#place);
    } else if (event.key === "Escape" && this.#lowered) {
      this.#lower(false);
    } else if (event.key !== " ") {
      return;
    }
    event.preventDefault();
  }

  #lower(lowered) {
    this.#lowered = lowered;
    this.node.classList.toggle("crn-lowered", lowered);
    this.#name();
  }

  #name() {
    const pen = this.#lowered ? "the pen is down" : "the pen is up";
    this.node.setAttribute("aria-label", `Field to draw on, ${pen}: arrow keys move it, Space lowers or lifts it`);
  }
}
