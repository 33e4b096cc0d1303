// A saved page's plot and its views of what the network computes, which no Python keeps together there.
import { ratesWith } from "../lib/network.js";
import { SPECIES } from "./outcome.js";

/** Give the model of a view the numbers that a hand moves in the plot, and the plot the point chosen on a map. */
export function tie(plot, view) {
  if (view.get("problem")) return;

  function follow() {
    const wire = view.get("_network");
    const [initial, parameters] = [plot.get("initial"), plot.get("parameters")];
    const { names } = wire.parameters;
    const values = names.map((name) => parameters[name]);
    view.set("_network", {
      ...wire,
      rates: ratesWith(wire, values),
      parameters: { names, values },
      initial: wire.species.map((name) => initial[name]),
    });
    const point = SPECIES.map((name) => initial[name]);
    if (view.get("point")) view.set("point", point);
  }

  function lead() {
    const initial = plot.get("initial");
    const chosen = Object.fromEntries(SPECIES.map((name, k) => [name, view.get("point")[k]]));
    if (SPECIES.some((name) => initial[name] !== chosen[name])) plot.set("initial", { ...initial, ...chosen });
  }

  plot.on("change:initial", follow);
  plot.on("change:parameters", follow);
  view.on("change:point", lead);
}
