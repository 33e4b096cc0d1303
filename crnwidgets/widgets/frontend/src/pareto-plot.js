// Choosing a network by its loss and reaction count. bqplot draws the dots; here they can be pressed and focused.
import { element, region } from "./lib/dom.js";
import { follow, followRun, markOf, pad, place } from "./lib/figure.js";
import { short } from "./lib/format.js";
import { hearing } from "./lib/hearing.js";
import { roving } from "./lib/pointing.js";
import "./pareto-plot.css";

/** Show the layer of `ParetoPlot` in `el`; returns what takes it down again. */
async function render({ model, el }) {
  const dots = await markOf(model);
  const list = pad(model, "crn-networks");
  const told = element("p", "crn-told");
  const root = region("crn-pareto-plot", "Loss against reaction count", list, told);
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "Networks");
  const keepTabStop = roving(list);

  const options = new Map(); // member → its element
  let frame = 0;

  function paint() {
    frame = 0;
    const scales = dots.get("scales");
    const width = scales.x.get("max");
    const [low, high] = ["min", "max"].map((end) => Math.log(scales.y.get(end)));
    const [counts, losses] = [dots.get("x"), dots.get("y")];
    const networks = Array.from(dots.get("names") ?? [], (name, i) => ({
      member: Number(name),
      count: counts[i],
      loss: losses[i],
    }));
    // From the sparsest on, as the arrow keys go; but nothing changes its place under the focus.
    networks.sort((a, b) => a.count - b.count || a.loss - b.loss);
    const before = [...list.children];
    for (const node of before) if (!networks.some(({ member }) => options.get(member) === node)) remove(node);
    for (const { member, count, loss } of networks) {
      if (!options.has(member)) options.set(member, option(member));
      const node = options.get(member);
      const text = `${count} reactions, loss ${short(loss, 3)}`;
      place(node, count / width, (Math.log(loss) - low) / (high - low));
      node.setAttribute("aria-label", `Network ${member + 1}: ${text}`);
      node.dataset.text = `${member + 1}: ${text}`;
    }
    const sorted = networks.map(({ member }) => options.get(member));
    const moved = sorted.some((node, i) => list.children[i] !== node);
    if (moved && !list.matches(":focus-within")) list.replaceChildren(...sorted);
    else list.append(...sorted.filter((node) => !node.isConnected));
    keepTabStop();
    choose(networks);
  }

  function choose(networks) {
    const selected = model.get("selected");
    const shown = selected >= 0 ? selected : networks.reduce((a, b) => (b.loss < a.loss ? b : a), networks[0])?.member;
    for (const [member, node] of options) {
      node.setAttribute("aria-selected", String(member === shown));
    }
    const text = options.get(shown)?.dataset.text;
    told.textContent = text ? `${selected >= 0 ? "Chosen" : "Lowest loss"}: network ${text}` : "";
  }

  function option(member) {
    const node = element("div", "crn-network");
    node.setAttribute("role", "option");
    node.setAttribute("tabindex", "-1");
    node.dataset.member = member;
    return node;
  }

  function remove(node) {
    options.delete(Number(node.dataset.member));
    node.remove();
  }

  function press(node) {
    if (!node) return;
    model.set("selected", Number(node.dataset.member));
    model.save_changes();
  }

  function schedule() {
    frame ||= requestAnimationFrame(paint);
  }

  list.addEventListener("click", ({ target }) => press(target.closest(".crn-network")));
  list.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    press(event.target.closest(".crn-network"));
  });
  model.on("change:selected", schedule);
  const unfollow = [follow(dots, schedule), followRun(model, schedule)];
  el.append(root);
  schedule();

  return () => {
    model.off("change:selected", schedule);
    for (const end of unfollow) end();
    cancelAnimationFrame(frame);
    root.remove();
  };
}

export default hearing({ render });
