// A saved page: the same views as in a notebook, over models that live in the page alone.
import { tie } from "./computing/tie.js";
import { PageModel } from "./lib/page-model.js";
import "./page.css";

/** Bytes, which JSON has not, as the kernel sends them. */
const withBytes = (_, value) =>
  typeof value?.base64 === "string"
    ? new DataView(Uint8Array.from(atob(value.base64), (character) => character.charCodeAt(0)).buffer)
    : value;

const { views, hovering } = JSON.parse(document.getElementById("crn-page").textContent, withBytes);
const grid = document.querySelector(".crn-lab-grid");
const models = new Map();

for (const { area, module, style, state } of views) {
  const sheet = document.createElement("style");
  sheet.textContent = style;
  document.head.append(sheet);
  const cell = document.createElement("div");
  cell.className = `crn-area-${area}`;
  grid.append(cell);
  const model = new PageModel(state);
  models.set(area, model);
  const address = URL.createObjectURL(new Blob([module], { type: "text/javascript" }));
  const view = (await import(address)).default;
  await view.initialize?.({ model });
  await view.render({ model, el: cell });
}

for (const [area, model] of models) if (area.startsWith("view-")) tie(models.get("plot"), model);

for (const area of hovering) {
  const source = models.get(area);
  source.on("change:hovered", () => {
    for (const other of hovering) models.get(other).set("hovered", source.get("hovered"));
  });
}
