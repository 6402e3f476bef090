// Hours are asked for only where the choice has any: the field of another one is out of the way, and kept.
const WITH_HOURS = ["shorter", "self_service_only"];

for (const row of document.querySelectorAll("[data-holiday]")) {
  const choice = row.querySelector("select"), hours = row.querySelector("input");
  const show = () => { hours.hidden = !WITH_HOURS.includes(choice.value) && !hours.hasAttribute("aria-invalid"); };
  choice.addEventListener("input", show);
  show();
}
