// A fleet of environments: above, how many there are over time; below, a square for each. It plays without the kernel.
const WIDE = 760, CHART = 190, LEFT = 52, RIGHT = 22, TOP = 10, BOTTOM = 30, STRIP = 14, SQUARES = 250, LARGEST = 36;
const PLAY_S = 8, STEPS = 200;
const NONE = 0, STARTING = 1, WORKING = 2, IDLE = 3;
const INKS = ["text", "muted", "rule", "aws", "aws-edge", "you-edge", "focus", "bad-edge"];

const numbers = (view, Kind) => new Kind(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));
const said = n => Math.round(n).toLocaleString("en-US");

// One fleet, ready to be asked for its state at any time.
function reader(sent) {
  const environment = numbers(sent.environment, Int32Array);
  const [began, ready, ended] = ["began", "ready", "ended"].map(name => numbers(sent[name], Float64Array));
  const size = environment.length ? environment[environment.length - 1] + 1 : 0;
  const first = new Int32Array(size + 1);
  environment.forEach(number => { first[number + 1] += 1; });
  for (let i = 0; i < size; i++) first[i + 1] += first[i];

  function state(i, t) {
    let low = first[i], high = first[i + 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (began[middle] <= t) low = middle + 1; else high = middle;
    }
    if (low === first[i]) return NONE;
    return t >= ended[low - 1] ? IDLE : t < ready[low - 1] ? STARTING : WORKING;
  }
  return { ...sent, size, state, states: new Uint8Array(size) };
}

function count(fleet, t) {
  const found = [0, 0, 0, 0];
  for (let i = 0; i < fleet.size; i++) found[(fleet.states[i] = fleet.state(i, t))] += 1;
  let refused = 0;
  fleet.refused_at.forEach((at, i) => { if (at <= t) refused = fleet.refused[i]; });
  return { starting: found[STARTING], working: found[WORKING], idle: found[IDLE], all: fleet.size - found[NONE], refused };
}

function sentence(scene, t, counts) {
  const [one, other] = counts;
  const who = scene.fleets[0].name, plural = one.all === 1 ? "environment" : "environments";
  const at = found => `${said(found.working)} at work, ${said(found.starting)} starting, ${said(found.idle)} idle`;
  let text = `At ${t.toFixed(2)} s the ${who} has ${said(one.all)} ${plural}: ${at(one)}.`;
  if (other) text += ` The ${scene.fleets[1].name} has ${said(other.all)}: ${at(other)}.`;
  else text += one.refused >= 0.5 ? ` ${said(one.refused)} calls were refused until then.` : " No call was refused.";
  return text;
}

// The side of a square with its gap, and how many stand in a row, so that `most` fit.
function layout(most) {
  let size = LARGEST;
  while (size > 3 && Math.ceil(most / Math.floor((WIDE - 8) / size)) * size > SQUARES) size -= 1;
  const columns = Math.floor((WIDE - 8) / size);
  const gap = size > 20 ? 9 : size > 12 ? 6 : size > 6 ? 2 : 1;
  return { size, columns, side: size - gap, high: Math.ceil(most / columns) * size + 12 };
}

// A round number at or above `most`, and the distance of ticks below it.
function ticks(most) {
  const size = 10 ** Math.floor(Math.log10(Math.max(most, 1)));
  const step = [0.2, 0.5, 1, 2, 5].map(part => part * size).find(one => one >= 1 && most / one <= 5) || 2 * size;
  return [Math.ceil(most / step) * step, step];
}

