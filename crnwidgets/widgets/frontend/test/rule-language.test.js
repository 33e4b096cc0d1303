import assert from "node:assert/strict";
import { test } from "node:test";
import { syntaxTree } from "@codemirror/language";
import { EditorState } from "@codemirror/state";
import { nameOf, ruleLanguage, tokenize } from "../src/lib/rule-language.js";

const short = { variableName: "name", operator: "arrow", punctuation: "mark" };
const tokens = (line) => tokenize(line).map(({ type, text }) => `${short[type] ?? type} ${text}`).join(" | ");

test("a compact reaction: both strokes of the arrow, the rate and the catalyst", () => {
  assert.equal(tokens("A -0.8,B-> B"), "name A | arrow - | number 0.8 | mark , | name B | arrow -> | name B");
  assert.equal(tokens("A -B→ B"), "name A | arrow - | name B | arrow → | name B");
  assert.equal(tokens('A -k,"B {2}"-> C'), 'name A | arrow - | name k | mark , | name "B {2}" | arrow -> | name C');
});

test("general reactions: counts, arrows, rates in braces", () => {
  assert.equal(tokens("2X+Y<->Z"), "number 2 | name X | mark + | name Y | arrow <-> | name Z");
  assert.equal(tokens("{1.0,k}"), "brace { | number 1.0 | mark , | name k | brace }");
  assert.equal(tokens("0 -> X1 <- X3"), "number 0 | arrow -> | name X1 | arrow <- | name X3");
  assert.equal(tokens("∅ ⇌ X₁′"), "number ∅ | arrow ⇌ | name X₁′");
});

test("numbers: an exponent is one only where no name goes on", () => {
  assert.equal(tokens("k = 2.5e-3"), "name k | mark = | number 2.5e-3");
  assert.equal(tokens("2e1x -> .5"), "number 2 | name e1x | arrow -> | number .5");
  assert.equal(tokens("A = -1"), "name A | mark = | mark - | number 1");
});

test("interventions and declarations: a keyword only where a statement begins", () => {
  assert.equal(tokens("at 40: A -= 0.3"), "keyword at | number 40 | mark : | name A | mark -= | number 0.3");
  assert.equal(tokens("A = 1; species at"), "name A | mark = | number 1 | mark ; | keyword species | name at");
  assert.equal(tokens("  at' -> attic"), "name at' | arrow -> | name attic");
});

test("chambers: how they are joined, their membranes, and what is in one of them", () => {
  assert.equal(tokens("chambers 5 ring"), "keyword chambers | number 5 | keyword ring");
  assert.equal(tokens("chambers 3x4 grid; x4 -> ring"), "keyword chambers | number 3 | keyword x | number 4 | " +
    "keyword grid | mark ; | name x4 | arrow -> | name ring");
  assert.equal(tokens("chambers 3: 1-2, 2-3"), "keyword chambers | number 3 | mark : | number 1 | mark - | number 2 | " +
    "mark , | number 2 | mark - | number 3");
  assert.equal(tokens("membrane B {0.8}: 1-2"), "keyword membrane | name B | brace { | number 0.8 | brace } | mark : | " +
    "number 1 | mark - | number 2");
  assert.equal(tokens("A[2] = 0.9"), "name A | brace [ | number 2 | brace ] | mark = | number 0.9");
});

test("comments end a line, quotes hide what they hold", () => {
  assert.equal(tokens("A -> B # at -> 1"), "name A | arrow -> | name B | comment # at -> 1");
  assert.equal(tokens('"a # \\" ; b" -> B'), 'name "a # \\" ; b" | arrow -> | name B');
  assert.equal(tokens('A -> "Ca 2+'), 'name A | arrow -> | invalid "Ca 2+');
});

test("any text becomes tokens that cover it, and a long line does so quickly", () => {
  for (const line of ["^*$§€😀\ud83d", "-".repeat(20000), '"'.repeat(999), '-"'.repeat(5000), "A ".repeat(20000)]) {
    assert.equal(tokenize(line).map(({ text }) => text).join(""), line.replace(/\s/g, ""));
  }
});

test("names as they are meant", () => {
  assert.equal(nameOf("X₁₂"), "X12");
  assert.equal(nameOf('"Ca 2+"'), "Ca 2+");
  assert.equal(nameOf('"a \\" \\\\ b"'), 'a " \\ b');
});

test("the language gives CodeMirror the same tokens", () => {
  const doc = "chambers 3 x 4 grid\nring -> B; at 1: A[2] = 2; at 3: B += 1\nA -k,B-> C # slow";
  const found = [];
  syntaxTree(EditorState.create({ doc, extensions: ruleLanguage })).iterate({
    enter: ({ type, name, from, to }) => type.isTop || found.push([name, doc.slice(from, to)]),
  });
  const wanted = doc.split("\n").flatMap((line) => tokenize(line).map(({ type, text }) => [type, text]));
  assert.deepEqual(found, wanted);
});
