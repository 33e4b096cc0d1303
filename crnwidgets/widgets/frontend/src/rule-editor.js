// The rule editor: CodeMirror bound to the text that Python parses.
import { autocompletion } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, isolateHistory } from "@codemirror/commands";
import { syntaxHighlighting } from "@codemirror/language";
import { diagnosticCount, forEachDiagnostic, setDiagnostics } from "@codemirror/lint";
import { Annotation, Compartment, EditorState, Transaction } from "@codemirror/state";
import {
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  highlightSpecialChars,
  keymap,
  lineNumbers,
  tooltips,
} from "@codemirror/view";
import { tagHighlighter, tags } from "@lezer/highlight";
import { element } from "./lib/dom.js";
import { hearing } from "./lib/hearing.js";
import { ruleLanguage } from "./lib/rule-language.js";
import {
  completeNames,
  lineOfReaction,
  reactionsAt,
  ruleOutline,
  setHovered,
  setLines,
  setNames,
} from "./lib/rule-outline.js";
import { explanation, extent } from "./lib/rule-problem.js";
import { onlyNumbers, textChanges } from "./lib/text-changes.js";
import "./rule-editor.css";

const SEND_EVERY = 60; // ms from one edit sent to the next: the first goes at once, the other views follow the typing
const COMPLAIN_AFTER = 400; // ms without a keystroke until a mistake is shown: half a rule is not yet a mistake
const POINT_AFTER = 100; // ms that the cursor rests until it points at a reaction: else its way would hold up an edit
const LABEL = "Reaction rules";

const fromModel = Annotation.define();

const colors = tagHighlighter([
  { tag: tags.comment, class: "crn-comment" },
  { tag: tags.number, class: "crn-number" },
  { tag: tags.operator, class: "crn-arrow" },
  { tag: tags.keyword, class: "crn-keyword" },
  { tag: tags.invalid, class: "crn-invalid" },
]);

const swatch = {
  position: 20,
  render({ color }) {
    const node = element("span", "crn-swatch");
    if (color) node.style.backgroundColor = color;
    return node;
  },
};

const summary = ({ species, lines }) =>
  `${species.length} species, ${lines.length} ${lines.length === 1 ? "reaction" : "reactions"}`;

