// The page's theme, for what is painted and so not coloured by the style sheet.

/**
 * Call `changed` when the page takes on another theme; returns what ends that. JupyterLab tells of it by attributes of
 * the body, a page of its own follows the system.
 */
export function followTheme(changed) {
  const observer = new MutationObserver(changed);
  observer.observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-light", "data-jp-theme-name"] });
  const darkness = matchMedia("(prefers-color-scheme: dark)");
  darkness.addEventListener("change", changed);
  return () => {
    observer.disconnect();
    darkness.removeEventListener("change", changed);
  };
}
