// A slider with its name and its value: the browser's own, so that keyboards, screen readers and themes work.
function text(model, value) {
  const names = model.get("names");
  return names.length ? names[value - model.get("low")] : String(value);
}

export default {
  render({ model, el }) {
    const row = document.createElement("label");
    row.className = "ll ll-slider";
    const name = document.createElement("span");
    name.style.minWidth = model.get("wide");
    name.textContent = model.get("label");
    const input = document.createElement("input");
    input.type = "range";
    input.min = model.get("low");
    input.max = model.get("high");
    input.step = 1;
    input.setAttribute("aria-label", model.get("label"));
    input.dataset.lmSuppressShortcuts = "true";  // JupyterLab would fold headings with the arrow keys
    const shown = document.createElement("output");

    function show() {
      const value = model.get("value");
      input.value = value;
      shown.textContent = text(model, value);
      input.setAttribute("aria-valuetext", shown.textContent);
    }
    input.addEventListener("input", () => {
      model.set("value", Number(input.value));
      model.save_changes();
      show();
    });
    model.on("change:value", show);
    show();
    row.append(name, input, shown);
    el.append(row);
    return () => model.off("change:value", show);
  },
};