function render({ model, el }) {
  const access = new Compartment();
  const popups = element("div", "crn crn-popups"); // in the page's body: JupyterLab clips what leaves an output
  const status = element("div", "crn-status");
  status.setAttribute("role", "status");
  let unsent = 0; // the timer of an edit that is still to be sent
  let sentAt = -Infinity;
  let resting = 0; // the timer that waits for the cursor to rest
  let typing = 0; // the timer that ends the wait before a mistake is shown
  let knownEdit = model.get("_typed").edit;
  let shownOutline = null;
  let shownProblem = null;
  let pointed = -1; // the reaction that pointer or cursor in this editor point at
  let scheduled = false;
  let closed = false;

  const modelText = () => model.get("rules").replace(/\r\n?/g, "\n");
  const upToDate = () => !unsent && model.get("_written").edit >= model.get("_typed").edit;

  function accessibility() {
    const fixed = model.get("read_only");
    const attributes = fixed ? { tabindex: "0", "aria-readonly": "true" } : {};
    return [
      EditorState.readOnly.of(fixed),
      EditorView.editable.of(!fixed),
      EditorView.contentAttributes.of(attributes),
    ];
  }

  const view = new EditorView({
    doc: modelText(),
    extensions: [
      lineNumbers(),
      highlightActiveLine(),
      highlightActiveLineGutter(),
      highlightSpecialChars(),
      EditorView.lineWrapping,
      history(),
      ruleLanguage,
      syntaxHighlighting(colors),
      ruleOutline,
      tooltips({ parent: popups }),
      autocompletion({
        override: [completeNames],
        selectOnOpen: false, // Enter stays a line break until a name has been chosen
        icons: false,
        addToOptions: [swatch],
      }),
      keymap.of([
        { key: "Ctrl-Enter", run: apply },
        { key: "Mod-Enter", run: apply },
        { key: "Mod-s", run: apply, preventDefault: true }, // JupyterLab does not hear it here; the browser would save
        ...defaultKeymap,
        ...historyKeymap,
      ]),
      EditorView.contentAttributes.of(({ state }) => ({
        "aria-label": LABEL,
        "aria-invalid": String(diagnosticCount(state) > 0),
      })),
      access.of(accessibility()),
      EditorView.updateListener.of(updated),
      EditorView.domEventHandlers({
        mousemove: ({ clientY }) => point(positionAtHeight(clientY)),
        mouseleave: () => point(view.hasFocus ? view.state.selection.main.head : null),
        focus: () => setEditing(true),
        blur: () => {
          point(null);
          if (unsent) send();
          setEditing(false);
        },
      }),
    ],
  });
  const root = element("div", "crn crn-rule-editor", view.dom, status);
  root.setAttribute("role", "region");
  root.setAttribute("aria-label", LABEL);
  root.dataset.lmSuppressShortcuts = "true"; // else JupyterLab takes "a", "b", "dd" and Ctrl-Enter for its cells

  // -- from the hand to the model -----------------------------------------------------------------------------

  function updated({ docChanged, selectionSet, transactions }) {
    if (docChanged && !transactions.some((transaction) => transaction.annotation(fromModel))) {
      unsent ||= setTimeout(send, sentAt + SEND_EVERY - performance.now());
      waitForPause();
    }
    if (!selectionSet) return;
    clearTimeout(resting);
    resting = setTimeout(pointAtCursor, POINT_AFTER);
  }

  function send() {
    clearTimeout(unsent);
    unsent = 0;
    sentAt = performance.now();
    knownEdit = model.get("_typed").edit + 1;
    model.set("rules", view.state.doc.toString());
    model.set("_typed", { edit: knownEdit, push: model.get("_written").push });
    model.save_changes();
  }

  function waitForPause() {
    clearTimeout(typing);
    typing = setTimeout(stoppedTyping, COMPLAIN_AFTER);
  }

  function stoppedTyping() {
    clearTimeout(typing);
    typing = 0;
    showProblem();
  }

  function apply() {
    if (unsent) send();
    stoppedTyping();
    return true;
  }

  function setEditing(editing) {
    if (editing === model.get("editing") || model.get("read_only")) return;
    model.set("editing", editing);
    model.save_changes();
  }

  function positionAtHeight(clientY) {
    const height = clientY - view.documentTop;
    return height < view.contentHeight ? view.lineBlockAtHeight(height).from : null;
  }

  function pointAtCursor() {
    if (view.hasFocus) point(view.state.selection.main.head);
  }

  function point(position) {
    const hovered = model.get("hovered");
    if (position === null && hovered !== pointed) return; // another view points at something: leave it that
    const reactions = position === null ? [] : reactionsAt(view.state, position);
    pointed = reactions.includes(hovered) ? hovered : (reactions[0] ?? -1);
    if (pointed === hovered) return;
    model.set("hovered", pointed);
    model.save_changes();
  }

  // -- from the model to the eye ------------------------------------------------------------------------------

  function takeText() {
    const text = modelText();
    const shown = view.state.doc.toString();
    const { edit } = model.get("_typed");
    const typedInAnotherView = edit !== knownEdit;
    knownEdit = edit;
    if (typedInAnotherView) waitForPause();
    // What Python wrote before it had read the last edit does not count.
    if (unsent || text === shown || (!typedInAnotherView && !upToDate())) return;
    const changes = textChanges(shown, text);
    const quiet = onlyNumbers(shown, changes); // a dragged handle must not fill the undo history
    view.dispatch({
      changes,
      annotations: [
        fromModel.of(true),
        quiet ? Transaction.addToHistory.of(false) : isolateHistory.of("full"),
      ],
    });
  }

  function takeOutline() {
    const outline = model.get("_outline");
    const effects = [];
    if (outline !== shownOutline) effects.push(setNames.of(outline));
    if (!shownOutline || (upToDate() && !model.get("error"))) effects.push(setLines.of(outline.lines));
    shownOutline = outline;
    view.dispatch({ effects });
    if (!root.matches(":hover")) pointAtCursor();
  }

  function showProblem() {
    const problem = model.get("error");
    if (problem && (typing || !upToDate())) return;
    const { state } = view;
    const diagnostics = problem?.line
      ? [
          {
            ...extent(state.doc, problem),
            severity: "error",
            message: problem.message,
            renderMessage: () => element("span", "", ...explanation(problem)),
          },
        ]
      : [];
    if (diagnostics.length || diagnosticCount(state)) view.dispatch(setDiagnostics(state, diagnostics));
    showStatus(problem);
  }

  function showStatus(problem) {
    if (!problem) {
      shownProblem = null;
      const text = summary(model.get("_outline"));
      if (status.textContent !== text) status.textContent = text; // what is the same is not to be read out again
      return;
    }
    if (problem === shownProblem) return;
    shownProblem = problem;
    if (!problem.line) {
      status.replaceChildren(element("span", "crn-problem", ...explanation(problem)));
      return;
    }
    const place = `line ${problem.line}, column ${problem.column}: `;
    const button = element("button", "crn-problem", place, ...explanation(problem));
    button.type = "button";
    button.title = "Go there";
    button.addEventListener("click", goToProblem);
    status.replaceChildren(button);
  }

  function goToProblem() {
    forEachDiagnostic(view.state, (_, from) => {
      view.dispatch({ selection: { anchor: from }, scrollIntoView: true });
    });
    view.focus();
  }

  function showHovered() {
    const hovered = model.get("hovered");
    view.dispatch({ effects: setHovered.of(hovered) });
    const line = lineOfReaction(view.state, hovered);
    if (!line || hovered === pointed) return;
    // By hand: CodeMirror would scroll the notebook too.
    const { scrollDOM, documentPadding } = view;
    const block = view.lineBlockAt(line.from);
    const lowest = block.bottom + documentPadding.top + documentPadding.bottom - scrollDOM.clientHeight;
    scrollDOM.scrollTop = Math.max(lowest, Math.min(scrollDOM.scrollTop, block.top));
  }

  function follow() {
    scheduled = false;
    if (closed) return;
    takeText();
    takeOutline();
    showProblem();
  }

  // The parts of one message arrive as one event each; they are taken together.
  function followSoon() {
    if (!scheduled) queueMicrotask(follow);
    scheduled = true;
  }

  const listeners = {
    "change:hovered": showHovered,
    "change:read_only": () => view.dispatch({ effects: access.reconfigure(accessibility()) }),
    "change:rules": followSoon,
    "change:error": followSoon,
    "change:_outline": followSoon,
    "change:_typed": followSoon,
    "change:_written": followSoon,
  };
  for (const [event, listener] of Object.entries(listeners)) model.on(event, listener);
  el.append(root);
  document.body.append(popups);
  follow();
  showHovered();
  setEditing(false); // of a page that was closed while somebody wrote

  return () => {
    if (unsent) send();
    setEditing(false);
    closed = true;
    clearTimeout(typing);
    clearTimeout(resting);
    for (const [event, listener] of Object.entries(listeners)) model.off(event, listener);
    view.destroy();
    root.remove();
    popups.remove();
  };
}

export default hearing({ render });
