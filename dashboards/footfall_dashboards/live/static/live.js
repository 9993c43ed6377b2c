// The live page. All numbers and words come ready from the server (view.py); this file only places them.

import { Sound } from "./sound.js";

const LOST_AFTER_MS = 12_000; // three heartbeats (server.py)
const RETRY_MS = 2_000;
const CHART_INTERVAL_MS = 500;

const session = { heading: null, now: 0, points: [], finished: false, refusal: "" };
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
  "unknown-2": '<path d="M8 2 14.5 14 1.5 14Z" fill="currentColor"/>',
};
const DASHES = { left: "", right: 'stroke-dasharray="5 4"', unknown: 'stroke-dasharray="2 3"', "unknown-2": "" };
const PLOTTED = {
  left: { symbol: "circle", dash: "solid", color: "--left" },
  right: { symbol: "diamond-open", dash: "7px,3px", color: "--right" },
  unknown: { symbol: "square-open", dash: "dot", color: "--ink" },
  "unknown-2": { symbol: "triangle-up", dash: "solid", color: "--quiet" },
};
const ofLeg = (looks, leg) => looks[leg] ?? looks.unknown;

function svg(className, viewBox, content) {
  const holder = document.createElement("template");
  holder.innerHTML = `<svg class="${className}" viewBox="${viewBox}" aria-hidden="true">${content}</svg>`;
  return holder.content;
}

const mark = (leg) => svg("mark", "0 0 16 16", ofLeg(MARKS, leg));
const lineMark = (leg) => svg("line", "0 0 42 16",
  `<path d="M0 8H42" stroke="currentColor" stroke-width="2" ${ofLeg(DASHES, leg)}/><g transform="translate(13 0)">${ofLeg(MARKS, leg)}</g>`);

// ---- Numbers

function cell(reading, attributes = {}) {
  const kind = reading.text === "–" ? "none" : /\d/.test(reading.text) ? `of${Math.min(reading.text.length, 6)}` : "word";
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
  const lights = update.cues?.legs ?? {}, targets = update.cues?.targets ?? {};
  place("readings", [legs, rows, update.cells, update.notes, update.sides, lights, targets], () => [
    grid("Now, leg by leg", legs,
      (leg) => {
        const { text, attention } = update.notes[leg.key];
        const note = text ? element("small", { class: attention ? "attention" : "" }, `${attention ? "! " : ""}${text}`) : element("small", {}, leg.worn);
        const told = update.sides[leg.key] ? [element("small", { class: "below told" }, update.sides[leg.key])] : [];
        const light = LIGHTS[lights[leg.key]] ? [element("small", { class: `below light ${lights[leg.key]}` }, `${LIGHTS[lights[leg.key]]}, ${targets[leg.key]}`)] : [];
        return element("div", { role: "columnheader", class: leg.key }, mark(leg.key), leg.title, " ", note, ...light, ...told);
      },
      rows.map((row) => [row, legs.map((leg) => cell(update.cells[leg.key][row.key],
        { "data-leg": leg.key, class: update.notes[leg.key].text ? "old" : "" }))])),
  ]);
}

// ---- Cues

// Told apart by shape and word, not only by green and amber.
const LIGHTS = { within: "✓ impact within target", beyond: "▲ impact above target" };
const HELD_SIGNS = { within: "✓", beyond: "▲" };

const sound = new Sound(showSound);

function showSound() {
  place("sound-words", sound.words, asText);
  place("sound", sound.isOn ? "Sound off on this device" : "Sound on this device", asText);
  byId("sound").dataset.heard = JSON.stringify(sound.heard);
  byId("sound").dataset.sounds = sound.heard.length;
}

/** Gives what is new to hear, and shows how cues stand. */
function showCues(cues) {
  byId("cues").hidden = byId("cue-details").hidden = !cues || session.finished;
  if (!cues) return;
  session.muted = cues.muted;
  if (cues.muted || session.finished) sound.hush();
  else for (const cue of cues.heard) sound.play(cue);
  place("cue-now", cues.now, asText);
  place("cue-measures", cues.measures, (measures) => measures.map(({ held, words }) =>
    element("li", { class: `light ${held}` }, `${HELD_SIGNS[held] ?? ""} ${words}`)));
  byId("cue-measures").hidden = cues.measures.length === 0;
  place("cue-remarks", cues.remarks.join(" "), asText);
  place("cue-words", cues.quiet ? `Quiet: ${cues.quiet}.` : cues.words, asText);
  place("mute", cues.muted ? "Muted – touch for sound" : "Mute", asText);
  byId("mute").setAttribute("aria-pressed", String(cues.muted));
  showSound();
}

