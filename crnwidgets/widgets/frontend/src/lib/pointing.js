// Pointing at reactions: with the pointer, or with the keyboard by moving the focus between them.

const STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1, Home: -Infinity, End: Infinity };

/** The index of the reaction that an element belongs to, or -1. */
export const reactionOf = (node) => Number(node?.closest?.("[data-reaction]")?.dataset.reaction ?? -1);

/** Keep `hovered` of a model at the reaction pointed at or focused within `root`. */
export function followPointer(root, model) {
  const point = (node) => {
    const reaction = reactionOf(node);
    if (reaction === model.get("hovered")) return;
    model.set("hovered", reaction);
    model.save_changes();
  };
  root.addEventListener("pointerover", ({ target }) => point(target));
  root.addEventListener("pointerleave", () => point(root.querySelector(":focus-visible")));
  root.addEventListener("focusin", ({ target }) => point(target));
  root.addEventListener("focusout", ({ relatedTarget }) => {
    if (!root.contains(relatedTarget)) point(null);
  });
}

/**
 * Make the elements with a `tabindex` in `root` one tab stop, between which arrow keys, Home and End move.
 *
 * Call what it returns after elements came or went.
 */
export function roving(root) {
  const items = () => [...root.querySelectorAll("[tabindex]")];
  const stopAt = (chosen) => {
    for (const item of items()) item.setAttribute("tabindex", item === chosen ? "0" : "-1");
  };
  root.addEventListener("focusin", ({ target }) => stopAt(target.closest("[tabindex]")));
  root.addEventListener("keydown", (event) => {
    const step = STEPS[event.key];
    if (!step || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault(); // no scrolling
    const all = items();
    const place = all.indexOf(event.target.closest("[tabindex]")) + step;
    all[Math.max(0, Math.min(place, all.length - 1))]?.focus();
  });
  return () => {
    const all = items();
    if (!all.some((item) => item.getAttribute("tabindex") === "0")) stopAt(all[0]);
  };
}
