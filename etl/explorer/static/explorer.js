"use strict";
// Draws charts, suggests actors during typing, and announces new data. Without JavaScript, all
// pages work, with tables instead of charts.

async function drawChart(figure) {
  const target = figure.querySelector(".drawing");
  const spec = JSON.parse(figure.querySelector("script").textContent);
  await vegaEmbed(target, spec, { renderer: "svg", actions: false, ast: false });
  figure.dataset.drawn = "yes";
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
      input.value = item.dataset.id;
      input.form.requestSubmit();
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
      Object.assign(item.dataset, { id: actor.entity_id, href: actor.href });
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
  document.querySelectorAll("figure.chart").forEach(drawChart);
  document.querySelectorAll("[data-deferred]").forEach(loadDeferred);
  document.querySelectorAll("[role=combobox]").forEach(addSuggestions);
  highlightQuote();
  addEventListener("hashchange", highlightQuote);
  document.querySelector(".new-publish a")?.addEventListener("click", (event) => {
    event.preventDefault();
    location.reload();
  });
  setInterval(checkForUpdates, document.querySelector("[data-next-page]") ? 500 : 10000);
  addEventListener("keydown", (event) => {
    if (event.key === "/" && !event.target.closest("input, select, textarea")) {
      event.preventDefault();
      document.getElementById("find")?.focus();
    }
  });
});
