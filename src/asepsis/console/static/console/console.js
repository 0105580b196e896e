"use strict";
// Everything works without scripts, by Tab and Enter; these make it quicker.

// Keys of the worklist: j and k go down and up, Enter unfolds, e opens the gravest finding, x ticks, a goes to accepting, / searches.
const KEYS = {
  j: (lines, at) => focusLine(lines, at + 1),
  k: (lines, at) => focusLine(lines, at - 1),
  e: (lines, at) => lines[at]?.querySelector("a[href*='/findings/F']")?.click(),
  x: (lines, at) => lines[at]?.querySelector("input[type=checkbox]")?.click(),
  a: (lines, at) => {
    const box = lines[at]?.querySelector("input[type=checkbox]");
    if (box && !document.querySelector(".worklist input:checked")) box.checked = true;
    document.querySelector(".several input[name=reason]")?.focus();
  },
  "/": () => document.querySelector("input[type=search]")?.focus(),
};

function focusLine(lines, at) {
  lines[Math.max(0, Math.min(lines.length - 1, at))]?.querySelector("summary")?.focus();
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input:not([type=checkbox]), textarea, select")) return;
  const key = KEYS[event.key];
  if (!key) return;
  const lines = [...document.querySelectorAll(".worklist > li")];
  key(lines, lines.findIndex((line) => line.contains(document.activeElement)));
  event.preventDefault();
});

// A list that says where its news come from asks for itself anew when there are some. Browsers allow six connections to one host: only the
// page that is looked at listens.
const live = document.querySelector("[data-live]");
let ear = null;
function dead() {
  const told = document.createElement("p");
  told.className = "said error";
  told.setAttribute("role", "alert");
  told.textContent = live.dataset.dead;
  live.before(told);
}
function listen() {
  if (document.hidden) {
    ear?.close();
    ear = null;
  } else if (live && !ear) {
    ear = new EventSource(live.dataset.live);
    ear.addEventListener("changed", () => window.htmx?.trigger(live, "fresh"));
    ear.addEventListener("open", () => window.htmx?.trigger(live, "fresh"));
    ear.addEventListener("error", () => {
      if (ear?.readyState === EventSource.CLOSED) dead();
    });
  }
}
document.addEventListener("visibilitychange", listen);
window.addEventListener("load", listen);

// Whoever reads in a list that changes keeps his place: what is unfolded or ticked stays so, and the focus where it is.
let told = "";
let place = { open: [], ticked: [], focus: "" };
document.addEventListener("htmx:beforeSwap", (event) => {
  const fresh = event.detail.serverResponse;
  if (fresh === told) event.detail.shouldSwap = false;
  told = fresh;
  place = {
    open: [...event.target.querySelectorAll("details[open][id]")].map((one) => one.id),
    ticked: [...event.target.querySelectorAll("input:checked")].map((one) => one.value),
    focus: document.activeElement?.closest("details[id]")?.id ?? "",
  };
});
document.addEventListener("htmx:afterSwap", (event) => {
  for (const id of place.open) document.getElementById(id)?.setAttribute("open", "");
  for (const box of event.target.querySelectorAll("input[type=checkbox]")) box.checked = place.ticked.includes(box.value);
  if (place.focus) document.getElementById(place.focus)?.querySelector("summary")?.focus({ preventScroll: true });
});
// Captures may be dropped anywhere on a page that takes them.
const taking = document.querySelector("form[data-drop]");
for (const kind of taking ? ["dragover", "dragleave", "drop"] : []) {
  document.addEventListener(kind, (event) => {
    event.preventDefault();
    taking.classList.toggle("over", kind === "dragover");
    if (kind !== "drop" || !event.dataTransfer.files.length) return;
    taking.querySelector("input[type=file]").files = event.dataTransfer.files;
    taking.requestSubmit();
  });
}
