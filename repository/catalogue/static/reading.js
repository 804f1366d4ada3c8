// The page view: the image in OpenSeadragon beside its text, both lit together, pages turned without leaving.
// All words come from the page; without this file everything on it can be read and done by links and forms.
import { show } from "./reading_copy.js";

document.documentElement.classList.add("scripted");
const byId = (id) => document.getElementById(id);
const reading = byId("reading");
const KEPT = { both: "kdr.both", keys: "kdr.keys" };
const kept = {
  get: (name) => { try { return localStorage.getItem(KEPT[name]); } catch { return null; } },
  set: (name, value) => { try { localStorage.setItem(KEPT[name], value); } catch { /* nothing is remembered */ } },
};
const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
const box = (element) => element.dataset.box.split(",").map(Number);
const state = { viewer: null, here: 0, hit: 0 };

const still = () => byId("still");
const lines = () => byId("lines");
const both = () => kept.get("both") === "on" && Boolean(still().dataset.partner);

// ---- the image -------------------------------------------------------------------------------------------------

function sources() {
  const told = still().dataset;
  const own = { tileSource: told.info, x: 0, y: 0, height: 1 };
  if (!both()) return [own];
  const width = Number(told.width) / Number(told.height);
  const other = Number(told.partnerWidth) / Number(told.partnerHeight);
  own.x = told.side === "right" ? other : 0;
  return [own, { tileSource: told.partner, x: told.side === "right" ? 0 : width, y: 0, height: 1 }];
}

function begin() {
  if (!window.OpenSeadragon) return;
  // OpenSeadragon writes a style of its own, which our policy (CSP) forbids, unless it finds that it has been here.
  const been = document.createElementNS("urn:kdr", "style");
  been.setAttribute("data-openseadragon-mobile-css", "true");
  document.head.append(been);
  byId("view").hidden = false;
  state.viewer = OpenSeadragon({
    element: byId("view"),
    tileSources: sources(),
    drawer: ["webgl", "canvas"],
    showNavigationControl: false,
    showNavigator: false,
    crossOriginPolicy: false,
    visibilityRatio: 0.5,
    maxZoomPixelRatio: 3,
    animationTime: calm ? 0.001 : 0.6,
    immediateRender: calm,
    gestureSettingsMouse: { clickToZoom: false, dblClickToZoom: true },
    gestureSettingsTouch: { dblClickToZoom: true },
    tabIndex: 0,
  });
  const viewer = state.viewer;
  viewer.addHandler("open", opened);
  viewer.addHandler("open-failed", () => { byId("stage").classList.remove("live"); byId("view").hidden = true; });
  viewer.addHandler("canvas-key", (event) => { event.preventDefaultAction = true; });
  viewer.addHandler("canvas-click", (event) => { if (event.quick) choose(lineAt(event.position), { text: true }); });
  viewer.addHandler("animation-finish", follow);
  byId("view").addEventListener("pointermove", (event) => {
    if (event.buttons || event.pointerType === "touch") return;
    const frame = byId("view").getBoundingClientRect();
    hover(lineAt(new OpenSeadragon.Point(event.clientX - frame.left, event.clientY - frame.top)));
  });
  byId("view").addEventListener("pointerleave", () => hover(null));
}

function opened() {
  byId("stage").classList.add("live");
  byId("view").setAttribute("aria-label", still().dataset.label);
  state.viewer.clearOverlays();
  for (const mark of marks()) light(box(mark), "lit", image(), mark.dataset.hit);
  if (both()) lightPartner();
  if (state.hit) step(0);
  document.documentElement.dataset.reading = still().dataset.page;
}

const image = (number = 0) => state.viewer.world.getItemAt(number);
const marks = () => [...lines().querySelectorAll("mark[data-box]")];
const rectangle = ([x, y, width, height], item) => item.imageToViewportRectangle(x, y, width, height);

function light(corners, name, item, hit = "") {
  const element = document.createElement("div");
  element.className = name;
  element.dataset.hit = hit;
  state.viewer.addOverlay({ element, location: rectangle(corners, item) });
  return element;
}

async function lightPartner() {
  const { typed, partnerWords, page } = still().dataset;
  if (!typed) return;
  const answer = await fetch(`${partnerWords}?q=${encodeURIComponent(typed)}`);
  const item = image(1);
  if (!answer.ok || !item || still().dataset.page !== page) return;
  for (const each of (await answer.json()).lit) for (const corners of each.boxes) light(corners, "lit", item);
}

function moveTo(corners) {
  const [x, y, width, height] = corners;
  const room = Math.max(width, height * 6);
  const around = [x + width / 2 - room, y + height / 2 - room * 0.7, room * 2, room * 1.4];
  state.viewer.viewport.fitBoundsWithConstraints(rectangle(around, image()));
}

