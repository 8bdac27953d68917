"use strict";
// Draws charts and saves them as pictures, suggests actors during typing, steps
// through the places of an actor in an article, and announces new data.
// Without JavaScript, all pages work, with tables instead of charts.

const SAVED_WIDTH = 900, TITLE_CHARACTERS = 100, AXIS_WIDTH = 48;

// Charts name custom properties of the stylesheet as colours. Return them with their values now.
function withColours(value, key) {
  if (key === "data" || key === "datasets") return value;
  if (Array.isArray(value)) return value.map((item) => withColours(item));
  if (value && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, withColours(v, k)]));
  }
  const name = typeof value === "string" && value.match(/^var\((--[\w-]+)\)$/);
  return name ? getComputedStyle(document.documentElement).getPropertyValue(name[1]).trim() : value;
}

function specOf(figure, width) {
  const spec = withColours(JSON.parse(figure.querySelector("script").textContent));
  if (spec.usermeta?.fits) spec.spec.width = width - AXIS_WIDTH;
  return spec;
}

async function drawChart(figure) {
  const target = figure.querySelector(".drawing");
  await vegaEmbed(target, specOf(figure, target.clientWidth), { renderer: "svg", actions: false, ast: false });
  // The table has the same links: hundreds of points would stop a user of the Tab key.
  target.querySelectorAll("a").forEach((link) => link.setAttribute("tabindex", "-1"));
  figure.dataset.drawn = "yes";
}

function wrapped(text) {
  const lines = [""];
  for (const word of text.trim().split(/\s+/)) {
    const longer = (lines.at(-1) + " " + word).trim();
    if (longer.length > TITLE_CHARACTERS) lines.push(word);
    else lines[lines.length - 1] = longer;
  }
  return lines;
}

// A saved picture says by itself what it shows and where the numbers come from.
async function saveChart(figure, format) {
  const text = (selector) => figure.querySelector(selector).textContent;
  const spec = {
    ...specOf(figure, SAVED_WIDTH),
    width: SAVED_WIDTH,
    background: withColours("var(--card)"),
    title: {
      text: wrapped(text("h3")),
      subtitle: [...wrapped(text(".measure")), ...wrapped(text(".source"))],
      fontSize: 16, subtitleFontSize: 12, offset: 14,
      color: withColours("var(--ink)"), subtitleColor: withColours("var(--muted)"),
    },
  };
  const { view } = await vegaEmbed(document.createElement("div"), spec, { renderer: "svg", actions: false });
  const link = document.createElement("a");
  link.href = await view.toImageURL(format, 2);
  link.download = `${figure.querySelector("h3").id}.${format}`;
  link.click();
  view.finalize();
}

function addSuggestions(input) {
  const list = document.getElementById(input.getAttribute("aria-controls"));
  let selected = -1, lastRequest = 0, timer = 0;

  function close() {
    list.hidden = true;
    selected = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }
  function select(index) {
    const items = [...list.children];
    if (!items.length) return;
    selected = (index + items.length) % items.length;
    items.forEach((item, i) => item.setAttribute("aria-selected", String(i === selected)));
    items[selected].scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", items[selected].id);
  }
  function accept(item) {
    close();
    if (input.hasAttribute("data-navigate")) {
      location.href = item.dataset.href;
    } else {
      // The name stays in sight; the form sends the id, because two actors may share a name.
      input.value = item.dataset.name;
      Object.assign(input.dataset, { chosen: item.dataset.id, chosenName: item.dataset.name });
      const empty = [...input.form.querySelectorAll("[role=combobox]")].find((field) => !field.value);
      if (empty) empty.focus();
      else input.form.requestSubmit();
    }
  }
  async function fetchSuggestions() {
    const request = ++lastRequest;
    if (!input.value.trim()) return close();
    const response = await fetch("/suggest?q=" + encodeURIComponent(input.value));
    const actors = response.ok ? await response.json() : [];
    if (request !== lastRequest) return;  // a later request is on its way
    list.replaceChildren(...actors.map((actor, index) => {
      const item = document.createElement("li");
      const details = document.createElement("small");
      item.id = list.id + "-" + index;
      item.setAttribute("role", "option");
      Object.assign(item.dataset, { id: actor.entity_id, name: actor.name, href: actor.href });
      item.textContent = actor.name + " ";
      details.textContent = actor.about;
      item.append(details);
      item.addEventListener("mousedown", (event) => { event.preventDefault(); accept(item); });
      return item;
    }));
    list.hidden = !actors.length;
    input.setAttribute("aria-expanded", String(!list.hidden));
    selected = -1;
  }
  input.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(fetchSuggestions, 120); });
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") { event.preventDefault(); select(selected + 1); }
    else if (event.key === "ArrowUp") { event.preventDefault(); select(selected - 1); }
    else if (event.key === "Escape") close();
    else if (event.key === "Enter" && selected >= 0) { event.preventDefault(); accept(list.children[selected]); }
  });
}