/** Mutes all that is heard of this run, here at once, and on the computer that takes it; or no more. */
function mute() {
  if (byId("cues").hidden) return;
  const on = !session.muted;
  session.muted = on;
  if (on) sound.hush();
  fetch("mute", { method: "POST", body: on ? "on" : "off" }).catch(() => null);
}

byId("mute").addEventListener("click", mute);
byId("sound").addEventListener("click", () => { (sound.isOn ? sound.stop() : sound.start()); });
document.addEventListener("keydown", (event) => {
  if (event.key.toLowerCase() === "m" && !event.ctrlKey && !event.metaKey && !event.altKey) mute();
});
document.addEventListener("visibilitychange", () => { if (document.visibilityState === "visible") sound.recover(); });
// Some browsers give a sound that was taken away back only with a touch: any will do.
document.addEventListener("pointerdown", (event) => { if (event.target.id !== "sound") sound.recover(); });

function balances(list) {
  return list.map((balance) => {
    const dot = element("i");
    // The dot leans to the side that has more.
    dot.style.left = `${Math.min(98, Math.max(2, (60 - balance.left_percent) * 5))}%`;
    return element("div", { class: "balance", "data-balance": balance.label },
      element("p", { class: "what" }, `${balance.label}: `, element("b", {}, balance.words)),
      element("div", { class: "line" },
        element("span", { class: "share left" }, mark("left"), `${balance.left} %`),
        element("span", { class: "scale", "aria-hidden": "true" }, dot),
        element("span", { class: "share right" }, mark("right"), `${balance.right} %`)));
  });
}

// ---- Heart rate, foot pod and treadmill

function showBeside(list) {
  byId("beside").hidden = list.length === 0;
  place("beside-body", list, () => list.map((one) =>
    element("div", { "data-beside": one.key },
      element("dt", {}, one.label, element("small", {}, `, ${one.unit}`)),
      element("dd", {}, element("span", { class: one.text === "–" ? "number none" : "number" }, one.text),
        element("span", { class: "detail" }, one.note)))));
}

// ---- Minutes and kilometres

function showSplits(tables) {
  place("splits", tables, () => tables.map((table) =>
    element("section", { class: "splits", "data-kind": table.kind, "aria-labelledby": `splits-${table.kind}` },
      element("h2", { id: `splits-${table.kind}` }, table.title),
      element("table", {},
        element("thead", {}, element("tr", {}, element("th", { scope: "col" }, table.unit),
          ...table.columns.map(({ label, unit }) => element("th", { scope: "col" }, label, element("small", {}, unit))))),
        element("tbody", {}, ...table.rows.map((row) => element("tr", {},
          element("th", { scope: "row" }, row.label, element("small", {}, row.activity)),
          ...row.cells.map((text) => element("td", {}, text)))))),
      ...table.notes.map((text) => element("p", { class: "detail" }, text)))));
}

// ---- Sensors

const SIGNS = { good: "✓", attention: "!", waiting: "…" };

function showSensors(cards) {
  byId("sensors").hidden = cards.length === 0;
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
        (leg) => element("div", { role: "columnheader", class: leg.key }, mark(leg.key), leg.title,
          element("small", { class: "below" }, `${activity.strides[leg.key]} strides`)),
        session.heading.rows.map((row) => [row, session.heading.legs.map((leg) =>
          cell(activity.cells[leg.key][row.key], { "data-leg": leg.key }))])),
    ]),
    element("div", { class: "balances" }, ...balances(closing.balance)),
    ...(closing.recording ? [element("p", { class: "recording" }, "Recording: ", element("code", {}, closing.recording))] : []),
  ]);
}

// ---- Around the run

const FOLLOW_MS = 1_500;
const MOST_TRIES = 40;
let followed = "";

/** Leads to the run's own page once it is there; until then, and where there is none, the summary stays. */
async function follow(page) {
  if (!page || followed === page) return;
  followed = page;
  place("onward", page, () => ["This run gets its own page, and this one leads there: ", element("a", { href: page }, "see the run"), "."]);
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    await new Promise((done) => { setTimeout(done, FOLLOW_MS); });
    const { ok } = await fetch(page, { method: "HEAD" }).catch(() => ({}));
    if (ok) { location.assign(page); return; }
  }
}