// ---- lines: those of the text and those of the image are the same -------------------------------------------------

const allLines = () => [...lines().querySelectorAll(".line")];

function lineAt(point) {
  const item = state.viewer && image();
  if (!item) return null;
  const { x, y } = item.viewerElementToImageCoordinates(point);
  return allLines().find((line) => {
    const [left, top, width, height] = box(line);
    return x >= left && x <= left + width && y >= top && y <= top + height;
  }) ?? null;
}

let hovered = null;
function hover(line) {
  if (line === hovered) return;
  hovered?.classList.remove("near");
  document.querySelector(".line-near")?.remove();
  hovered = line;
  line?.classList.add("near");
  if (line && state.viewer && image()) light(box(line), "line-near", image());
}

function choose(line, { text = false, move = false } = {}) {
  lines().querySelector(".line.here")?.classList.remove("here");
  const before = document.querySelector(".line-here");
  if (before) state.viewer?.removeOverlay(before);
  if (!line) return;
  line.classList.add("here");
  state.here = allLines().indexOf(line);
  if (state.viewer && image()) {
    light(box(line), "line-here", image());
    if (move) moveTo(box(line));
  }
  if (text) within(line);
}

// Only the text's own box is scrolled, never the page under the reader.
function within(element) {
  const frame = lines().getBoundingClientRect();
  const place = element.getBoundingClientRect();
  if (place.top < frame.top || place.bottom > frame.bottom) lines().scrollTop += place.top - frame.top - frame.height / 3;
}

function follow() {
  if (!image() || state.viewer.viewport.getZoom() < state.viewer.viewport.getHomeZoom() * 1.5) return;
  const seen = image().viewportToImageRectangle(state.viewer.viewport.getBounds());
  const first = allLines().find((line) => {
    const [left, top, width, height] = box(line);
    return top >= seen.y && top + height <= seen.y + seen.height && left + width > seen.x && left < seen.x + seen.width;
  });
  if (first) within(first);
}

// ---- hits --------------------------------------------------------------------------------------------------------

function step(by) {
  const numbers = [...new Set(marks().map((mark) => Number(mark.dataset.hit)))];
  const next = state.hit + by;
  if (next < 1 || next > numbers.length) {
    const link = document.querySelector(`[data-hit-page=${next < 1 ? "before" : "after"}]`);
    if (link) turn(link.href, next < 1 ? -1 : 1);
    return;
  }
  state.hit = next;
  document.querySelectorAll(".chosen").forEach((each) => each.classList.remove("chosen"));
  document.querySelectorAll(`mark[data-hit="${next}"], .lit[data-hit="${next}"]`).forEach((each) => each.classList.add("chosen"));
  const mark = lines().querySelector(`mark[data-hit="${next}"]`);
  if (!mark) return;
  within(mark);
  document.querySelector(".hit-number").textContent = `${next} / ${numbers.length}`;
  byId("told").textContent = `${next} / ${numbers.length}: ${mark.closest(".line").textContent.trim()}`;
  if (state.viewer && image()) moveTo(box(mark));
}

// ---- turning -------------------------------------------------------------------------------------------------------

