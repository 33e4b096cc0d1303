// The test of a trained network: two buttons, how far it is, what failed, and the figures at its end.
import { button, element, region } from "./lib/dom.js";
import { short } from "./lib/format.js";
import { send } from "./lib/frames.js";
import { hearing } from "./lib/hearing.js";
import { set } from "./training/parts.js";
import "./evaluation-panel.css";

const NUDGE = 1000; // ms after which a message without an answer is followed by another one
const RESTARTED = "The kernel was restarted: run the cell again.";

/** Show an `EvaluationPanel` in `el`; returns what takes it down again. */
function render({ model, el }) {
  const best = button("Test the best so far", () => press({ type: "test", best: true }));
  const shown = button("Test the network looked at", () => press({ type: "test", best: false }));
  const cancel = button("Cancel", () => press({ type: "cancel" }));
  const progress = element("progress");
  const percent = element("span", "crn-muted");
  const running = element("div", "crn-running", progress, percent);
  const verdict = element("div", "crn-verdict");
  const figures = element("dl", "crn-figures");
  const failures = element("ol", "crn-failures");
  const more = element("div", "crn-muted");
  const bar = element("div", "crn-bar", element("strong", "", "Test"), best, shown, cancel);
  const root = region("crn-evaluation-panel", "Test of a network", bar, running, verdict, figures, failures, more);
  progress.max = 1;
  progress.setAttribute("aria-label", "Progress of the test");
  failures.setAttribute("aria-label", "What failed");
  failures.tabIndex = 0; // to scroll it with keys
  verdict.setAttribute("role", "status");
  el.append(root);

  let nudge = 0;

  function press(content) {
    if (!ask(content)) say("crn-failed", RESTARTED);
  }

  /** Send what a report answers; false where the kernel has gone. */
  function ask(content) {
    // ipykernel 7 may overlook a message until the next one comes: then here is one.
    clearTimeout(nudge);
    nudge = setTimeout(() => send(model, { type: "ready" }), NUDGE);
    return send(model, content);
  }

  function hear(content) {
    if (content.type !== "report") return;
    clearTimeout(nudge);
    paint(content.report);
  }

  function say(look, text) {
    verdict.className = `crn-verdict ${look}`;
    set(verdict, "textContent", text);
  }

  function paint(report) {
    const runs = report.state === "running";
    for (const each of [best, shown]) set(each, "disabled", runs);
    set(cancel, "disabled", !runs);
    const measured = Object.entries(report.figures ?? {});
    show(running, runs);
    show(figures, measured.length > 0);
    show(failures, report.failures?.length > 0);
    if (runs) {
      // A test in one piece, or one that has just begun: nobody knows how far it is.
      if (report.progress > 0) progress.value = report.progress;
      else progress.removeAttribute("value");
      const wrong = report.failure_count ? `, ${counted(report.failure_count)} so far` : "";
      set(percent, "textContent", `${Math.floor(100 * report.progress)} %${wrong}`);
    }
    say(...judged(report));
    figures.replaceChildren(...measured.map(([key, value]) => figure(key, value)));
    list(report.failures ?? []);
    const rest = (report.failure_count ?? 0) - (report.failures?.length ?? 0);
    set(more, "textContent", rest > 0 ? `and ${rest} more` : "");
  }

  /** Only what is new, so that somebody who reads it is not disturbed. */
  function list(texts) {
    const before = [...failures.children].map((node) => node.textContent);
    if (before.some((text, i) => text !== texts[i])) failures.replaceChildren();
    failures.append(...texts.slice(failures.children.length).map((text) => element("li", "", text)));
  }

  model.on("msg:custom", hear);
  paint({});
  ask({ type: "ready" }); // for the last report, if there is one
  return () => {
    clearTimeout(nudge);
    model.off("msg:custom", hear);
    root.remove();
  };
}

/** How the verdict looks, and what it says; a symbol as well as a colour. */
function judged({ state, subject, progress, failure_count: count, figures, problem }) {
  if (!state) return ["crn-muted", "Not tested yet."];
  if (state === "running") return ["crn-muted", subject ? `${subject}.` : "Starting…"];
  if (state === "stopped") return ["crn-failed", `✗ The test stopped. ${problem}`];
  if (state === "cancelled") {
    const wrong = count ? `, with ${counted(count)}` : "";
    const what = subject ? ` ${subject}.` : "";
    return ["crn-muted", `Cancelled at ${Math.floor(100 * progress)} %${wrong}.${what}`];
  }
  if (figures.passed === undefined) return ["", `${subject}.`];
  return figures.passed ? ["crn-passed", `✓ Passed. ${subject}.`] : ["crn-failed", `✗ Failed. ${subject}.`];
}

function figure(name, value) {
  const text = typeof value === "number" ? short(value, 4) : value;
  return element("div", "crn-measured", element("dt", "", name.replaceAll("_", " ")), element("dd", "", text));
}

function show(node, shown) {
  set(node.style, "display", shown ? "" : "none");
}

const counted = (count) => (count === 1 ? "1 failure" : `${count} failures`);

export default hearing({ render });