/** Fills the screen with the numbers, to be read while running; the address remembers it, also over a reload. */
function enlarge(large) {
  document.body.classList.toggle("large", large);
  place("large", large ? "Show all" : "Large numbers", asText);
  history.replaceState(null, "", large ? "#fill" : location.pathname + location.search);
  scheduleCharts();
}

let awake = null;

/** Keeps the screen on while a run goes on, where the browser lets a page do so: it does by https, and on this computer. */
function keepAwake() {
  const { classList, dataset } = document.body;
  const goesOn = dataset.phase === "running" && !classList.contains("lost");
  const wanted = document.visibilityState === "visible" && (goesOn || classList.contains("large"));
  if (wanted && !awake) {
    // refused, it is asked for again when the page was hidden meanwhile, not at each stride
    const asked = navigator.wakeLock?.request("screen").catch(() => null) ?? Promise.resolve(null);
    awake = asked;
    asked.then((lock) => lock?.addEventListener("release", () => { if (awake === asked) awake = null; }, { once: true }));
  } else if (!wanted && awake) {
    awake.then((lock) => lock?.release());
    awake = null;
  }
}

byId("large").addEventListener("click", () => {
  const large = !document.body.classList.contains("large");
  enlarge(large);
  keepAwake();
  if (large) document.documentElement.requestFullscreen?.().catch(() => null);
  else if (document.fullscreenElement) document.exitFullscreen().catch(() => null);
});
document.addEventListener("keydown", ({ key }) => { if (key === "Escape" && document.body.classList.contains("large")) enlarge(false); });
document.addEventListener("fullscreenchange", () => { if (!document.fullscreenElement) enlarge(false); });
document.addEventListener("visibilitychange", keepAwake);

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

/** A leg's strides of one chart, and the line through them; a null breaks the line at a pause and a change of gait. */
function series(chart, leg) {
  const own = session.points.filter((point) => point.leg === leg && chart.key in point.values);
  const line = { x: [], y: [] };
  let before = null;
  for (const point of own) {
    if (before && (point.t_s - before.t_s > chart.gap_s || point.activity !== before.activity)) {
      line.x.push(point.t_s);
      line.y.push(null);
    }
    line.x.push(point.t_s);
    line.y.push(point.smoothed[chart.key]);
    before = point;
  }
  return {
    strides: { x: own.map((point) => point.t_s), y: own.map((point) => point.values[chart.key]) },
    line,
    usual: usual(chart, own.map((point) => ({ value: point.values[chart.key], line: point.smoothed[chart.key] }))),
  };
}

/** The values that a chart is as high as: a leg's line, and its strides but for those far off it, as one in stopping. */
function usual(chart, own) {
  const lined = own.filter(({ line }) => line !== null);
  if (!lined.length) return own.map(({ value }) => value);
  const off = ({ value, line }) => Math.abs(value - line);
  const reach = Math.max(chart.step, 4 * lined.map(off).sort((a, b) => a - b)[Math.floor(lined.length / 2)]);
  return lined.flatMap((one) => (off(one) <= reach ? [one.line, one.value] : [one.line]));
}

