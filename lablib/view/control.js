// A control with its name: the browser's own slider or list, so that keyboards, screen readers and themes work.
function slider(model) {
  const input = document.createElement("input");
  input.type = "range";
  input.min = model.get("low");
  input.max = model.get("high");
  input.step = 1;
  return input;
}

function list(model) {
  const box = document.createElement("select");
  box.append(...model.get("names").map((name, i) => new Option(name, model.get("low") + i)));
  return box;
}

function text(model, value) {
  const names = model.get("names");
  return names.length ? names[value - model.get("low")] : String(value);
}

export default {
  render({ model, el }) {
    const row = document.createElement("label");
    row.className = "ll ll-control";
    const name = document.createElement("span");
    name.style.minWidth = model.get("wide");
    name.textContent = model.get("label");
    const listed = model.get("listed");
    const input = listed ? list(model) : slider(model);
    input.setAttribute("aria-label", model.get("label"));
    input.dataset.lmSuppressShortcuts = "true";  // JupyterLab would fold headings, or go to another cell, with the arrow keys
    const shown = document.createElement("output");

    function show() {
      const value = model.get("value");
      input.value = value;
      if (listed) return;
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
    row.append(name, input, ...(listed ? [] : [shown]));
    el.append(row);
    return () => model.off("change:value", show);
  },
};
