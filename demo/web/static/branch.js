// Keeps the page true to the stream, and sends what hands do without leaving the page.
"use strict";

const page = document.getElementById("branch");

function mark(name, value) {
  if (page.dataset[name] !== value) page.dataset[name] = value;
}

function show(view) {
  mark("page", "live");
  for (const [name, value] of Object.entries(view.marks)) mark(name, value);
  for (const [name, text] of Object.entries(view.texts)) {
    for (const place of document.querySelectorAll(`[data-text="${name}"]`)) place.textContent = text;
  }
  for (const [name, html] of Object.entries(view.html)) {
    // Our own server's templates, escaped there; written only when they change, so that a screen reader says them once.
    for (const place of document.querySelectorAll(`[data-html="${name}"]`)) {
      if (place.dataset.was !== html) {
        place.innerHTML = html;
        place.dataset.was = html;
      }
    }
  }
  for (const book of document.querySelectorAll("[data-book]")) {
    book.setAttribute("aria-pressed", String(view.pad.includes(book.dataset.book)));
  }
}

function listen() {
  const stream = new EventSource(page.dataset.live);
  stream.onmessage = (message) => show(JSON.parse(message.data));
  stream.onerror = () => mark("page", "lost");
}

// One after the other: four quick keys must arrive in the order they were pressed.
let hands = Promise.resolve();

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-hand]")) return;
  event.preventDefault();
  const fields = new URLSearchParams(new FormData(form));
  const where = document.querySelector('input[name="where"]:checked');
  if (fields.has("card") && where) fields.set("where", where.value);
  const request = { method: "POST", body: fields, headers: { Accept: "application/json" } };
  hands = hands.then(() => fetch(form.action, request)).then((answer) => mark("page", answer.ok ? "live" : "lost"), () => mark("page", "lost"));
});

// On a real keypad one types too.
document.addEventListener("keydown", (event) => {
  if (event.target.matches("input, select, textarea") || event.ctrlKey || event.metaKey || event.altKey) return;
  const key = { Backspace: "*", Escape: "*" }[event.key] || event.key;
  const button = /^[0-9*#]$/.test(key) && document.querySelector(`[data-key="${key}"]`);
  if (button) {
    event.preventDefault();
    button.form.requestSubmit();
  }
});

listen();
