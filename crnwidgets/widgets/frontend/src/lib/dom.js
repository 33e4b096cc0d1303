// Elements made by hand: what a user wrote becomes text, never markup.

/** A new element with a class and children; strings become text. */
export function element(tag, className, ...children) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  node.append(...children);
  return node;
}

/** A button with a text. */
export function button(text, pressed) {
  const node = element("button", "", text);
  node.type = "button";
  node.addEventListener("click", pressed);
  return node;
}

/**
 * Keep from JupyterLab the keys that are pressed in a view: plain ones, which it takes for its cells, and those that the
 * view has used. "Ctrl-S" and the like still reach it.
 */
function keepKeys(root) {
  root.addEventListener("keydown", (event) => {
    const plain = !(event.ctrlKey || event.metaKey || event.altKey);
    if (plain || event.defaultPrevented) event.stopPropagation();
  });
}

/** The root element of a view: a named region that keeps its keys from JupyterLab. */
export function region(className, label, ...children) {
  const root = element("div", `crn ${className}`, ...children);
  root.setAttribute("role", "region");
  root.setAttribute("aria-label", label);
  keepKeys(root);
  return root;
}