function render({ model, el }) {
  const root = document.createElement("div");
  root.className = "ll ll-fleet";
  root.innerHTML = `<div class="ll-row"><label>Traffic <select></select></label></div>
    <div class="ll-row"><button type="button"></button>
      <label>Time <input type="range" min="0" step="1" max="${STEPS}"></label></div>
    <canvas role="img"></canvas><p class="ll-keys"></p><p class="ll-sentence" role="status"></p>`;
  const [list, button, slider, canvas, keys, words] = ["select", "button", "input", "canvas", ".ll-keys", ".ll-sentence"]
    .map(one => root.querySelector(one));
  for (const one of [list, button, slider]) one.dataset.lmSuppressShortcuts = "true";  // else JupyterLab takes the arrow keys
  list.append(...model.get("traffics").map(name => new Option(name)));
  el.append(root);
  const pen = canvas.getContext("2d"), chart = document.createElement("canvas");
  let scene, fleets, grid, ink, t = 0, playing = false, last = 0, told = 0, asked = 0;

  function load() {
    scene = model.get("scene");
    list.value = model.get("traffic");
    fleets = scene.fleets.map(reader);
    grid = layout(Math.max(1, ...fleets.map(fleet => fleet.size)));
    t = scene.seconds / 2;
    keys.innerHTML = ["working|at work", "starting|starting", "idle|idle", ...(fleets[1] ? [`frame|${fleets[1].name}`] : [])]
      .map(one => one.split("|")).map(([kind, name]) => `<span><i class="${kind}"></i>${name}</span>`).join("");
    recolour();
  }

  function recolour() {
    const style = getComputedStyle(root);
    if (!style.getPropertyValue("--ll-text")) {  // the page has no styles for it yet
      asked = requestAnimationFrame(recolour);
      return;
    }
    ink = Object.fromEntries(INKS.map(name => [name, style.getPropertyValue(`--ll-${name}`).trim()]));
    const scale = window.devicePixelRatio || 1;
    for (const one of [canvas, chart]) {
      one.width = WIDE * scale;
      one.height = (one === chart ? CHART : CHART + grid.high) * scale;
      one.getContext("2d").setTransform(scale, 0, 0, scale, 0, 0);
    }
    drawChart(chart.getContext("2d"));
    show(true);
  }

  const across = at => LEFT + (WIDE - LEFT - RIGHT) * at / scene.seconds;

  function drawChart(c) {
    const [top, step] = ticks(Math.max(1, ...fleets.flatMap(fleet => fleet.existing)));
    const floor = CHART - BOTTOM - STRIP, up = value => floor - (floor - TOP) * value / top;
    c.font = `12px ${getComputedStyle(root).fontFamily}`;
    c.lineWidth = 1;
    for (let value = 0; value <= top; value += step) {
      c.strokeStyle = ink.rule; c.globalAlpha = value ? 0.3 : 1;
      c.beginPath(); c.moveTo(LEFT, up(value)); c.lineTo(WIDE - RIGHT, up(value)); c.stroke();
      c.globalAlpha = 1; c.fillStyle = ink.muted; c.textAlign = "right"; c.textBaseline = "middle";
      c.fillText(said(value), LEFT - 6, up(value));
    }
    const [, every] = ticks(scene.seconds);
    c.textAlign = "center";
    for (let at = 0; at <= scene.seconds; at += every) c.fillText(`${at} s`, across(at), CHART - 9);
    fleets.forEach((fleet, place) => lines(c, fleet, place, up, floor));
  }

  function lines(c, fleet, place, up, floor) {
    const trace = levels => {
      c.beginPath();
      levels.forEach((level, i) => {
        if (i) c.lineTo(across(fleet.times[i]), up(levels[i - 1]));
        c.lineTo(across(fleet.times[i]), up(level));
      });
    };
    c.strokeStyle = place ? ink.focus : ink["aws-edge"];
    if (!place) {
      trace(fleet.busy);
      c.lineTo(across(fleet.times[fleet.times.length - 1]), floor); c.lineTo(across(0), floor);
      c.fillStyle = ink.aws; c.fill();
    }
    c.lineWidth = place ? 2 : 1.5;
    trace(fleet.busy); c.stroke();
    c.setLineDash(place ? [2, 4] : [6, 3]);
    trace(fleet.existing); c.stroke();
    c.setLineDash([]);
    strip(c, fleet, floor);
  }

  // How many were refused, in each moment: a mark under the chart, the higher the more.
  function strip(c, fleet, floor) {
    const grown = fleet.refused.map((total, i) => total - (i ? fleet.refused[i - 1] : 0)), most = Math.max(...grown, 0);
    if (!most) return;
    c.fillStyle = ink["bad-edge"];
    grown.forEach((more, i) => {
      const high = more ? 2 + (STRIP - 4) * more / most : 0;
      c.fillRect(across(fleet.refused_at[i]) - 3, floor + STRIP - high, 2.5, high);
    });
    c.textAlign = "right"; c.fillText("refused", LEFT - 6, floor + STRIP - 4);
  }

  function drawSquares() {
    const { size, columns, side } = grid;
    // Rectangles of whole pixels: paths cost a slow browser its frames.
    const each = (fleet, wanted, colour, draw) => {
      pen.fillStyle = ink[colour];
      for (let i = 0; i < fleet.size; i++) {
        if (fleet.states[i] === wanted) draw(5 + (i % columns) * size, CHART + 6 + Math.floor(i / columns) * size);
      }
    };
    const frame = (x, y, wide, high, thick) => {
      pen.fillRect(x, y, wide, thick);
      pen.fillRect(x, y + high - thick, wide, thick);
      pen.fillRect(x, y + thick, thick, high - 2 * thick);
      pen.fillRect(x + wide - thick, y + thick, thick, high - 2 * thick);
    };
    const [one, other] = fleets, half = side >> 1, out = side + 6;
    each(one, WORKING, "aws-edge", (x, y) => pen.fillRect(x, y, side, side));
    each(one, STARTING, "you-edge", (x, y) => { frame(x, y, side, side, 1); pen.fillRect(x, y + half, side, side - half); });
    each(one, IDLE, "rule", (x, y) => frame(x, y, side, side, 1));
    if (!other) return;
    each(other, WORKING, "focus", (x, y) => frame(x - 3, y - 3, out, out, 2));
    each(other, STARTING, "focus", (x, y) => { frame(x - 3, y - 3, out, out, 1); frame(x - 3, y + half, out, out - half - 3, 2); });
    each(other, IDLE, "focus", (x, y) => frame(x - 3, y - 3, out, out, 1));
  }

  function show(tell) {
    if (!ink) return;
    const counts = fleets.map(fleet => count(fleet, t));
    pen.clearRect(0, 0, WIDE, CHART + grid.high);
    pen.drawImage(chart, 0, 0, WIDE, CHART);
    pen.strokeStyle = ink.text; pen.lineWidth = 1.5;
    pen.beginPath(); pen.moveTo(across(t), TOP); pen.lineTo(across(t), CHART - BOTTOM); pen.stroke();
    drawSquares();
    canvas.dataset.frames = Number(canvas.dataset.frames || 0) + 1;
    slider.value = Math.round(STEPS * t / scene.seconds);
    button.textContent = playing ? "Pause" : "Play";
    if (!tell) return;
    words.textContent = sentence(scene, t, counts);
    canvas.setAttribute("aria-label", `${scene.title}. ${words.textContent}`);
    slider.setAttribute("aria-valuetext", `${t.toFixed(2)} seconds`);
  }

  function step(now) {
    if (!playing) return;
    t = Math.min(scene.seconds, t + (now - last) / 1000 * scene.seconds / PLAY_S);
    last = now;
    playing = t < scene.seconds;
    const tell = !playing || now - told > 250;  // words that change at every frame cannot be read
    if (tell) told = now;
    words.setAttribute("aria-live", playing ? "off" : "polite");
    show(tell);
    if (playing) asked = requestAnimationFrame(step);
  }

  button.addEventListener("click", () => {
    playing = !playing;
    if (playing && t >= scene.seconds) t = 0;
    last = performance.now();
    if (playing) asked = requestAnimationFrame(step);
    else {
      words.setAttribute("aria-live", "polite");
      show(true);
    }
  });
  slider.addEventListener("input", () => {
    playing = false;
    t = slider.value * scene.seconds / STEPS;
    show(true);
  });
  list.addEventListener("change", () => {
    model.set("traffic", list.value);
    model.save_changes();
  });
  const themes = new MutationObserver(recolour);
  themes.observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-light", "class"] });
  const changed = () => { playing = false; load(); };
  model.on("change:scene", changed);
  load();
  return () => {
    cancelAnimationFrame(asked);
    themes.disconnect();
    model.off("change:scene", changed);
  };
}

export default { render };
