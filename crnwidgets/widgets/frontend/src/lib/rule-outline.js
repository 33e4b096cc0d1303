// What Python knows of the rules, shown in the editor: species in their colours, the line of the hovered reaction,
// names to complete.
import { syntaxTree } from "@codemirror/language";
import { RangeSetBuilder, StateEffect, StateField } from "@codemirror/state";
import { Decoration, EditorView, ViewPlugin } from "@codemirror/view";
import { nameOf, tokenize } from "./rule-language.js";

/** Effect: names and colours, `{species, colors, rates, written}`. */
export const setNames = StateEffect.define();
/** Effect: the line of each reaction, from 1. */
export const setLines = StateEffect.define();
/** Effect: the index of the reaction to highlight, or −1. */
export const setHovered = StateEffect.define();

const rateMark = Decoration.mark({ class: "crn-rate" });
const hoveredLine = Decoration.line({ class: "crn-hovered" });

/** Name → mark for every name, and what can be completed. */
function readNames({ species, colors, rates, written }) {
  const marks = new Map(rates.map((name) => [name, rateMark]));
  species.forEach((name, i) => {
    const attributes = { style: `--crn-species: ${colors[i]}` };
    marks.set(name, Decoration.mark({ class: "crn-species", attributes }));
  });
  const completions = written.map((label, i) =>
    i < species.length ? { label, detail: "species", color: colors[i] } : { label, detail: "rate" },
  );
  return { marks, completions };
}

const names = StateField.define({
  create: () => ({ marks: new Map(), completions: [] }),
  update(value, transaction) {
    const effect = transaction.effects.find((e) => e.is(setNames));
    return effect ? readNames(effect.value) : value;
  },
});

const hovered = StateField.define({
  create: () => -1,
  update: (value, transaction) => transaction.effects.find((e) => e.is(setHovered))?.value ?? value,
});

// Where the line of each reaction starts. Until Python has read what is being typed, the places move with the text.
const starts = StateField.define({
  create: () => [],
  update(value, { changes, docChanged, effects, newDoc }) {
    const effect = effects.find((e) => e.is(setLines));
    if (effect) return effect.value.map((line) => newDoc.line(Math.min(line, newDoc.lines)).from);
    return docChanged ? value.map((at) => changes.mapPos(at, 1)) : value;
  },
});

/** The line where a reaction stands, or null. */
export function lineOfReaction(state, index) {
  const at = state.field(starts)[index];
  return at === undefined ? null : state.doc.lineAt(at);
}

/** The indices of the reactions that stand in the line of this position. */
export function reactionsAt(state, position) {
  const line = state.doc.lineAt(position);
  return state.field(starts).flatMap((at, i) => (at >= line.from && at <= line.to ? [i] : []));
}

const highlight = EditorView.decorations.compute([hovered, starts, "doc"], (state) => {
  const line = lineOfReaction(state, state.field(hovered));
  return line ? Decoration.set(hoveredLine.range(line.from)) : Decoration.none;
});

function nameMarks({ state, visibleRanges }) {
  const { marks } = state.field(names);
  const builder = new RangeSetBuilder();
  for (const { from, to } of visibleRanges) {
    syntaxTree(state).iterate({
      from,
      to,
      enter(node) {
        const mark = node.name === "variableName" && marks.get(nameOf(state.sliceDoc(node.from, node.to)));
        if (mark) builder.add(node.from, node.to, mark);
      },
    });
  }
  return builder.finish();
}

const colorNames = ViewPlugin.define((view) => ({ decorations: nameMarks(view), update }), {
  decorations: (plugin) => plugin.decorations,
});

function update({ view, docChanged, viewportChanged, startState, state }) {
  const changed = (read) => read(startState) !== read(state);
  if (docChanged || viewportChanged || changed(syntaxTree) || changed((s) => s.field(names))) {
    this.decorations = nameMarks(view);
  }
}

/** Completion of species and rates; while typing only where a name has begun that is not yet one of them. */
export function completeNames({ state, pos, explicit }) {
  const line = state.doc.lineAt(pos);
  const last = tokenize(line.text.slice(0, pos - line.from)).at(-1);
  const begun = last && last.to === pos - line.from ? last : null;
  if (begun?.type === "comment") return null;
  const { completions } = state.field(names);
  const isName = begun && (begun.type === "variableName" || begun.text.startsWith('"'));
  if (!isName) return explicit ? { from: pos, options: completions } : null;
  if (!explicit && completions.some(({ label }) => label === begun.text)) return null;
  return { from: line.from + begun.from, options: completions };
}

/** The extension that the effects above act upon. */
export const ruleOutline = [names, hovered, starts, highlight, colorNames];
