import assert from "node:assert/strict";
import test from "node:test";
import { reactionKeys } from "../src/lib/network.js";
import { wire } from "./networks.js";

const keys = (...reactions) => reactionKeys(wire(reactions, { A: 1, B: 0, C: 0 }));

test("a reaction has one key, whatever its rate and however it is written", () => {
  const [one] = keys([{ A: 1, B: 1 }, { B: 2 }, 1]);
  const [other] = keys([{ B: 1, A: 1 }, { B: 2 }, 3]);
  assert.equal(one, other);
});

test("different reactions have different keys", () => {
  const all = keys(
    [{ A: 1, B: 1 }, { B: 2 }, 1],
    [{ A: 1, B: 1 }, { A: 2 }, 1],
    [{ A: 1 }, { B: 1 }, 1],
    [{ A: 2 }, { A: 1, B: 1 }, 1],
    [{ A: 1, C: 1 }, { B: 1, C: 1 }, 1],
    [{}, { B: 1 }, 1],
    [{ A: 1 }, {}, 1],
  );
  assert.equal(new Set(all).size, all.length);
});
