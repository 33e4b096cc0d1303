import assert from "node:assert/strict";
import { test } from "node:test";
import { EditorState } from "@codemirror/state";
import { onlyNumbers, textChanges } from "../src/lib/text-changes.js";

const applied = (before, after) =>
  EditorState.create({ doc: before }).update({ changes: textChanges(before, after) }).newDoc.toString();

test("changes lead from one text to the other", () => {
  const short = ["", "A", "AA", "\n\n"];
  const texts = [...short, "A = 0.8\nB = 0.1", "A = 1\nB = 0.11", "A -> B\nA = 0.8\nB = 0.1", "A = 0.88\nB = 0.1\n"];
  for (const before of texts) for (const after of texts) assert.equal(applied(before, after), after);
});

test("two numbers far apart are two small changes", () => {
  const before = "A = 0.8 # high\nA -> B\nB = 0.1";
  const changes = textChanges(before, "A = 0.7 # high\nA -> B\nB = 0.2");
  assert.deepEqual(changes, [
    { from: 6, to: 7, insert: "7" },
    { from: 28, to: 29, insert: "2" },
  ]);
  assert.ok(onlyNumbers(before, changes));
});

test("a new line is more than numbers", () => {
  assert.ok(!onlyNumbers("A -> B", textChanges("A -> B", "A -> B\nA = 1")));
});
