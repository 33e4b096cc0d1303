// Play, pause and step, and where the run has come to.
import { button, element } from "../lib/dom.js";
import { short } from "../lib/format.js";
import { group, set } from "./parts.js";

/** The buttons that run the training, and what they have done. */
export class Transport {
  #session;
  #play;
  #icon = element("span");
  #text = element("span");
  #step;
  #readings = {};

  constructor(parent, session) {
    this.#session = session;
    this.#play = button("", () => session.toggle());
    this.#play.className = "crn-play";
    this.#play.setAttribute("aria-keyshortcuts", "Space");
    this.#play.append(this.#icon, this.#text);
    this.#step = button("Step", () => session.step());
    this.#step.title = "Make one step";
    const readings = element("div", "crn-readings");
    for (const name of ["step", "speed", "best", "solver"]) {
      this.#readings[name] = element("span", `crn-reading-${name}`);
      readings.append(element("span", "crn-reading", element("span", "crn-muted", name), this.#readings[name]));
    }
    parent.append(group("crn-transport", "Training", this.#play, this.#step, readings));
  }

  paint() {
    const { frame, playing, about } = this.#session;
    set(this.#text, "textContent", playing ? "Pause" : "Play");
    set(this.#icon, "className", `crn-icon ${playing ? "crn-icon-pause" : "crn-icon-play"}`);
    set(this.#play, "title", `${playing ? "Pause" : "Train on"} (Space)`);
    set(this.#step, "disabled", playing);
    this.#read("solver", about.backend);
    if (!frame) return;
    this.#read("step", String(frame.step));
    this.#read("speed", frame.playing ? `${short(frame.speed, 3)}/s` : playing ? "starting" : "paused");
    this.#read("best", judged(frame.best.loss, frame.best.count));
  }

  #read(name, text) {
    set(this.#readings[name], "textContent", text);
  }
}

/** A loss and a number of reactions, in words. */
export function judged(loss, count) {
  if (!Number.isFinite(loss)) return "none yet";
  return `${short(loss, 3)}, ${count} ${count === 1 ? "reaction" : "reactions"}`;
}
