// The filters: one choice of actions in a dropdown and in ticks, and suggestions of actors. Without this script both are fields.

// --- one action or several: the ticks say what the dropdown holds, so that one more adds to it

const SEVERAL = "several=";
const dropdown = document.getElementById("show");
const ticks = [...document.querySelectorAll(".several input")];
// The server's line for a choice that is none of the others; its ticks come with it.
const current = dropdown && [...dropdown.options].find((option) => option.value.startsWith(SEVERAL));
const ticked = current ?? new Option("", `${SEVERAL}1`);
const label = ticked.text;

function tickHeld() {
  const held = new URLSearchParams(dropdown.value).getAll("action");
  for (const tick of ticks) {
    tick.checked = dropdown.value === current?.value ? tick.defaultChecked : held.includes(tick.value);
  }
  if (ticked !== current) ticked.remove();
  else if (current.selected) ticked.text = label;
}

function chooseTicked() {
  const labels = ticks.filter((tick) => tick.checked).map((tick) => tick.labels[0].textContent.trim());
  if (labels.length && ticked !== current) dropdown.options[0].after(ticked);
  ticked.text = labels.join(", ") || label;
  dropdown.value = labels.length ? ticked.value : "";
}

if (dropdown) {
  dropdown.addEventListener("change", tickHeld);
  for (const tick of ticks) tick.addEventListener("change", chooseTicked);
  tickHeld();
}

// --- who is meant: beside the actors of this page, those of the workspace, which are fetched while the session is new

const actor = document.getElementById("actor");
let areSuggested = false;

async function suggestActors() {
  if (areSuggested) return;
  areSuggested = true;
  let response;
  try {
    response = await fetch("/audit/actors", { headers: { Accept: "application/json" } });
  } catch {
    // The server cannot be reached; it is a field all the same.
  }
  // Another tab may have switched the session to another workspace (audit.js).
  if (!response?.ok || response.headers.get("Audit-Workspace") !== document.body.dataset.workspace) {
    areSuggested = false; // so that the next time asks again
    if (response?.status === 401 && document.activeElement === actor) {
      document.dispatchEvent(new CustomEvent("sessionended", { detail: actor.id }));
    }
    return;
  }
  const list = document.createElement("datalist");
  for (const name of (await response.json()).data) {
    const option = document.createElement("option");
    option.value = name;
    list.append(option);
  }
  document.getElementById("actors")?.remove();
  list.id = "actors";
  actor.after(list);
}

if (actor) {
  actor.addEventListener("focus", suggestActors);
  // Safari has no requestIdleCallback.
  addEventListener("load", () => (window.requestIdleCallback ?? setTimeout)(suggestActors));
}