async function loadDeferred(placeholder) {
  const response = await fetch(placeholder.dataset.deferred);
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  placeholder.replaceWith(...page.querySelectorAll("main section > *"));
}

// A quote that contains a mention is several elements, but a URL's fragment identifies only one.
function highlightQuote() {
  const target = decodeURIComponent(location.hash.slice(1));
  document.querySelectorAll("[data-part-of]").forEach((part) => {
    part.classList.toggle("highlighted", part.dataset.partOf === target);
  });
}

// Marks everywhere that an actor is mentioned or speaks, or takes the marks back.
function markActor(button) {
  const isOn = button.getAttribute("aria-pressed") !== "true";
  document.querySelectorAll("[data-marks]").forEach((b) => b.setAttribute("aria-pressed", "false"));
  document.querySelectorAll(".article .marked").forEach((part) => part.classList.remove("marked"));
  button.setAttribute("aria-pressed", String(isOn));
  if (!isOn) return;
  const id = CSS.escape(button.dataset.marks);
  document.querySelectorAll(`.article [data-actor="${id}"], .article .begins[data-speaker="${id}"]`)
    .forEach((part) => part.classList.add("marked"));
  step(1);
}

// Goes to the next marked place, or to the next mention if none is marked; -1 goes back.
let place = -1;
function step(direction) {
  const marked = document.querySelectorAll(".article:not(.headline) .marked");
  const parts = marked.length ? marked : document.querySelectorAll(".article:not(.headline) .m");
  if (!parts.length) return;
  place = (place + direction + parts.length) % parts.length;
  parts[place].scrollIntoView({ block: "center", behavior: "smooth" });
  if (parts[place].matches("a")) parts[place].focus({ preventScroll: true });
}

async function checkForUpdates() {
  const { snapshot } = document.body.dataset;
  if (!snapshot) return;
  try {
    const response = await fetch("/published");
    const state = await response.json();
    const notice = document.querySelector(".new-publish");
    if (state.snapshot !== snapshot) {
      notice.querySelector("a").href = location.href;
      notice.hidden = false;
    }
    const progress = document.querySelector("[data-next-page]");
    if (progress && !state.is_applying) location.href = progress.dataset.nextPage;
  } catch { /* the server was stopped */ }
}

addEventListener("DOMContentLoaded", () => {
  const drawCharts = () => document.querySelectorAll("figure.chart").forEach(drawChart);
  drawCharts();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawCharts);
  addEventListener("click", (event) => {
    const button = event.target.closest("[data-save]");
    if (button) saveChart(button.closest("figure"), button.dataset.save);
    const chip = event.target.closest("[data-marks]");
    if (chip) { place = -1; markActor(chip); }
  });
  document.querySelectorAll("[data-deferred]").forEach(loadDeferred);
  document.querySelectorAll("[role=combobox]").forEach(addSuggestions);
  highlightQuote();
  addEventListener("hashchange", highlightQuote);
  document.querySelector(".new-publish a")?.addEventListener("click", (event) => {
    event.preventDefault();
    location.reload();
  });
  setInterval(checkForUpdates, document.querySelector("[data-next-page]") ? 500 : 10000);
  addEventListener("submit", (event) => {
    event.target.querySelectorAll("[data-chosen]").forEach((input) => {
      if (input.value === input.dataset.chosenName) input.value = input.dataset.chosen;
    });
  });
  addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.matches("textarea")) {
      event.target.form.requestSubmit();
    }
    if (event.target.closest("input, select, textarea") || event.ctrlKey || event.metaKey) return;
    if (event.key === "/") {
      event.preventDefault();
      document.getElementById("find")?.focus();
    }
    if (event.key === "n") step(1);
    if (event.key === "p") step(-1);
  });
});
