// Measures in the page, from the hand's event to the frame after what it changed; all times in milliseconds.
(() => {
  const PATIENCE = 60_000;
  const orGiveUp = (promise, what) =>
    Promise.race([
      promise,
      new Promise((_, reject) => setTimeout(() => reject(new Error(`still waiting for ${what}`)), PATIENCE)),
    ]);
  const afterPaint = (then) => requestAnimationFrame(() => then(performance.now()));
  const VIEWS = { graph: ".crn-reaction-graph", equations: ".crn-equations" };
  const drawn = () =>
    lastDraw > 0 &&
    document.querySelector(".crn-rule-editor .cm-line")?.textContent &&
    document.querySelector(`${VIEWS.graph} svg`) &&
    document.querySelector(`${VIEWS.equations} math`);
  let lastDraw = 0;
  let stop = () => {};
  addEventListener("crn-draw", () => (lastDraw = performance.now()), true);

  /** Start a kernel and run all cells; the times until it answers, until the cells have run, until the Lab is drawn. */
  async function coldStart() {
    const { sessionContext } = jupyterapp.shell.currentWidget;
    await sessionContext.shutdown();
    await jupyterapp.commands.execute("notebook:clear-all-cell-outputs");
    lastDraw = 0;
    const start = performance.now();
    await sessionContext.changeKernel({ name: "python3" });
    await orGiveUp(sessionContext.session.kernel.info, "the kernel's answer");
    const kernel = performance.now() - start;
    await orGiveUp(jupyterapp.commands.execute("notebook:run-all-cells"), "the end of the cells");
    const cells = performance.now() - start;
    const shown = new Promise((resolve) => {
      const look = () => (drawn() ? afterPaint((now) => resolve(now - start)) : requestAnimationFrame(look));
      look();
    });
    const lab = await orGiveUp(shown, "a drawn Lab");
    return { kernel, cells, lab };
  }

  /** Follow a drag until `finish` is called: from the oldest event that is not yet painted to the frame after it is. */
  function followDrag() {
    const latencies = [];
    const draws = [];
    let oldest = null;
    const moved = (event) => (oldest ??= event.timeStamp);
    const painted = () => {
      draws.push(performance.now());
      if (oldest === null) return;
      const since = oldest;
      oldest = null;
      afterPaint((now) => latencies.push(now - since));
    };
    addEventListener("pointermove", moved, true);
    addEventListener("crn-draw", painted, true);
    stop = () => {
      removeEventListener("pointermove", moved, true);
      removeEventListener("crn-draw", painted, true);
      return { latencies, redraws: (1000 * (draws.length - 1)) / (draws.at(-1) - draws[0]) };
    };
  }

  /** Follow what the next key changes, in every view, until nothing has changed for a while. */
  function followKey(still = 300) {
    const result = new Promise((resolve) => {
      addEventListener(
        "keydown",
        ({ timeStamp }) => {
          const times = {};
          let timer = 0;
          const changed = (view) =>
            afterPaint((now) => {
              times[view] = now - timeStamp;
              clearTimeout(timer);
              timer = setTimeout(end, still);
            });
          const observers = Object.entries(VIEWS).map(([view, selector]) => {
            const observer = new MutationObserver(() => changed(view));
            const options = { subtree: true, childList: true, attributes: true, characterData: true };
            observer.observe(document.querySelector(selector), options);
            return observer;
          });
          const plotted = () => changed("plot");
          addEventListener("crn-draw", plotted, true);
          const end = () => {
            for (const observer of observers) observer.disconnect();
            removeEventListener("crn-draw", plotted, true);
            resolve(times);
          };
          timer = setTimeout(end, 3000);
        },
        { capture: true, once: true },
      );
    });
    stop = () => result;
  }

  /** Follow the next key to the change that it makes to one element. */
  function followTo(selector) {
    const result = new Promise((resolve) => {
      const element = document.querySelector(selector);
      addEventListener(
        "keydown",
        ({ timeStamp }) => {
          const observer = new MutationObserver(() => {
            observer.disconnect();
            afterPaint((now) => resolve(now - timeStamp));
          });
          observer.observe(element, { subtree: true, childList: true, characterData: true });
        },
        { capture: true, once: true },
      );
    });
    stop = () => result;
  }

  window.crnProbe = { coldStart, followDrag, followKey, followTo, finish: () => orGiveUp(stop(), "a change") };
})();
