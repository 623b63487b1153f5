// Improves pages that also work without it: rows open in place, links and JSON can be copied, and the number of newer entries
// is shown.

function makeButton(text, onClick) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = text;
  button.addEventListener("click", onClick);
  return button;
}

// --- rows that open

function toggle(button) {
  const detail = document.getElementById(button.getAttribute("aria-controls"));
  detail.hidden = !detail.hidden;
  button.setAttribute("aria-expanded", String(!detail.hidden));
}

for (const link of document.querySelectorAll("a[data-opens]")) {
  const button = makeButton("", () => toggle(button));
  button.append(...link.childNodes);
  button.className = link.className;
  button.setAttribute("aria-expanded", "false");
  button.setAttribute("aria-controls", link.dataset.opens);
  // The entry's own page knows the way back to this one.
  const permalink = document.querySelector(`#${link.dataset.opens} .link a`);
  if (permalink) permalink.href = link.href;
  link.replaceWith(button);
  button.closest("tr").addEventListener("click", (event) => {
    const selecting = String(getSelection()) !== "";
    if (!selecting && !event.target.closest("a, button, input, summary")) toggle(button);
  });
}

// --- copying

for (const link of document.querySelectorAll("a.copies")) {
  const button = makeButton("Copy link", async () => {
    try {
      await navigator.clipboard.writeText(link.href);
      button.textContent = "Copied";
    } catch {
      location.assign(link.href); // then the link is in the address bar
    }
  });
  button.className = "quiet";
  button.setAttribute("aria-live", "polite");
  link.replaceWith(button);
}

for (const details of document.querySelectorAll("details.raw")) {
  const pre = details.querySelector("pre");
  const button = makeButton("Copy JSON", async () => {
    try {
      // The page shows invisible characters as codes; the copy is the stored text.
      await navigator.clipboard.writeText(pre.dataset.stored ?? pre.textContent);
      button.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(pre);
      button.textContent = "Selected. Press Ctrl+C to copy.";
    }
  });
  button.className = "quiet";
  button.setAttribute("aria-live", "polite");
  pre.after(button);
}

// --- one action or several: the dropdown and the ticks are one choice

const dropdown = document.getElementById("show");
const ticks = document.querySelectorAll(".several input");
dropdown?.addEventListener("change", () => {
  for (const tick of ticks) tick.checked = false;
});
for (const tick of ticks) {
  tick.addEventListener("change", () => {
    const several = [...dropdown.options].find((option) => option.value.startsWith("several="));
    dropdown.value = several ? several.value : "";
  });
}

// --- newer entries: only their number is shown until the link is followed

const POLL_MILLISECONDS = 30_000; // while the page is visible
const status = document.querySelector("[data-total]");

async function countNewer() {
  if (document.hidden) return;
  let response;
  try {
    response = await fetch(status.dataset.count, { headers: { Accept: "application/json" } });
  } catch {
    return; // The server cannot be reached; the next poll may succeed.
  }
  const link = status.querySelector(".newer");
  const count = link.querySelector(".count");
  if (response.status === 401 || response.status === 403) clearInterval(polling);
  if (response.status === 401) {
    // The session has ended. Only a navigation can renew it, and this link is one.
    count.textContent = "Look for newer entries";
    link.hidden = false;
  }
  if (!response.ok) return;
  // The total of a list only grows.
  const newer = (await response.json()).total - Number(status.dataset.total);
  const text = `${newer.toLocaleString("en")} newer ${newer === 1 ? "entry" : "entries"}`;
  if (newer > 0 && count.textContent !== text) {
    count.textContent = text;
    link.hidden = false;
  }
}

const polling = status && setInterval(countNewer, POLL_MILLISECONDS);
