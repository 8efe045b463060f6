"use strict";
// Reads out the tracks base by base, and zooms them. All numbers are in the page.
const signed = (x) => (x > 0 ? "+" : x < 0 ? "\u2212" : "") + Math.abs(x);
const clamp = (x, low, high) => Math.min(Math.max(x, low), high);
const told = {
  bases: (t, i) => [`${t.title}: ${t.letters[i]} ${signed(t.values[i])}`],
  changes: (t, i) => [t.title + ": " + [..."ACGT"]
    .map((b, k) => (b === t.letters[i] ? null : `to ${b} ${signed(t.values[i][k])}`))
    .filter(Boolean).join(", ")],
  bins: (t, i) => [t.values[Math.floor((i - t.offset) / t.size)]]
    .filter((x) => x !== undefined).map((x) => `${t.title}: ${x}`),
  spans: (t, i) => t.spans.filter(([a, b]) => a <= i && i < b).map((s) => s[2]),
};

function setUp(panel, figure) {
  const data = JSON.parse(panel.querySelector("script").textContent);
  const view = panel.querySelector(".view"), wide = panel.querySelector(".wide");
  const overlay = panel.querySelector(".overlay"), cursor = panel.querySelector(".cursor");
  const ticks = panel.querySelector(".ticks"), value = figure.querySelector(".value");
  let at = 0, zoom = 1;

  const text = (i) => [`base ${(data.first + i).toLocaleString("en")}`,
    ...data.tracks.flatMap((t) => told[t.kind](t, i))].join(" \u00b7 ");

  const roomy = () => Math.max(
    view.clientWidth - wide.clientWidth + overlay.offsetWidth, 1); // at zoom 1

  function go(i) {
    at = clamp(i, 0, data.length - 1);
    cursor.style.cssText = `display:block;left:${100 * at / data.length}%;` +
      `width:${100 / data.length}%`;
    overlay.setAttribute("aria-valuenow", data.first + at);
    overlay.setAttribute("aria-valuetext", text(at));
    value.textContent = text(at);
  }
  function seen() { // brings the cursor into view
    const x = overlay.offsetWidth * (at + .5) / data.length;
    const room = roomy();
    if (x < view.scrollLeft + 20) view.scrollLeft = x - room / 4;
    if (x > view.scrollLeft + room - 20) view.scrollLeft = x - room * 3 / 4;
  }
  function zoomTo(wanted, around) {
    const room = roomy();
    const most = Math.max(1, 32 * data.length / room); // a base of 32 pixels
    const part = around ?? (view.scrollLeft + room / 2) / (room * zoom);
    const left = part * room * zoom - view.scrollLeft;
    zoom = clamp(wanted, 1, most);
    wide.style.setProperty("--zoom", zoom);
    view.scrollLeft = part * room * zoom - left;
    mark(room * zoom);
  }
  function mark(width) {
    const rough = Math.max(80 * data.length / Math.max(width, 80), 1);
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map((s) => s * power).find((s) => s >= rough);
    ticks.replaceChildren();
    const end = data.first + data.length;
    for (let p = Math.ceil(data.first / step) * step; p < end; p += step) {
      const tick = document.createElement("span");
      tick.textContent = p.toLocaleString("en");
      tick.style.left = `${100 * (p - data.first + .5) / data.length}%`;
      ticks.append(tick);
    }
  }
  const under = (event) => Math.floor(
    data.length * (event.clientX - overlay.getBoundingClientRect().left) /
    overlay.offsetWidth);
  overlay.addEventListener("pointermove", (event) => go(under(event)));
  overlay.addEventListener("pointerdown", (event) => go(under(event)));
  overlay.addEventListener("focus", () => go(at));
  view.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    zoomTo(zoom * (event.deltaY < 0 ? 1.25 : .8), (under(event) + .5) / data.length);
  }, {passive: false});
  const centre = () => (at + .5) / data.length;
  const keys = {
    ArrowLeft: () => go(at - 1), ArrowRight: () => go(at + 1),
    ArrowDown: () => go(at - 1), ArrowUp: () => go(at + 1),
    PageDown: () => go(at - 10), PageUp: () => go(at + 10),
    Home: () => go(0), End: () => go(data.length - 1),
    "+": () => zoomTo(zoom * 1.5, centre()), "=": () => zoomTo(zoom * 1.5, centre()),
    "-": () => zoomTo(zoom / 1.5, centre()), 0: () => zoomTo(1),
  };
  overlay.addEventListener("keydown", (event) => {
    const act = keys[event.key];
    if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    act();
    seen();
  });
  return {
    data,
    zoom: {in: () => zoomTo(zoom * 1.5), out: () => zoomTo(zoom / 1.5), fit: () => zoomTo(1)},
    resize: () => zoomTo(zoom),
  };
}

function cells(row, kind, texts) {
  for (const text of texts) {
    const cell = document.createElement(kind);
    cell.textContent = text;
    row.append(cell);
  }
}
function table(data) {
  const made = document.createElement("table"), tracks = data.tracks;
  const titles = {changes: (t) => [..."ACGT"].map((b) => `${t.title}: to ${b}`)};
  const shown = tracks.filter((t) => t.kind === "bases" || t.kind === "changes");
  cells(made.createTHead().insertRow(), "th", ["base", ...shown.flatMap(
    (t) => titles[t.kind]?.(t) ?? ["", t.title])]);
  const body = made.createTBody();
  for (let i = 0; i < data.length; i++) {
    cells(body.insertRow(), "td", [data.first + i, ...shown.flatMap(
      (t) => t.kind === "bases" ? [t.letters[i], t.values[i]] : t.values[i])]);
  }
  return made;
}

for (const figure of document.querySelectorAll("figure.tracks")) {
  const panels = [...figure.querySelectorAll(".panel")];
  const made = panels.map((panel) => setUp(panel, figure));
  const select = figure.querySelector("select"), numbers = figure.querySelector(".numbers");
  const now = () => made[select.selectedIndex];
  const fill = () => {
    numbers.querySelector("div")?.remove();
    if (!numbers.open) return;
    const box = document.createElement("div");
    box.tabIndex = 0;
    box.append(table(now().data));
    numbers.append(box);
  };
  const choose = () => {
    panels.forEach((panel, k) => { panel.hidden = k !== select.selectedIndex; });
    figure.querySelector(".value").textContent = "";
    now().resize();
    fill();
  };
  select.addEventListener("change", choose);
  numbers.addEventListener("toggle", fill);
  for (const button of figure.querySelectorAll("[data-zoom]")) {
    button.addEventListener("click", () => now().zoom[button.dataset.zoom]());
  }
  new ResizeObserver(() => now().resize()).observe(figure);
  choose();
}
const all = document.querySelector("#all-outputs");
all?.addEventListener("change", () => {
  for (const select of document.querySelectorAll("figure.tracks select")) {
    const first = [...select.options].findIndex((o) => o.defaultSelected);
    select.selectedIndex = all.selectedIndex === 0 ? first : all.selectedIndex - 1;
    select.dispatchEvent(new Event("change"));
  }
});
