// The time of the chambers: a slider, a button that plays them, and how fast.
import { button, element } from "../lib/dom.js";
import { short } from "../lib/format.js";

const PLAYED = 8000; // ms that the time span takes at speed 1
const POSITIONS = 400;
const SPEEDS = { "¼×": 0.25, "½×": 0.5, "1×": 1, "2×": 2, "4×": 4 };

/** Plays from 0 to `duration`; `moved(time, stays)` is called when a hand moves it, or when it goes on by itself. */
export class Player {
  #moved;
  #play;
  #icon = element("span");
  #slider = element("input");
  #text = element("span", "crn-clock-time");
  #speed = element("select");
  #duration = 1;
  #time = 0;
  #last = null; // when it was played on; null while it stands

  constructor(parent, moved) {
    this.#moved = moved;
    this.#play = button("", () => this.#toggle());
    this.#play.className = "crn-play";
    this.#play.append(this.#icon, element("span"));
    Object.assign(this.#slider, { type: "range", min: 0, max: POSITIONS, step: 1 });
    this.#slider.setAttribute("aria-label", "time");
    this.#slider.addEventListener("input", () => {
      this.#last = null;
      this.#go((this.#slider.valueAsNumber / POSITIONS) * this.#duration, true);
    });
    this.#speed.setAttribute("aria-label", "speed");
    for (const [text, value] of Object.entries(SPEEDS)) {
      this.#speed.append(new Option(text, value, value === 1, value === 1));
    }
    parent.classList.add("crn-clock");
    parent.append(this.#play, this.#slider, this.#text, this.#speed);
  }

  /** Show a time, of a time span. */
  show(time, duration) {
    this.#time = time;
    this.#duration = duration;
    this.#paint();
  }

  /** Go on to the moment `now`, in milliseconds; whether it plays on after that. */
  tick(now) {
    if (this.#last === null) return false;
    const passed = Math.max(0, now - this.#last) * Number(this.#speed.value);
    const time = Math.min(this.#duration, this.#time + (passed / PLAYED) * this.#duration);
    this.#last = time < this.#duration ? now : null;
    this.#go(time, this.#last === null);
    return this.#last !== null;
  }

  /** Play from the beginning. */
  restart() {
    this.#last = performance.now();
    this.#go(0, false);
  }

  /** Stand at the beginning. */
  rewind() {
    this.#last = null;
    if (this.#time !== 0) this.#go(0, true);
  }

  #toggle() {
    if (this.#last !== null) {
      this.#last = null;
      this.#go(this.#time, true);
    } else if (this.#time >= this.#duration) {
      this.restart();
    } else {
      this.#last = performance.now();
      this.#go(this.#time, false);
    }
  }

  #go(time, stays) {
    this.#time = time;
    this.#paint();
    this.#moved(time, stays);
  }

  #paint() {
    const playing = this.#last !== null;
    this.#icon.className = `crn-icon ${playing ? "crn-icon-pause" : "crn-icon-play"}`;
    this.#play.lastChild.textContent = playing ? "Pause" : "Play";
    this.#slider.value = Math.round((this.#time / this.#duration) * POSITIONS);
    const text = `${short(this.#time, 3)} of ${short(this.#duration)}`;
    this.#slider.setAttribute("aria-valuetext", text);
    this.#text.textContent = `time ${text}`;
  }
}
