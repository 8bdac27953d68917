"use strict";
// Draws charts, suggests actors while one types, and says when there is a new publish. All pages
// work without it, except that charts are tables then.

async function draw(figure) {
  const target = figure.querySelector(".drawing");
  const spec = JSON.parse(figure.querySelector("script").textContent);
  await vegaEmbed(target, spec, { renderer: "svg", actions: false, ast: false });
  figure.dataset.drawn = "yes";
}

function suggest(input) {
  const list = document.getElementById(input.getAttribute("aria-controls"));
  let chosen = -1, asked = 0, timer = 0;

  function close() {
    list.hidden = true;
    chosen = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }
  function mark(index) {
    const items = [...list.children];
    if (!items.length) return;
    chosen = (index + items.length) % items.length;
    items.forEach((item, i) => item.setAttribute("aria-selected", String(i === chosen)));
    items[chosen].scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", items[chosen].id);
  }
  function take(item) {
    close();
    if (input.hasAttribute("data-goes")) {
      location.href = item.dataset.href;
    } else {
      input.value = item.dataset.id;
      input.form.requestSubmit();
    }
  }
  async function ask() {
    const number = ++asked;
    if (!input.value.trim()) return close();
    const answer = await fetch("/suggest?q=" + encodeURIComponent(input.value));
    const found = answer.ok ? await answer.json() : [];
    if (number !== asked) return;
    list.replaceChildren(...found.map((actor, index) => {
      const item = document.createElement("li");
      const more = document.createElement("small");
      item.id = list.id + "-" + index;
      item.setAttribute("role", "option");
      Object.assign(item.dataset, { id: actor.entity_id, href: actor.href });
      item.textContent = actor.name + " ";
      more.textContent = actor.about;
      item.append(more);
      item.addEventListener("mousedown", (event) => { event.preventDefault(); take(item); });
      return item;
    }));
    list.hidden = !found.length;
    input.setAttribute("aria-expanded", String(!list.hidden));
    chosen = -1;
  }
  input.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(ask, 120); });
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") { event.preventDefault(); mark(chosen + 1); }
    else if (event.key === "ArrowUp") { event.preventDefault(); mark(chosen - 1); }
    else if (event.key === "Escape") close();
    else if (event.key === "Enter" && chosen >= 0) { event.preventDefault(); take(list.children[chosen]); }
  });
}

async function bring(place) {
  const answer = await fetch(place.dataset.later);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  place.replaceWith(...page.querySelectorAll("main section > *"));
}

// A quote with an actor in it is several elements, of which an address can name but one.
function markAsked() {
  const asked = decodeURIComponent(location.hash.slice(1));
  document.querySelectorAll("[data-part-of]").forEach((part) => {
    part.classList.toggle("asked", part.dataset.partOf === asked);
  });
}

async function watch() {
  const { snapshot } = document.body.dataset;
  if (!snapshot) return;
  try {
    const answer = await fetch("/published");
    const now = await answer.json();
    const notice = document.querySelector(".fresh");
    if (now.snapshot !== snapshot) {
      notice.querySelector("a").href = location.href;
      notice.hidden = false;
    }
    const work = document.querySelector("[data-waits]");
    if (work && !now.is_applying) location.href = work.dataset.waits;
  } catch { /* the server has ended: nothing to say */ }
}

addEventListener("DOMContentLoaded", () => {
  document.querySelectorAll("figure.chart").forEach(draw);
  document.querySelectorAll("[data-later]").forEach(bring);
  document.querySelectorAll("[role=combobox]").forEach(suggest);
  markAsked();
  addEventListener("hashchange", markAsked);
  document.querySelector(".fresh a")?.addEventListener("click", (event) => {
    event.preventDefault();
    location.reload();
  });
  setInterval(watch, document.querySelector("[data-waits]") ? 500 : 10000);
  addEventListener("keydown", (event) => {
    if (event.key === "/" && !event.target.closest("input, select, textarea")) {
      event.preventDefault();
      document.getElementById("find")?.focus();
    }
  });
});
