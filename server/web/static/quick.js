// Counts down beside the button that undoes, and takes the button away at the end: by then the history is the place.
// Without this script the button stays, and works all the same.
for (const form of document.querySelectorAll("form[data-seconds]")) {
  const later = form.parentElement.querySelector("[data-after-undo]");
  const count = form.querySelector("[data-count]");
  const ends = Date.now() + 1000 * Number(form.dataset.seconds);
  later.hidden = true;
  form.querySelector(".q-count").hidden = false;
  const tick = setInterval(() => {
    const left = Math.max(0, Math.ceil((ends - Date.now()) / 1000));
    count.textContent = left;
    if (left > 0) return;
    clearInterval(tick);
    const hadFocus = form.contains(document.activeElement);
    form.remove();
    later.hidden = false;
    if (hadFocus) later.querySelector("a").focus();
  }, 250);
}
