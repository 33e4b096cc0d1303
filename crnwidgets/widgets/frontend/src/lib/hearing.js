// How a widget hears the kernel, however long it took to load.

/**
 * The two sides of a widget, `{ initialize, render }`, made to hear what the kernel says.
 *
 * anywidget gives a widget two seconds to load, which ten of them on a slow machine do not keep. After that its model
 * refuses all messages for good, although it is shown: then we give it back the way of hearing that it would have
 * without anywidget, and ask for what it has missed.
 */
export function hearing({ initialize, render }) {
  return {
    initialize(context) {
      listen(context.model);
      return initialize?.(context);
    },
    render,
  };
}

async function listen(model) {
  const reference = model.get("_reference");
  if (!reference || !model.widget_manager) return; // a page without a kernel
  const whole = await model.widget_manager.get_model(reference.replace(/^IPY_MODEL_/, ""));
  try {
    await whole._handle_comm_msg({ content: { data: {} } });
  } catch {
    const beneath = Object.getPrototypeOf(Object.getPrototypeOf(whole));
    whole._handle_comm_msg = beneath._handle_comm_msg;
    whole.comm?.send({ method: "request_state" }, {});
  }
}
