// The live page. All numbers and words come ready from the server (view.py); this file only places them.

const LOST_AFTER_MS = 12_000; // three heartbeats (server.py)
const RETRY_MS = 2_000;
const CHART_INTERVAL_MS = 500;

const session = { heading: null, now: 0, points: [], finished: false };
const byId = (id) => document.getElementById(id);

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

const shown = new Map();

/** Puts what `build` makes of `data` into an element, only if the data have changed: nothing moves that needn't. */
function place(id, data, build) {
  const text = JSON.stringify(data);
  if (shown.get(id) === text) return;
  shown.set(id, text);
  byId(id).replaceChildren(...build(data));
}

const asText = (text) => [text];

// Left and right differ in shape and line, not only in colour.
const MARKS = {
  left: '<circle cx="8" cy="8" r="6" fill="currentColor"/>',
  right: '<path d="M8 1.5 14.5 8 8 14.5 1.5 8Z" fill="none" stroke="currentColor" stroke-width="2.4"/>',
  unknown: '<rect x="2.5" y="2.5" width="11" height="11" fill="none" stroke="currentColor" stroke-width="2.4"/>',
};
const DASHES = { left: "", right: 'stroke-dasharray="5 4"', unknown: 'stroke-dasharray="2 3"' };
const PLOTTED = {
  left: { symbol: "circle", dash: "solid", color: "--left" },
  right: { symbol: "diamond-open", dash: "dash", color: "--right" },
  unknown: { symbol: "square-open", dash: "dot", color: "--ink" },
};

function svg(className, viewBox, content) {
  const holder = document.createElement("template");
  holder.innerHTML = `<svg class="${className}" viewBox="${viewBox}" aria-hidden="true">${content}</svg>`;
  return holder.content;
}

const mark = (leg) => svg("mark", "0 0 16 16", MARKS[leg]);
const lineMark = (leg) => svg("line", "0 0 42 16",
  `<path d="M0 8H42" stroke="currentColor" stroke-width="2" ${DASHES[leg]}/><g transform="translate(13 0)">${MARKS[leg]}</g>`);

// ---- Numbers

function cell(reading, attributes = {}) {
  const kind = reading.text === "–" ? "none" : /\d/.test(reading.text) ? "" : "word";
  const detail = reading.detail || reading.note;
  return element("div", { role: "cell", ...attributes },
    element("span", { class: `number ${kind}`.trim() }, reading.text),
    element("span", { class: "detail" }, reading.detail && reading.note ? `${reading.detail} – ${reading.note}` : detail));
}

function rowHeader(row) {
  return element("div", { role: "rowheader" }, row.label, ...(row.unit ? [element("small", {}, `, ${row.unit}`)] : []));
}

function grid(label, legs, header, rows) {
  const table = element("div", { role: "table", class: "grid", "aria-label": label },
    element("div", { role: "row" }, ...legs.map(header)),
    ...rows.map(([row, cells]) => element("div", { role: "row", class: "values", "data-row": row.key }, rowHeader(row), ...cells)));
  table.style.setProperty("--legs", legs.length);
  return table;
}

function showReadings(update) {
  const { legs, rows } = session.heading;
  place("readings", [legs, rows, update.cells, update.late], () => [
    grid("Now, leg by leg", legs,
      (leg) => element("div", { role: "columnheader", class: leg.key },
        mark(leg.key), leg.title, " ", element("small", {}, leg.worn),
        element("span", { class: "ago" }, update.late[leg.key] ? `Last stride ${update.late[leg.key]}` : "")),
      rows.map((row) => [row, legs.map((leg) => cell(update.cells[leg.key][row.key],
        { "data-leg": leg.key, class: update.late[leg.key] ? "old" : "" }))])),
  ]);
}

