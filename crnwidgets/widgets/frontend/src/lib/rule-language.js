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
  ["brace", /[{}[\]]/y],
  ["punctuation", /[+\-−=:,;]/y],
  ["invalid", /./uy],
];

const KEYWORDS = ["at", "chambers", "membrane", "species"];
const TIMES = /[x×](?=\s*\d)/y; // of a grid, `chambers 3x4 grid`

/**
 * The token of `line` at `from`: its type (null for space) and end.
 * `first`: whether a statement begins here; `word`: the one that this statement began with.
 */
function tokenAt(line, from, { first, word }) {
  TIMES.lastIndex = from;
  if (word === "chambers" && TIMES.test(line)) {
    return { type: "keyword", from, to: from + 1, text: line[from] };
  }
  for (const [type, pattern] of TOKENS) {
    pattern.lastIndex = from;
    const text = pattern.exec(line)?.[0];
    if (text) {
      const joined = word === "chambers" && type === "variableName"; // "ring", "grid", …
      const keyword = joined || (first && KEYWORDS.includes(text));
      return { type: keyword ? "keyword" : type, from, to: from + text.length, text };
    }
  }
  return { type: "invalid", from, to: from + 1, text: line[from] }; // half a surrogate pair
}

const BEGINNING = { first: true, word: "" };

/** What `tokenAt` must know behind this token, given what it knew before. */
function after(token, before) {
  if (token.text === ";") return BEGINNING;
  if (token.type === null) return before;
  return { first: false, word: before.first ? token.text : before.word };
}

/** The tokens of one line, spaces left out: [{type, from, to, text}]. */
export function tokenize(line) {
  const tokens = [];
  for (let at = 0, place = BEGINNING; at < line.length; ) {
    const token = tokenAt(line, at, place);
    if (token.type) tokens.push(token);
    place = after(token, place);
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
  startState: () => ({ ...BEGINNING }),
  token(stream, state) {
    if (stream.sol()) Object.assign(state, BEGINNING);
    const token = tokenAt(stream.string, stream.pos, state);
    stream.pos = token.to;
    Object.assign(state, after(token, state));
    return token.type;
  },
  languageData: { commentTokens: { line: "#" } },
});
