// Shows what the door says: as many languages at once as there is room for, and the others in turn.
"use strict";

const TURN_MS = 5000;
const LOST_MS = 15000;
const said = document.getElementById("said");
let told = { sections: [], dots: null };
let slides = [];
let turn = 0;
let heard = Date.now();

function line(tag, text, kind) {
  const made = document.createElement(tag);
  made.textContent = text;
  if (kind) made.className = kind;
  return made;
}

function section(item) {
  const { one, hasLine, hasNotes } = item;
  const made = document.createElement("section");
  made.lang = one.lang;
  made.dir = one.dir;
  made.append(line("h1", one.title));
  if (hasLine && one.line && told.dots === null) made.append(line("p", one.line));
  if (hasNotes) for (const note of one.notes) made.append(line("p", note, "note"));
  return made;
}

// Lays a slide out; returns whether all of it can be read.
function put({ items, isTight }) {
  document.body.toggleAttribute("data-tight", isTight);
  said.replaceChildren(...items.map(section));
  if (told.dots !== null) said.append(line("p", "●".repeat(told.dots), "dots"));
  const isWhole = [...said.querySelectorAll("h1, p")].every((each) => each.scrollWidth <= each.clientWidth + 1);
  return isWhole && said.scrollHeight <= said.clientHeight;
}

function plan() {
  const whole = told.sections.map((one) => ({ one, hasLine: true, hasNotes: true }));
  const found = [];
  let at = 0;
  while (at < whole.length) {
    let count = whole.length - at;
    while (count > 0 && !put({ items: whole.slice(at, at + count), isTight: false })) count -= 1;
    const pair = whole.slice(at, at + 2);
    if (count < pair.length && put({ items: pair, isTight: true })) {
      // Two languages at once are worth smaller titles.
      count = pair.length;
      found.push({ items: pair, isTight: true });
    } else if (count > 0) found.push({ items: whole.slice(at, at + count), isTight: false });
    else if (put({ items: [whole[at]], isTight: true })) found.push({ items: [whole[at]], isTight: true });
    else {
      // Too much for one picture: what it is about stays, what to do and whom to call take turns.
      found.push({ items: [{ ...whole[at], hasNotes: false }], isTight: true });
      found.push({ items: [{ ...whole[at], hasLine: false }], isTight: true });
    }
    at += Math.max(count, 1);
  }
  return found;
}

function show(next) {
  const isOther = next.sections.map((one) => one.title).join() !== told.sections.map((one) => one.title).join();
  told = next;
  if (isOther) turn = 0;
  document.body.dataset.mood = told.mood;
  document.documentElement.lang = told.sections[0].lang;
  document.getElementById("branch").textContent = told.branch;
  document.getElementById("clock").textContent = told.clock;
  lay();
}

function lay() {
  slides = plan();
  if (slides.length > 0) put(slides[turn % slides.length]);
}

setInterval(() => {
  document.body.toggleAttribute("data-lost", Date.now() - heard > LOST_MS);
  if (slides.length < 2) return;
  turn = (turn + 1) % slides.length;
  put(slides[turn]);
}, TURN_MS);

addEventListener("resize", lay);
document.fonts.ready.then(lay);
const live = new EventSource("/live");
live.onmessage = (event) => {
  heard = Date.now();
  show(JSON.parse(event.data));
};