function drawCharts() {
  if (!window.Plotly || !session.heading) return; // drawn as soon as the library is there
  chartsDue = false;
  const style = getComputedStyle(document.documentElement);
  const color = (name) => style.getPropertyValue(name).trim();
  const { legs, charts, window_s } = session.heading;
  for (const chart of charts) {
    const plotted = legs.map((leg) => ({ leg, ...series(chart, leg.key), look: ofLeg(PLOTTED, leg.key) }));
    const values = plotted.flatMap((leg) => leg.usual);
    const low = Math.floor(Math.min(...values) / chart.step) * chart.step;
    const high = Math.max(Math.ceil(Math.max(...values) / chart.step) * chart.step, low + chart.step);
    const room = 0.05 * (high - low); // so that labels at the ends find place
    const ago = [60, 45, 30, 15, 0];
    const plot = byId(`plot-${chart.key}`);
    window.Plotly.react(plot, [
      ...plotted.map(({ leg, strides, look }) => ({
        ...strides, name: `${leg.title}, strides`, type: "scatter", mode: "markers",
        marker: { color: color(look.color), symbol: look.symbol, size: 5, opacity: 0.6, line: { width: 1 } },
      })),
      ...plotted.map(({ leg, line, look }) => ({
        ...line, name: leg.title, type: "scatter", mode: "lines", connectgaps: false,
        line: { color: color(look.color), width: 2.5, dash: look.dash },
      })),
    ], {
      showlegend: false, autosize: true, margin: { l: 46, r: 22, t: 6, b: 28 },
      paper_bgcolor: "transparent", plot_bgcolor: "transparent",
      font: { family: getComputedStyle(document.body).fontFamily, size: 14, color: color("--quiet") },
      xaxis: {
        range: [session.now - window_s, session.now + 0.02], tickvals: ago.map((seconds) => session.now - seconds),
        ticktext: ago.map((seconds) => (seconds ? `−${seconds} s` : session.finished ? "end" : "now")),
        gridcolor: color("--line"), zeroline: false, ticklabelstandoff: 4,
      },
      yaxis: values.length
        ? { range: [low - room, high + room], gridcolor: color("--line"), zeroline: false, nticks: 6, ticklabelstandoff: 6,
            tickformat: chart.step < 1 ? ".2f" : ".0f" }
        : { visible: false },
      annotations: values.length ? [] : [{ text: "No strides in the last minute", xref: "paper", yref: "paper", x: 0.5, y: 0.5, showarrow: false }],
    }, { staticPlot: true, responsive: true });
    const spoken = plotted.filter((leg) => leg.usual.length).map(({ leg, usual: y }) =>
      `${leg.title} ${Math.min(...y).toFixed(chart.decimals)} to ${Math.max(...y).toFixed(chart.decimals)} ${chart.unit}`);
    plot.dataset.until = session.now;
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
    byId("today").hidden = !update.heading.today;
    if (update.heading.today) byId("today").href = update.heading.today;
  }
  session.now = update.now_s;
  session.finished = update.closing !== null;
  showCues(update.cues);
  session.points = [...session.points, ...update.points].filter((point) => session.now - point.t_s <= session.heading.window_s);
  place("state", update.state, asText);
  place("elapsed", update.elapsed, asText);
  byId("elapsed").dataset.seconds = session.now;
  showReadings(update);
  showBeside(update.beside);
  byId("balance").hidden = update.balance.length === 0;
  place("balance-body", update.balance, balances);
  place("advice", update.advice, asText);
  place("stand", update.stand, asText);
  showSplits(update.splits);
  showSensors(update.sensors);
  showSummary(update.closing);
  document.body.classList.toggle("slow", update.slow);
  if (session.finished) follow(update.closing.page);
  document.body.dataset.phase = session.finished ? "finished" : "running";
  document.title = `${update.state} · Footfall`;
  keepAwake();
  scheduleCharts();
}

const REFUSALS = {
  403: "These runs are not shown to you. Their runner can let a coach see them.",
  429: "Too many pages are open; close some.",
};

function notice(text, plain = false) {
  place("notice", text, asText);
  byId("notice").classList.toggle("plain", plain);
}

function lost() {
  document.body.classList.toggle("lost", !session.finished);
  keepAwake();
  if (session.refusal) notice(session.refusal);
  else if (session.finished) notice("The session is over. This page keeps its summary.", true);
  else if (session.heading) notice("Connection lost. These are the last numbers; trying again.");
  else notice("Footfall does not answer yet; trying again.");
}

function found() {
  session.refusal = "";
  document.body.classList.remove("lost");
  notice("");
}

/** Says why the server answers and gives no stream: the login has ended, or this run is somebody else's. */
async function explain() {
  const { status } = await fetch("events", { method: "HEAD" }).catch(() => ({}));
  if (status === 401) location.reload(); // leads to the login
  session.refusal = REFUSALS[status] ?? "";
  if (session.refusal) notice(session.refusal);
  if (status === 403) showNothing();
}

/** Takes away what was shown before its runner took consent back. */
function showNothing() {
  byId("login").hidden = false;
  place("title", "", asText);
  place("state", "Not shown", asText);
  place("elapsed", "–", asText);
  document.body.dataset.phase = "waiting";
  document.title = "Not shown · Footfall";
}

function connect() {
  const stream = new EventSource("events");
  let silence = null;
  const again = () => { lost(); stream.close(); clearTimeout(silence); setTimeout(connect, RETRY_MS); };
  const heard = () => { clearTimeout(silence); silence = setTimeout(again, LOST_AFTER_MS); };
  stream.addEventListener("open", heard);
  stream.addEventListener("heartbeat", heard);
  stream.addEventListener("message", (event) => { heard(); found(); show(JSON.parse(event.data)); });
  stream.addEventListener("login", () => { byId("login").hidden = false; });
  stream.addEventListener("error", () => {
    const refused = stream.readyState === EventSource.CLOSED;
    again();
    if (refused) explain();
  });
}

if (location.hash === "#fill") enlarge(true);
connect();
