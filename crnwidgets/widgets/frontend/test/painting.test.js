import assert from "node:assert/strict";
import { test } from "node:test";
import { hat, knots, paint } from "../src/painting.js";

const flat = (length) => new Float64Array(length);

test("points that can be dragged are spread from end to end", () => {
  assert.deepEqual(knots(3), [0, 1, 2]);
  const places = knots(201);
  assert.equal(places.length, 21);
  assert.deepEqual([places[0], places[1], places.at(-1)], [0, 10, 200]);
  assert.equal(new Set(knots(30)).size, 21);
});

test("a stroke is a straight line, whichever way it goes", () => {
  const there = paint(flat(11), { x: 2, y: 0 }, { x: 6, y: 4 });
  assert.deepEqual([...there], [0, 0, 0, 1, 2, 3, 4, 0, 0, 0, 0]);
  assert.deepEqual(paint(flat(11), { x: 6, y: 4 }, { x: 2, y: 0 }), there);
});

test("a stroke between two places still leaves something", () => {
  assert.deepEqual([...paint(flat(5), { x: 1.2, y: 3 }, { x: 1.4, y: 3 })], [0, 3, 0, 0, 0]);
  assert.deepEqual([...paint(flat(5), { x: 4, y: 3 }, { x: 4, y: 3 })], [0, 0, 0, 0, 3]);
});

test("a fast stroke leaves no gap", () => {
  let values = flat(101);
  for (const [from, to] of [[0, 33.7], [33.7, 80.2], [80.2, 100]]) values = paint(values, { x: from, y: 1 }, { x: to, y: 1 });
  assert.ok(values.every((value) => value === 1));
});

test("a dragged point takes its neighbourhood along, and nothing further", () => {
  const values = Float64Array.from({ length: 9 }, (_, i) => i);
  assert.deepEqual([...hat(values, [0, 2, 4, 6, 8], 4, 8)], [0, 1, 2, 5, 8, 7, 6, 7, 8]);
  assert.deepEqual([...hat(values, [0, 2, 4, 6, 8], 0, 2)], [2, 2, 2, 3, 4, 5, 6, 7, 8]);
  assert.deepEqual([...hat(values, [0, 2, 4, 6, 8], 8, 6)], [0, 1, 2, 3, 4, 5, 6, 6, 6]);
  assert.deepEqual([...values.slice(3, 6)], [3, 4, 5]);
});

test("no value becomes negative", () => {
  const values = Float64Array.from([0, 0, 4, 0, 0]);
  assert.deepEqual([...hat(values, [0, 2, 4], 2, 0)], [0, 0, 0, 0, 0]);
});