function balances(list) {
  return list.map((balance) => {
    const dot = element("i");
    // The dot leans to the side that has more.
    dot.style.left = `${Math.min(98, Math.max(2, (60 - balance.left_percent) * 5))}%`;
    return element("div", { class: "balance", "data-balance": balance.label },
      element("div", { class: "line" },
        element("span", { class: "share" }, `${balance.left} %`),
        element("span", { class: "what" }, `${balance.label}: `, element("b", {}, balance.words)),
        element("span", { class: "share" }, `${balance.right} %`)),
      element("div", { class: "scale", "aria-hidden": "true" }, dot));
  });
}

// ---- Sensors

const SIGNS = { good: "✓", attention: "!", waiting: "…" };

function showSensors(cards) {
  place("sensors-body", cards, () => cards.map((card) =>
    element("li", { class: "sensor", "data-level": card.level, "data-sensor": card.id },
      element("h3", {}, card.name),
      element("p", { class: "state" }, `${SIGNS[card.level]} ${card.state}`),
      element("dl", {}, ...[["Rate", card.rate], ["Lost", card.loss], ["Clipped", card.clipping], ["Battery", card.battery]]
        .map(([name, value]) => element("div", {}, element("dt", {}, name), element("dd", { "data-field": name.toLowerCase() }, value)))),
      ...(card.advice ? [element("p", { class: "advice" }, card.advice)] : []))));
}

// ---- Summary

function showSummary(closing) {
  byId("summary").hidden = !closing;
  if (!closing) return;
  place("summary-body", closing, () => [
    ...(closing.activities.length ? [] : [element("p", {}, "No strides were found in this session.")]),
    ...closing.activities.flatMap((activity) => [
      element("h3", {}, activity.name, element("small", {}, ", median and middle 80 % of strides")),
      grid(`${activity.name}, leg by leg`, session.heading.legs,
        (leg) => element("div", { role: "columnheader", class: leg.key }, mark(leg.key), leg.title, " ",
          element("small", {}, `${activity.strides[leg.key]} strides`)),
        session.heading.rows.map((row) => [row, session.heading.legs.map((leg) =>
          cell(activity.cells[leg.key][row.key], { "data-leg": leg.key }))])),
    ]),
    element("div", { class: "balances" }, ...balances(closing.balance)),
    ...(closing.recording ? [element("p", { class: "recording" }, "Recording: ", element("code", {}, closing.recording))] : []),
  ]);
}

// ---- Charts

let chartsDue = false;
let chartsTimer = null;

function buildCharts() {
  const { legs, charts } = session.heading;
  place("charts-body", [legs, charts], () => [
    element("p", { class: "key" }, ...legs.map((leg) => element("span", { class: leg.key }, lineMark(leg.key), leg.title))),
    ...charts.map((chart) => element("figure", {},
      element("figcaption", {}, element("h3", {}, chart.label, element("small", {}, `, ${chart.unit}`))),
      element("div", { class: "plot", id: `plot-${chart.key}`, role: "img", "aria-label": chart.label }))),
  ]);
}

function scheduleCharts() {
  chartsDue = true;
  if (chartsTimer !== null) return;
  drawCharts();
  chartsTimer = setTimeout(() => { chartsTimer = null; if (chartsDue) scheduleCharts(); }, CHART_INTERVAL_MS);
}

/** A leg's values of one chart; a null between strides that are far apart breaks the line there. */
function line(chart, leg) {
  const x = [], y = [];
  for (const point of session.points) {
    const value = point.values[chart.key];
    if (point.leg !== leg || value === null) continue;
    if (x.length && point.t_s - x.at(-1) > chart.gap_s) { x.push(point.t_s); y.push(null); }
    x.push(point.t_s); y.push(value);
  }
  return { x, y };
}

