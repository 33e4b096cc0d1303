// The controls of a training run.
import { element, region } from "./lib/dom.js";
import { short } from "./lib/format.js";
import { hearing } from "./lib/hearing.js";
import { Pace } from "./lib/pace.js";
import { MemberChoice, Reset } from "./training/choice.js";
import { History } from "./training/history.js";
import { group, set } from "./training/parts.js";
import { Session } from "./training/session.js";
import { Settings } from "./training/settings.js";
import { Transport } from "./training/transport.js";
import "./training-panel.css";

const SHARE = 0.02; // of the page's time, for what changes while it trains

/** The two sides of one `TrainingPanel`: frames are taken once a model, and shown in each of its views. */
export default () => {
  let session = null;

  function initialize({ model }) {
    session = new Session(model, (paint) => requestAnimationFrame(paint));
    // A page that was hidden paints nothing and acknowledges nothing: it asks for what is now.
    const shown = () => document.hidden || session.ready();
    document.addEventListener("visibilitychange", shown);
    return () => {
      document.removeEventListener("visibilitychange", shown);
      session.close();
    };
  }

  function render({ el }) {
    const controls = element("fieldset", "crn-training-controls");
    controls.setAttribute("role", "none"); // it is there to be disabled as a whole
    const status = element("div", "crn-status");
    const summary = element("div", "crn-summary");
    for (const live of [status, summary]) live.setAttribute("role", "status");
    const root = region("crn-training-panel", "Training", controls, status, summary);
    root.addEventListener("keydown", (event) => {
      if (event.key !== " " || event.ctrlKey || event.metaKey || event.altKey) return;
      // These have a use for the key of their own.
      if (event.target.closest("button, select, input[type=checkbox]")) return;
      event.preventDefault();
      if (!event.repeat) session.toggle();
    });
    const parts = [Transport, History, Settings].map((Part) => new Part(controls, session));
    const last = group("crn-ends", "Network and start");
    const [choice, reset] = [new MemberChoice(last, session), new Reset(last, session)];
    controls.append(last);
    el.append(root);

    const pace = new Pace(SHARE, paint, root);
    function paint() {
      for (const part of [...parts, choice, reset]) part.paint();
      set(controls, "disabled", !session.connected);
      set(status, "textContent", session.status.text);
      status.classList.toggle("crn-harmless", session.status.harmless);
      set(summary, "textContent", summarised(session));
    }
    const unwatch = session.watch((urgent) => (urgent ? pace.now() : pace.request()));
    return () => {
      unwatch();
      pace.close();
      reset.close();
      root.remove();
    };
  }

  return hearing({ initialize, render });
};

/** What a screen reader is told: only while nothing moves, for it cannot follow ten changes a second. */
function summarised({ frame, playing, past }) {
  if (playing) return "Training.";
  if (!frame) return "";
  const best = Number.isFinite(frame.best.loss) ? `, best loss ${short(frame.best.loss, 3)}` : "";
  return `Paused at step ${past ?? frame.step}${best}.`;
}
