// An e-ID order while its page is open: once a second the code of that second, what to do now, or where to go.
"use strict"

const place = document.getElementById("eid")
const hint = place.querySelector("[data-hint]")
const code = place.querySelector("[data-code]")
const start = place.querySelector("[data-start]")

async function look() {
  let told
  try {
    const answer = await fetch(place.dataset.live, { cache: "no-store" })
    told = answer.ok ? await answer.json() : {}
  } catch {
    // The net is away for a moment, as when the app is opened on the same phone; the order waits.
    told = {}
  }
  if (told.go) {
    location.assign(told.go)
    return
  }
  // Said again each second, it would be read aloud each second.
  if (told.hint && hint.textContent !== told.hint) hint.textContent = told.hint
  if (told.hint !== undefined) {
    code.hidden = !told.code
    if (start) start.hidden = !told.code
    if (told.code) code.querySelector("img").src = told.code
  }
  setTimeout(look, 1000)
}

setTimeout(look, 1000)