function drawCharts() {
  if (!window.Plotly || !session.heading) return; // drawn as soon as the library is there
  chartsDue = false;
  const style = getComputedStyle(document.documentElement);
  const color = (name) => style.getPropertyValue(name).trim();
  const { legs, charts, window_s } = session.heading;
  for (const chart of charts) {
    const lines = legs.map((leg) => ({ leg, ...line(chart, leg.key) }));
    const values = lines.flatMap(({ y }) => y.filter((value) => value !== null));
    const low = Math.floor(Math.min(...values) / chart.step) * chart.step;
    const high = Math.ceil(Math.max(...values) / chart.step) * chart.step;
    const ago = [60, 45, 30, 15, 0].filter((seconds) => seconds <= window_s);
    const plot = byId(`plot-${chart.key}`);
    window.Plotly.react(plot, lines.map(({ leg, x, y }) => {
      const { symbol, dash, color: name } = PLOTTED[leg.key];
      return {
        x, y, name: leg.title, type: "scatter", mode: "lines+markers", connectgaps: false,
        line: { color: color(name), width: 1.5, dash }, marker: { color: color(name), symbol, size: 7, line: { width: 1.5 } },
      };
    }), {
      showlegend: false, autosize: true, margin: { l: 44, r: 14, t: 8, b: 28 },
      paper_bgcolor: "transparent", plot_bgcolor: "transparent",
      font: { family: getComputedStyle(document.body).fontFamily, size: 14, color: color("--quiet") },
      xaxis: {
        range: [session.now - window_s, session.now], tickvals: ago.map((seconds) => session.now - seconds),
        ticktext: ago.map((seconds) => (seconds ? `−${seconds} s` : "now")), gridcolor: color("--line"), zeroline: false,
      },
      yaxis: values.length
        ? { range: [low, high === low ? low + chart.step : high], gridcolor: color("--line"), zeroline: false, nticks: 5 }
        : { visible: false },
    }, { staticPlot: true, responsive: true });
    const spoken = lines.filter(({ y }) => y.length).map(({ leg, y }) => {
      const known = y.filter((value) => value !== null);
      return `${leg.title} ${Math.min(...known).toFixed(chart.decimals)} to ${Math.max(...known).toFixed(chart.decimals)} ${chart.unit}`;
    });
    plot.setAttribute("aria-label", `${chart.label} in the last minute: ${spoken.join("; ") || "no strides"}`);
  }
}

window.addEventListener("load", scheduleCharts);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", scheduleCharts);

// ---- The stream

function show(update) {
  if (update.heading) {
    session.heading = update.heading;
    session.points = [];
    buildCharts();
    place("title", update.heading.title, asText);
    place("smoothing", update.heading.smoothing, asText);
  }
  session.now = update.now_s;
  session.finished = update.closing !== null;
  session.points = [...session.points, ...update.points].filter((point) => session.now - point.t_s <= session.heading.window_s);
  place("state", update.state, asText);
  place("elapsed", update.elapsed, asText);
  showReadings(update);
  byId("balance").hidden = update.balance.length === 0;
  place("balance-body", update.balance, balances);
  showSensors(update.sensors);
  showSummary(update.closing);
  document.body.dataset.phase = session.finished ? "finished" : "running";
  document.title = `${update.state} · Footfall`;
  scheduleCharts();
}

function notice(text, plain = false) {
  place("notice", text, asText);
  byId("notice").classList.toggle("plain", plain);
}

function lost() {
  if (session.finished) notice("The session is over. This page keeps its summary.", true);
  else if (session.heading) notice("Connection lost. These are the last numbers; trying again.");
  else notice("Footfall does not answer yet; trying again.");
}

function connect() {
  const stream = new EventSource("/events");
  let silence = null;
  const again = () => { lost(); stream.close(); clearTimeout(silence); setTimeout(connect, RETRY_MS); };
  const heard = () => { clearTimeout(silence); silence = setTimeout(again, LOST_AFTER_MS); };
  stream.addEventListener("open", heard);
  stream.addEventListener("heartbeat", heard);
  stream.addEventListener("message", (event) => { heard(); notice(""); show(JSON.parse(event.data)); });
  stream.addEventListener("error", again);
}

connect();
