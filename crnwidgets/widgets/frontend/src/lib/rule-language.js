// The rule language as the editor sees it: tokens for its colours, and names as they are meant.
import { StreamLanguage } from "@codemirror/language";

const NAME = String.raw`(?![₀-₉])[\p{L}\p{Nl}\p{No}_][\p{L}\p{N}_'′]*`;
const QUOTED = String.raw`"(?:[^"\\]|\\["\\])*"`;

// In this order: the first that fits at a place is the token there.
const TOKENS = [
  [null, /\s+/y],
  ["comment", /#.*/y],
  ["variableName", new RegExp(`${NAME}|${QUOTED}`, "uy")],
  ["invalid", /".*/y], // a quote that is still open
  ["operator", /<->|->|<-|[→⟶←⟵⇌⇄↔⟷]/y],
  ["punctuation", /[-−+]=/y],
  // the first stroke of a catalysed arrow, `A -0.8,C-> B`; it looks only a little ahead, so that long lines stay quick
  ["operator", new RegExp(String.raw`[-−](?=(?:${QUOTED}|[^";#{}=]){1,200}?(?:->|[→⟶]))`, "y")],
  ["number", /(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]\d+|[eE]\d+(?![\p{L}\p{N}_'′]))?|∅/uy],
  ["brace", /[{}]/y],
  ["punctuation", /[+\-−=:,;]/y],
  ["invalid", /./uy],
];

/** The token of `line` at `from`: its type (null for space) and end; `first`: whether a statement begins here. */
function tokenAt(line, from, first) {
  for (const [type, pattern] of TOKENS) {
    pattern.lastIndex = from;
    const text = pattern.exec(line)?.[0];
    if (text) {
      const keyword = first && (text === "at" || text === "species");
      return { type: keyword ? "keyword" : type, from, to: from + text.length, text };
    }
  }
  return { type: "invalid", from, to: from + 1, text: line[from] }; // half a surrogate pair
}

/** Whether a statement can begin after this token, given whether one could before it. */
const beginsAfter = (token, before) => token.text === ";" || (before && token.type === null);

/** The tokens of one line, spaces left out: [{type, from, to, text}]. */
export function tokenize(line) {
  const tokens = [];
  for (let at = 0, first = true; at < line.length; ) {
    const token = tokenAt(line, at, first);
    if (token.type) tokens.push(token);
    first = beginsAfter(token, first);
    at = token.to;
  }
  return tokens;
}

/** The name that a token stands for: quotes removed, subscript digits plain. */
export function nameOf(text) {
  if (text.startsWith('"')) return text.slice(1, -1).replace(/\\(.)/g, "$1");
  return text.replace(/[₀-₉]/g, (digit) => String(digit.codePointAt(0) - 0x2080));
}

/** The language for CodeMirror. */
export const ruleLanguage = StreamLanguage.define({
  name: "reaction rules",
  startState: () => ({ first: true }),
  token(stream, state) {
    if (stream.sol()) state.first = true;
    const token = tokenAt(stream.string, stream.pos, state.first);
    stream.pos = token.to;
    state.first = beginsAfter(token, state.first);
    return token.type;
  },
  languageData: { commentTokens: { line: "#" } },
});
