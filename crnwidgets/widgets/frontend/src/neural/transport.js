// The time of the chemistry: going on or standing still, how fast, and where it starts.
import { button, element } from "../lib/dom.js";
import { short } from "../lib/format.js";

const STARTS = { 0: 0, 1: 1, "a million": 1e6 };
const SPEEDS = [0.01, 0.03, 0.1, 0.3, 1, 3, 10];
const LONGEST = 100; // ms; a page that was away does not make up for it

/** Tells how much time passes; `changed()` is called when a hand lets it go on or stops it, `start(level)` to start. */
export class Transport {
  #play;
  #icon = element("span");
  #speed = element("select");
  #clock = element("span", "crn-clock-time");
  #playing = true;
  #last = null; // the moment of the last tick; null where time stood still

  constructor(changed, start) {
    this.#play = button("", () => {
      this.#playing = !this.#playing;
      this.#last = null;
      this.#paint();
      changed();
    });
    this.#play.className = "crn-play";
    this.#play.append(this.#icon, element("span"));
    for (const speed of SPEEDS) this.#speed.append(new Option(String(speed), speed, speed === 1, speed === 1));
    const starts = element("span", "crn-starts", "start from");
    starts.setAttribute("role", "group");
    starts.setAttribute("aria-label", "Start all nodes from");
    for (const [name, level] of Object.entries(STARTS)) starts.append(button(name, () => start(level)));
    const speed = element("label", "", "time ", this.#speed, " a second");
    this.node = element("div", "crn-clock", this.#play, starts, speed, this.#clock);
    this.#paint();
  }

  get playing() {
    return this.#playing;
  }

  /** How much time has passed until the moment `now`, in milliseconds. */
  tick(now) {
    const passed = this.#last === null ? 0 : Math.min(LONGEST, Math.max(0, now - this.#last));
    this.#last = now;
    return (passed / 1000) * Number(this.#speed.value);
  }

  /** Time stands still until the next tick. */
  rest() {
    this.#last = null;
  }

  /** Show the time since the last start. */
  show(time) {
    const text = `t = ${short(time, 3)}`;
    if (this.#clock.textContent !== text) this.#clock.textContent = text;
  }

  #paint() {
    this.#icon.className = `crn-icon ${this.#playing ? "crn-icon-pause" : "crn-icon-play"}`;
    this.#play.lastChild.textContent = this.#playing ? "Pause" : "Go on";
  }
}
