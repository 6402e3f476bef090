// Keeps the page right while it stands open in a foyer or a frame: fetched anew each minute, drawn where it differs.
// No refresh of the page itself, which would take the reader's place away.
"use strict";

const EVERY_MS = 60_000;

async function look() {
  if (document.hidden) return;
  try {
    const answer = await fetch(location.href, { cache: "no-cache", headers: { Accept: "text/html" } });
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("open-now");
    const shown = document.getElementById("open-now");
    if (fresh && shown && fresh.innerHTML !== shown.innerHTML && !shown.contains(document.activeElement)) {
      shown.replaceChildren(...fresh.childNodes);
    }
  } catch {
    // No line at the moment: what is shown says until when it holds.
  }
}

setInterval(look, EVERY_MS);
document.addEventListener("visibilitychange", look);
