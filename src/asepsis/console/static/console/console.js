"use strict";
// Keys of the worklist: j and k go down and up, Enter unfolds, / searches. Without scripts the page works the same by Tab and Enter.
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, textarea, select")) return;
  const lines = [...document.querySelectorAll("ol.worklist > li")];
  const at = lines.findIndex((line) => line.contains(document.activeElement));
  const go = (n) => lines[Math.max(0, Math.min(lines.length - 1, n))]?.querySelector("summary, a")?.focus();
  if (event.key === "j") go(at + 1);
  else if (event.key === "k") go(at - 1);
  else if (event.key === "/") document.querySelector("input[type=search]")?.focus();
  else return;
  event.preventDefault();
});
// The list keeps itself fresh; whoever reads in it keeps his place: what is unfolded stays so, and the focus where it is.
let told = "";
let place = { open: [], focus: "" };
document.addEventListener("htmx:beforeSwap", (event) => {
  const fresh = event.detail.serverResponse;
  if (fresh === told) event.detail.shouldSwap = false;
  told = fresh;
  place = {
    open: [...event.target.querySelectorAll("details[open][id]")].map((one) => one.id),
    focus: document.activeElement?.closest("details[id]")?.id ?? "",
  };
});
document.addEventListener("htmx:afterSwap", () => {
  for (const id of place.open) document.getElementById(id)?.setAttribute("open", "");
  if (place.focus) document.getElementById(place.focus)?.querySelector("summary")?.focus({ preventScroll: true });
});
// Captures may be dropped on their form, which says what cannot be taken before it is sent.
for (const form of document.querySelectorAll("form[data-drop]")) {
  const field = form.querySelector("input[type=file]");
  for (const kind of ["dragenter", "dragover", "dragleave", "drop"]) {
    form.addEventListener(kind, (event) => {
      event.preventDefault();
      form.classList.toggle("over", kind === "dragenter" || kind === "dragover");
    });
  }
  form.addEventListener("drop", (event) => {
    if (!event.dataTransfer.files.length) return;
    field.files = event.dataTransfer.files;
    form.requestSubmit();
  });
}
