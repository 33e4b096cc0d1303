import assert from "node:assert/strict";
import test from "node:test";
import { Neurons } from "../src/lib/neurons.js";
import { Chemistry } from "../src/neural/chemistry.js";
import { Ink } from "../src/neural/ink.js";
import { layOut, niceTop, strongest } from "../src/neural/layout.js";

// -- ink --------------------------------------------------------------------------------------------------------------

/** The centre of mass of a picture, in shares of its side. */
function centre(picture, side) {
  let [mass, x, y] = [0, 0, 0];
  picture.forEach((value, i) => {
    mass += value;
    x += value * ((i % side) + 0.5);
    y += value * (Math.floor(i / side) + 0.5);
  });
  return { mass, x: x / mass / side, y: y / mass / side };
}

/** How many rows and columns of a picture have more than a trace in them. */
function extent(picture, side) {
  const rows = new Set();
  const columns = new Set();
  picture.forEach((value, i) => {
    if (value < 0.1) return;
    rows.add(Math.floor(i / side));
    columns.add(i % side);
  });
  return [rows.size, columns.size];
}

test("a picture that is shown stays as it is", () => {
  for (const side of [4, 8, 28]) {
    const picture = Float32Array.from({ length: side ** 2 }, (_, i) => (i % 7) / 9);
    const ink = new Ink(side);
    ink.show(picture);
    assert.deepEqual([...ink.picture()], [...picture]);
  }
});

test("what is drawn makes the same picture wherever it was", () => {
  for (const side of [8, 28]) {
    const pictures = [[0.2, 0.1], [0.7, 0.4], [0.5, 0.3]].map(([x, y]) => {
      const ink = new Ink(side);
      ink.draw([x, y], [x, y + 0.5], 1);
      ink.draw([x, y], [x + 0.15, y], 1);
      return ink.picture();
    });
    for (const picture of pictures) {
      picture.forEach((value, i) => assert.ok(Math.abs(value - pictures[0][i]) < 0.3, `${side}: ${i}`));
      const { mass, x, y } = centre(picture, side);
      assert.ok(Math.abs(mass / centre(pictures[0], side).mass - 1) < 0.02);
      // There may be no room for the centre of mass in the middle of few pixels.
      const tolerance = side === 28 ? 0.01 : 0.06;
      for (const share of [x, y]) assert.ok(Math.abs(share - 0.5) < tolerance, `${side}: ${share}`);
    }
  }
});

test("nothing that has room is cut off", () => {
  const ink = new Ink(8);
  ink.draw([0.5, 0.1], [0.5, 0.9], 1);
  ink.draw([0.2, 0.9], [0.8, 0.9], 1);
  const { mass } = centre(ink.picture(), 8);
  const drawn = ink.cells.reduce((a, b) => a + b) / (ink.across / 8) ** 2;
  assert.ok(mass > 0.9 * drawn && mass < 1.1 * drawn, `${mass} of ${drawn}`);
});

test("digits are as high as MNIST's, drawn small or large", () => {
  for (const height of [0.55, 0.7, 0.85]) {
    const ink = new Ink(28);
    ink.draw([0.5, 0.5 - height / 2], [0.5, 0.5 + height / 2], 1);
    const [rows, columns] = extent(ink.picture(), 28);
    assert.ok(rows >= 19 && rows <= 21, `${rows} rows`);
    assert.ok(columns >= 2 && columns <= 4, `${columns} columns`);
  }
});

test("the beginning of a digit is not blown up to the size of one", () => {
  const ink = new Ink(28);
  ink.draw([0.3, 0.3], [0.3, 0.3], 1);
  assert.ok(Math.max(...extent(ink.picture(), 28)) <= 5);
});

test("lines are as dark as they may be and soft at their edges; drawing adds to what is there", () => {
  const ink = new Ink(28);
  ink.show(new Float32Array(784));
  ink.draw([0.5, 0.2], [0.5, 0.8], 0.7);
  const picture = ink.picture();
  assert.ok(Math.abs(Math.max(...picture) - 0.7) < 0.01);
  assert.ok(picture.some((value) => value > 0.05 && value < 0.6));
  const before = ink.cells.reduce((a, b) => a + b);
  ink.draw([0.5, 0.2], [0.5, 0.8], 0.7);
  assert.equal(ink.cells.reduce((a, b) => a + b), before); // a line over a line is no darker
  ink.draw([0.2, 0.5], [0.8, 0.5], 0.7);
  assert.ok(ink.cells.reduce((a, b) => a + b) > before);
});

// -- chemistry --------------------------------------------------------------------------------------------------------

const XOR = {
  sizes: [2, 2, 1],
  q: 2,
  h: 1,
  weights: [Float32Array.of(3, -3, -3, 3), Float32Array.of(2, 2)],
  biases: [Float32Array.of(-1, -1), Float32Array.of(0)],
};