let turning = 0;
async function turn(address, hit = 0, push = true) {
  const mine = ++turning;
  try {
    const answer = await fetch(address, { headers: { accept: "text/html" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (mine !== turning) return;
    if (!answer.ok || !page.getElementById("still")) { location.href = address; return; }
    if (push) history.pushState({ reading: true }, "", answer.url);
    replace(page, hit);
  } catch { location.href = address; }
}

function replace(page, hit) {
  const focused = document.activeElement;
  const name = focused?.id;
  for (const part of page.querySelectorAll("[data-part]")) {
    document.querySelector(`[data-part=${part.dataset.part}]`)?.replaceWith(part);
  }
  document.title = page.title;
  document.querySelector("link[rel=canonical]")?.setAttribute("href", page.querySelector("link[rel=canonical]").href);
  if (focused && !focused.isConnected) (byId(name) ?? byId("leaf")).focus({ preventScroll: true });
  byId("told").textContent = byId("leaf").textContent.replace(/\s+/g, " ").trim();
  state.hit = hit < 0 ? new Set(marks().map((mark) => mark.dataset.hit)).size : hit;
  hovered = null;
  show();
  settle();
  state.viewer?.open(sources());
}

function settle() {
  const current = document.querySelector(".strip [aria-current]");
  if (current) current.closest("nav").scrollLeft = current.offsetLeft + current.offsetWidth / 2 - current.closest("nav").clientWidth / 2;
  document.querySelectorAll(".hit-steps").forEach((each) => { each.hidden = marks().length === 0 && !document.querySelector("[data-hit-page]"); });
  const button = document.querySelector("[data-do=both]");
  button.disabled = !still().dataset.partner;
  button.setAttribute("aria-pressed", String(both()));
}

const turned = (way) => {
  const pair = both() && still().dataset[way === "before" ? "beforeBoth" : "afterBoth"];
  const address = pair || byId(`turn-${way}`)?.href;
  if (address) turn(address);
};

// ---- what buttons and keys do --------------------------------------------------------------------------------------

const zoom = (by) => { state.viewer?.viewport.zoomBy(by); state.viewer?.viewport.applyConstraints(); };
const pan = (x, y) => {
  const bounds = state.viewer?.viewport.getBounds();
  if (!bounds) return;
  state.viewer.viewport.panBy(new OpenSeadragon.Point(x * bounds.width, y * bounds.height));
  state.viewer.viewport.applyConstraints();
};
const deeds = {
  closer: () => zoom(1.5),
  farther: () => zoom(1 / 1.5),
  whole: () => state.viewer?.viewport.goHome(),
  both: () => { kept.set("both", both() ? "off" : "on"); settle(); state.viewer?.open(sources()); },
  screen: () => (document.fullscreenElement ? document.exitFullscreen() : reading.requestFullscreen?.()),
  keys: () => { byId("keys").scrollIntoView({ block: "center" }); byId("keys").focus({ preventScroll: true }); },
  "hit-before": () => step(-1),
  "hit-after": () => step(1),
};
const keys = {
  ArrowLeft: () => turned("before"),
  ArrowRight: () => turned("after"),
  PageUp: () => turned("before"),
  PageDown: () => turned("after"),
  Home: () => turn(still().dataset.first),
  End: () => turn(still().dataset.last),
  "+": deeds.closer,
  "=": deeds.closer,
  "-": deeds.farther,
  0: deeds.whole,
  w: () => pan(0, -0.2),
  s: () => pan(0, 0.2),
  a: () => pan(-0.2, 0),
  d: () => pan(0.2, 0),
  n: deeds["hit-after"],
  p: deeds["hit-before"],
  g: () => { byId("label").focus(); byId("label").select(); },
  f: deeds.screen,
  "?": deeds.keys,
};
const SCROLLING = new Set(["PageUp", "PageDown", "Home", "End"]);

function pressed(event) {
  if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey || kept.get("keys") === "off") return;
  if (event.target.closest("input, select, textarea, [contenteditable], summary, [role=menu]")) return;
  const inText = lines().contains(event.target);
  if (inText && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
    const all = allLines();
    const next = all[Math.min(Math.max(state.here + (event.key === "ArrowDown" ? 1 : -1), 0), all.length - 1)];
    if (next) choose(next, { text: true, move: true });
    event.preventDefault();
    return;
  }
  if (inText && SCROLLING.has(event.key)) return;
  // Far below the page's image these keys belong to the browser, which scrolls with them.
  if (SCROLLING.has(event.key) && !reading.contains(event.target) && event.target !== document.body) return;
  const deed = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!deed) return;
  event.preventDefault();
  deed();
}

document.addEventListener("keydown", pressed);
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-do]");
  if (button) { deeds[button.dataset.do](); return; }
  const line = event.target.closest(".line");
  if (line && getSelection().isCollapsed) choose(line, { move: true });
  const link = event.target.closest("a.turn, .strip a, .hit-turning a, .contents a");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  turn(link.href, { before: -1, after: 1 }[link.dataset.hitPage] ?? 0);
});
document.addEventListener("pointerover", (event) => {
  const line = event.target.closest?.(".line");
  if (line || lines().contains(event.target)) hover(line);
});
document.addEventListener("selectionchange", () => {
  const chosen = getSelection().isCollapsed ? null : getSelection().focusNode?.parentElement?.closest(".line");
  if (chosen) hover(chosen);
});
document.addEventListener("fullscreenchange", () => {
  document.querySelector("[data-do=screen]").setAttribute("aria-pressed", String(Boolean(document.fullscreenElement)));
});
addEventListener("popstate", () => { if (byId("still")) turn(location.href, 0, false); });

const shortcuts = byId("keys-on");
shortcuts.checked = kept.get("keys") !== "off";
shortcuts.addEventListener("change", () => kept.set("keys", shortcuts.checked ? "on" : "off"));
document.querySelector(".keys-switch").hidden = false;
document.querySelector(".zooming").hidden = false;
settle();
begin();
