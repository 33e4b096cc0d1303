// A mistake in the rules, in words and in place.

import { element } from "./dom.js";

/** A message as nodes; what stands between backticks is code. */
function prose(text) {
  return text.split("`").map((part, i) => (i % 2 ? element("code", "", part) : part));
}

/** What a person reads about a mistake, as nodes: the message, then the hint. */
export function explanation({ message, hint }) {
  return hint ? [...prose(message), " – ", element("strong", "", ...prose(hint))] : prose(message);
}

/** Where a mistake stands in a CodeMirror document: {from, to}. Python counts characters, CodeMirror UTF-16 units. */
export function extent(doc, { line, column, endColumn }) {
  const { from, to, text } = doc.line(Math.min(line, doc.lines));
  const before = (place) => Array.from(text).slice(0, place - 1).join("").length;
  return { from: from + before(column), to: Math.min(from + before(endColumn), to) };
}
