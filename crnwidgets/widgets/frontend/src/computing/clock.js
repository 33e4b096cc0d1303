// The time at which runs are looked at: a slider, and a button that plays them.
import { button, element } from "../lib/dom.js";
import { short } from "../lib/format.js";
import { timeAt } from "./cases.js";

const PLAYED = 4000; // ms that a run takes to be played
const POSITIONS = 200;

/** Shows a place of the runs, 1 (the end) at first; `changed()` is called when a hand moves it or starts to play. */
export class Clock {
  #changed;
  #play;
  #icon = element("span");
  #slider = element("input");
  #text = element("span", "crn-clock-time");
  #duration = 1;
  #place = 1;
  #last = null; // when it was played on; null while it stands

  constructor(parent, changed) {
    this.#changed = changed;
    this.#play = button("", () => this.#toggle());
    this.#play.className = "crn-play";
    this.#play.append(this.#icon, element("span"));
    Object.assign(this.#slider, { type: "range", min: 0, max: POSITIONS, step: 1 });
    this.#slider.setAttribute("aria-label", "time");
    this.#slider.addEventListener("input", () => {
      this.#last = null;
      this.#place = this.#slider.valueAsNumber / POSITIONS;
      this.#paint();
      changed();
    });
    parent.classList.add("crn-clock");
    parent.append(this.#play, this.#slider, this.#text);
    this.#paint();
  }

  /** The place of the runs that is shown, from 0 to 1. */
  get place() {
    return this.#place;
  }

  set duration(duration) {
    this.#duration = duration;
    this.#paint();
  }

  /** Go on to the moment `now`, in milliseconds; whether it plays on after that. */
  tick(now) {
    if (this.#last === null) return false;
    this.#place = Math.min(1, this.#place + Math.max(0, now - this.#last) / PLAYED);
    this.#last = this.#place < 1 ? now : null;
    this.#paint();
    return this.#last !== null;
  }

  /** Play from the beginning. */
  restart() {
    this.#place = 0;
    this.#last = performance.now();
    this.#paint();
    this.#changed();
  }

  #toggle() {
    if (this.#last !== null) {
      this.#last = null;
      this.#paint();
    } else if (this.#place === 1) {
      this.restart();
    } else {
      this.#last = performance.now();
      this.#paint();
      this.#changed();
    }
  }

  #paint() {
    const playing = this.#last !== null;
    this.#icon.className = `crn-icon ${playing ? "crn-icon-pause" : "crn-icon-play"}`;
    this.#play.lastChild.textContent = playing ? "Pause" : "Play";
    this.#slider.value = Math.round(this.#place * POSITIONS);
    const text = `${short(timeAt(this.#place, this.#duration), 3)} of ${short(this.#duration)}`;
    this.#slider.setAttribute("aria-valuetext", text);
    this.#text.textContent = `time ${text}`;
  }
}