test("the chemistry settles, and goes on from where it is when the inputs change", () => {
  const chemistry = new Chemistry(new Neurons(XOR), [1, 0]);
  assert.equal(chemistry.settled, false);
  chemistry.settle();
  assert.ok(chemistry.settled && chemistry.resting);
  const { time, since } = chemistry;
  assert.equal(since, time);
  chemistry.setInput([1, 0]);
  assert.equal(chemistry.since, since);
  const before = [...chemistry.x];
  chemistry.setInput([1, 1]);
  assert.equal(chemistry.since, 0);
  assert.equal(chemistry.settled, false);
  assert.deepEqual([...chemistry.x], before);
  chemistry.settle();
  assert.ok(chemistry.time > time && chemistry.x[2] < before[2]);
  assert.ok(Math.abs(chemistry.since - (chemistry.time - time)) < 1e-9);
  chemistry.start(1e6);
  assert.deepEqual([chemistry.time, chemistry.x[2]], [0, 1e6]);
  chemistry.advance(1);
  assert.ok(chemistry.x[2] < 10);
});

test("another network goes on where the last was, if it is as large", () => {
  const chemistry = new Chemistry(new Neurons(XOR), [1, 0]);
  chemistry.settle();
  const before = [...chemistry.x];
  chemistry.setNeurons(new Neurons({ ...XOR, h: 0.5 }), [1, 0]);
  assert.deepEqual([...chemistry.x], before);
  const weights = [Float32Array.of(1, 1), Float32Array.of(1)];
  const biases = [Float32Array.of(0), Float32Array.of(0)];
  chemistry.setNeurons(new Neurons({ ...XOR, sizes: [2, 1, 1], weights, biases }), [1, 0]);
  assert.deepEqual([...chemistry.x, chemistry.time], [1, 1, 0]);
});

test("with h = 0 nothing comes back from 0, and nobody waits for it", () => {
  const chemistry = new Chemistry(new Neurons({ ...XOR, h: 0 }), [1, 0]);
  chemistry.start(0);
  chemistry.settle();
  assert.deepEqual([chemistry.resting, chemistry.settled], [true, false]);
  chemistry.setInput([0, 1]);
  assert.equal(chemistry.resting, false);
  chemistry.start(1);
  chemistry.settle();
  assert.ok(chemistry.settled);
});

// -- layout -----------------------------------------------------------------------------------------------------------

test("all nodes are within the picture and apart from one another", () => {
  for (const [sizes, first] of [
    [[2, 2, 1], 0],
    [[16, 3], 0],
    [[64, 16, 10], 1],
    [[784, 40, 10], 1],
    [[784, 100, 40, 26], 1],
    [[3, 60, 60, 60, 2], 0],
  ]) {
    for (const width of [320, 500, 900]) {
      const { bottom, layers, bars } = layOut(sizes, first, width);
      assert.equal(layers[0] === undefined, first === 1);
      const circles = ({ places, radius }) => places.map((place) => ({ ...place, r: radius }));
      const all = layers.flatMap((layer) => (layer ? circles(layer) : []));
      assert.equal(all.length, sizes.slice(first).reduce((a, b) => a + b));
      all.forEach(({ x, y, r }, i) => {
        assert.ok(r >= 0.9, `${sizes} in ${width}: a radius of ${r}`);
        const within = x - r >= 0 && x + r <= width && y - r >= -0.01 && y + r <= bottom + 0.01;
        assert.ok(within, `${sizes} in ${width}: ${x}, ${y}`);
        for (const other of all.slice(0, i)) {
          const apart = Math.hypot(x - other.x, y - other.y);
          assert.ok(apart >= r + other.r, `${sizes} in ${width}: ${apart} apart`);
        }
      });
      assert.ok(bars.right - bars.left > 60);
    }
  }
});

test("the strongest edges of all layers, or those of one node", () => {
  const weights = [Float32Array.of(1, -2, 0, 4), Float32Array.of(-30, 15)];
  const sizes = [2, 2, 1];
  const all = strongest(sizes, weights, 0, 100);
  assert.equal(all.all, 5); // one weight is 0
  assert.deepEqual(all.edges.map(({ strength }) => Math.abs(strength)), [1, 1, 0.5, 0.5, 0.25]);
  const few = strongest(sizes, weights, 0, 2);
  assert.deepEqual([few.edges.map(({ weight }) => weight), few.all], [[4, -30], 5]);
  const hidden = strongest(sizes, weights, 0, 100, { layer: 1, node: 0 });
  assert.deepEqual(hidden.edges.map(({ weight }) => weight), [-30, -2, 1]);
  assert.deepEqual(strongest(sizes, weights, 1, 100).edges.map(({ layer }) => layer), [2, 2]);
});

test("the ends of scales are round and near", () => {
  for (const [value, top] of [[0, 1], [0.07, 0.08], [1, 1], [1.01, 1.5], [4.2, 5], [10.9, 15], [812, 1000]]) {
    assert.equal(niceTop(value), top);
  }
});
