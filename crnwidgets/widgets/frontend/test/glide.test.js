import assert from "node:assert/strict";
import test from "node:test";
import { Glide } from "../src/lib/glide.js";

const rows = (...values) => [Float64Array.from(values)];
const values = (glide) => glide.rows.map((row) => [...row]);

test("goes in a straight line and stays where it arrives", () => {
  const glide = new Glide();
  glide.jump(rows(0, 10));
  glide.to(rows(10, 0), 1000);
  assert.equal(glide.at(1050), true);
  assert.deepEqual(values(glide), [[5, 5]]);
  assert.equal(glide.at(1100), false);
  assert.deepEqual(values(glide), [[10, 0]]);
  assert.equal(glide.at(1200), false);
});

test("a new aim is reached from where it is, in the time from one aim to the next", () => {
  const glide = new Glide();
  glide.jump(rows(0));
  glide.to(rows(10), 1000);
  glide.at(1050);
  glide.to(rows(25), 1200); // the last ones were 200 apart
  assert.equal(glide.at(1300), true);
  assert.deepEqual(values(glide), [[15]]);
  assert.equal(glide.at(1400), false);
  glide.to(rows(0), 1401);
  glide.to(rows(5), 1402); // ever so soon: not quicker than an eye follows
  assert.equal(glide.at(1450), true);
  assert.equal(glide.at(1462), false);
});

test("a frame that is stamped before it set out changes nothing", () => {
  const glide = new Glide();
  glide.jump(rows(4));
  glide.to(rows(8), 1000);
  assert.equal(glide.at(990), true);
  assert.deepEqual(values(glide), [[4]]);
});

test("rows of other lengths are there at once", () => {
  const glide = new Glide();
  glide.to(rows(1, 2), 1000);
  assert.deepEqual(values(glide), [[1, 2]]);
  glide.to(rows(1, 2, 3), 1100);
  assert.deepEqual(values(glide), [[1, 2, 3]]);
  assert.equal(glide.at(1101), false);
});

test("what was given is never written to", () => {
  const [from, aim] = [rows(0), rows(1)];
  const glide = new Glide();
  glide.jump(from);
  glide.to(aim, 0);
  glide.at(50);
  assert.deepEqual([[...from[0]], [...aim[0]]], [[0], [1]]);
});
