// Improves pages that also work without it: rows open in place, links and JSON can be copied, and the number of newer entries
// is shown.

const REQUESTS = 4; // at once, of the few that the server runs

function makeButton(text, onClick) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = text;
  button.addEventListener("click", onClick);
  return button;
}

// --- one workspace: another tab may have switched the session to another, of which this page must take nothing

const { workspace } = document.body.dataset;
const NAMED = "Audit-Workspace"; // the header by which every answer to an admin says whose it is

class Switched extends Error {}

function saySwitched(isSwitched) {
  const said = document.querySelector(".switched");
  if (isSwitched === Boolean(said)) return;
  said?.remove();
  if (!isSwitched) return;
  const text = element("p", "banner switched", "You switched to another workspace: ");
  text.setAttribute("role", "status");
  text.append(linkTo(document.querySelector(".newer")?.href ?? location.href, "load the page again"));
  document.querySelector("main").before(text);
}

// Whether an answer is this workspace's. If it is another's, the page says so, until one is its own again.
function isOurs(response) {
  const named = response.headers.get(NAMED);
  if (named) saySwitched(named !== workspace);
  return named === workspace;
}

// --- sessions: a token lives for a minute, and only a navigation renews it

// This page of the list, as of its moment; on other pages it is empty.
const here = document.querySelector(".status a.copies")?.href ?? "";

class Refused extends Error {
  constructor(status) {
    super(`status ${status}`);
    this.status = status;
  }
}

// Leads back to this page by a navigation. What is open and typed is kept for it, and `task` is what it does then by itself, once.
function renew(task) {
  addEventListener("pagehide", () => keep(task), { once: true }); // the last moment: someone may be typing
  history.scrollRestoration = "manual"; // a browser counts in pixels, and rows that are not loaded yet are shorter
  if (location.href.split("#")[0] === here) location.reload();
  else location.replace(here);
}

const KEPT = "callmine.audit.kept";
const KEPT_MILLISECONDS = 10 * 60_000; // someone may have to sign in first
const filters = document.querySelector("form.filters");
const several = document.querySelector(".several");

function keep(task) {
  const first = rows.find((row) => row.top >= 0);
  const kept = {
    url: here,
    workspace,
    at: Date.now(),
    task,
    open: rows.filter((row) => row.isOpen).map((row) => row.name),
    place: first && { name: first.name, top: first.top },
    typed: [...new FormData(filters)],
    several: several.open,
  };
  try {
    sessionStorage.setItem(KEPT, JSON.stringify(kept));
  } catch {
    // Without session storage the page comes back as the server sends it.
  }
}

// What this page is to come back with; nothing where it was not left to renew the session.
function takeKept() {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEPT));
    if (!here || kept?.url !== here) return null;
    sessionStorage.removeItem(KEPT);
    return kept.workspace === workspace && Date.now() - kept.at < KEPT_MILLISECONDS ? kept : null;
  } catch {
    return null;
  }
}

const kept = takeKept();

async function readText(url, type) {
  const response = await fetch(url, { headers: { Accept: type } });
  const ours = isOurs(response);
  if (!ours && response.headers.has(NAMED)) throw new Switched();
  if (!response.ok || !ours) throw new Refused(response.status);
  return response.text();
}

function reasonOf(error) {
  if (error instanceof Switched) return "You switched to another workspace: load the page again.";
  if (!(error instanceof Refused)) return "The server cannot be reached.";
  if (error.status === 401) return "Your session has ended.";
  return error.status === 503 ? "The audit log is busy." : "The server did not send it.";
}

// --- rows that open: an entry's changes are those of its own page, and are fetched when they are first asked for

function element(name, className, text = "") {
  const node = document.createElement(name);
  if (className) node.className = className;
  node.textContent = text;
  return node;
}

function linkTo(url, text) {
  const link = element("a", "", text);
  link.href = url;
  return link;
}

const CELLS = { actor: "actor", subject: "happened", action: "action", source: "source" };
// The actor is also in the sentence, which is the only place of a name where rows are cards.
const FILTERED = [
  ["actor", "td.actor bdi"],
  ["actor", "td.happened .actor"],
  ["subject", "td.happened .subject"],
  ["action", "td.action"],
  ["source", "td.source bdi"],
];

// The type of that name, which the dropdown has; none of a type that only a newer consumer knows.
function actionOf(label) {
  const option = [...document.querySelectorAll("#show option")].find((candidate) => candidate.text === label);
  return option?.value.match(/^action=([^&]+)$/)?.[1] ?? "";
}

// The list with one filter more. It takes the place of these, and of a place in the list.
const REPLACED = { actor: ["actor"], subject: ["subject"], action: ["action", "facet"], source: ["channel", "source"] };

function listOf(back, name, value) {
  const query = new URLSearchParams(back);
  for (const parameter of [...REPLACED[name], "offset", "as_of"]) query.delete(parameter);
  query.append(name === "source" ? "channel" : name, value);
  return `/audit?${query}`;
}

// What a row shares with others becomes a link to all of these.
function addFilters(row) {
  const { back } = row.closest("table").dataset;
  for (const [name, selector] of FILTERED) {
    const part = row.querySelector(selector);
    const cell = row.querySelector(`td.${CELLS[name]}`);
    const value = name === "action" ? actionOf(cell.textContent) : (cell.dataset[name] ?? (name === "actor" ? cell.textContent : ""));
    if (!part || !value) continue;
    const link = linkTo(listOf(back, name, value), "");
    link.title = "Only these";
    // Five for each entry would be a long way for the Tab key; an entry that is open has the same links for it.
    link.tabIndex = -1;
    if (part === cell) {
      link.append(...part.childNodes);
      part.append(link);
    } else {
      part.replaceWith(link);
      link.append(part);
    }
  }
}

class Row {
  #detail = element("tr", "more");
  #cell = element("td", "");
  #loading = null;

  constructor(link) {
    this.url = link.href + link.closest("table").dataset.back;
    this.isLong = "long" in link.dataset;
    this.button = makeButton("", () => this.toggle());
    this.button.append(...link.childNodes);
    this.button.className = link.className;
    const row = link.closest("tr");
    const names = [row.querySelector("td.action"), row.querySelector("time")].map((part) => part.textContent);
    this.button.firstElementChild.append(element("span", "vh", ` of ${names.join(", ")}`));
    const name = `d-${link.pathname.split("/").at(-1)}`;
    this.button.setAttribute("aria-expanded", "false");
    this.button.setAttribute("aria-controls", name);
    this.#detail.id = name;
    this.#detail.hidden = true;
    this.#detail.setAttribute("role", "row");
    this.#cell.setAttribute("role", "cell");
    this.#cell.colSpan = 6;
    this.#detail.append(this.#cell);
    addFilters(row);
    link.replaceWith(this.button);
    row.after(this.#detail);
    row.addEventListener("click", (event) => {
      const selecting = String(getSelection()) !== "";
      if (!selecting && !event.target.closest("a, button, input, summary")) this.toggle();
    });
  }

  toggle() {
    this.isOpen = !this.isOpen;
    if (this.isOpen) this.show();
  }

  // What a person has asked to see. If the session has ended, the page comes back with this row open.
  async show(renews = true) {
    try {
      await this.load();
    } catch (error) {
      if (error.status === 401 && renews) renew(this.#detail.id);
      else this.#fail(error);
    }
  }

  get name() {
    return this.#detail.id;
  }

  // Where it is on the screen.
  get top() {
    return this.button.getBoundingClientRect().top;
  }

  get isOpen() {
    return !this.#detail.hidden;
  }

  set isOpen(isOpen) {
    this.#detail.hidden = !isOpen;
    this.button.setAttribute("aria-expanded", String(isOpen));
  }

  get isLoaded() {
    return this.#cell.querySelector(".changes, .none") !== null;
  }

  load() {
    this.#loading ??= this.#fetch().catch((error) => {
      this.#loading = null; // so that another try asks again
      this.#cell.replaceChildren();
      throw error;
    });
    return this.#loading;
  }

  #fail(error) {
    const text = element("p", "elsewhere failed", `${reasonOf(error)} `);
    text.setAttribute("role", "status");
    const again = makeButton("Try again", () => {
      this.button.focus();
      this.show();
    });
    again.className = "quiet";
    text.append(again, " ", linkTo(this.url, "Open the entry"));
    this.#cell.replaceChildren(text);
  }

  async #fetch() {
    if (this.isLong) {
      const text = element("p", "elsewhere", "These changes are too long to show in the list. ");
      text.append(linkTo(this.url, "Open the entry"), " to read them.");
      this.#cell.append(text);
      return;
    }
    this.#cell.replaceChildren(element("p", "elsewhere", "Loading…"));
    const page = new DOMParser().parseFromString(await readText(this.url, "text/html"), "text/html");
    const detail = document.adoptNode(page.querySelector(".detail"));
    const link = element("div", "link");
    const term = element("dd", "");
    term.append(linkTo(this.url, "Permalink"));
    link.append(element("dt", "", "Link"), term);
    detail.querySelector(".ids").before(link);
    this.#cell.replaceChildren(detail);
    makeCopying(detail);
  }
}

const rows = [...document.querySelectorAll("a.toggle")].map((link) => new Row(link));

async function fewAtOnce(some, act) {
  for (let start = 0; start < some.length; start += REQUESTS) {
    await Promise.all(some.slice(start, start + REQUESTS).map(act));
  }
}

// --- paper: every row with its changes, or a sentence that says which are without them

const PRINT = "print";

async function printAll(button, renews = true) {
  button.disabled = true;
  button.nextElementSibling?.remove();
  try {
    await fewAtOnce(rows, (row) => row.load());
    print();
  } catch (error) {
    if (error.status === 401 && renews) {
      renew(PRINT);
    } else {
      const text = element("span", "failed", `Not printed. ${reasonOf(error)}`);
      text.setAttribute("role", "status");
      button.after(text);
    }
  } finally {
    button.disabled = false;
  }
}

addEventListener("beforeprint", () => {
  const place = document.querySelector("[data-details]");
  const loaded = rows.filter((row) => row.isLoaded).length;
  if (!place || loaded === 0) return;
  place.textContent =
    loaded === rows.length
      ? "every row with its changes"
      : `changes of ${loaded} of ${rows.length} rows; those of the others are on each entry's page`;
});

if (rows.length) {
  const button = makeButton("Print", () => printAll(button));
  button.className = "quiet";
  const place = element("span", "printing");
  place.append(button);
  document.querySelector(".tools").append(place);
  if (kept?.task === PRINT) printAll(button, false);
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

const COPY = "copy";
const AGAIN = "Press again to copy";
const api = document.querySelector("a.api");
let json = null; // of this page, from when it was first asked for: it never changes, as the page has its moment

async function copyPage(button, renews = true) {
  try {
    json ??= await readText(api.href, "application/json");
  } catch (error) {
    if (error.status === 401 && renews) renew(COPY);
    else button.textContent = `Not copied. ${reasonOf(error)}`;
    return;
  }
  try {
    await navigator.clipboard.writeText(json);
    button.textContent = "Copied";
  } catch {
    // A browser may allow this only just after a press, and by now the page may be another one.
    if (button.textContent === AGAIN) location.assign(api.href);
    button.textContent = AGAIN;
  }
}

if (api) {
  const button = makeButton("Copy as JSON", () => copyPage(button));
  button.className = "quiet";
  button.setAttribute("aria-live", "polite");
  api.after(" ", button);
  if (kept?.task === COPY) {
    button.focus({ preventScroll: true });
    copyPage(button, false);
  }
}

function makeCopying(part) {
  for (const details of part.querySelectorAll("details.raw")) {
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
}

makeCopying(document);

// --- the page comes back after the session was renewed, as it was left

function fill(typed) {
  const valuesOf = (name) => typed.filter((pair) => pair[0] === name).map((pair) => pair[1]);
  for (const field of filters.elements) {
    const [value = ""] = valuesOf(field.name);
    if (!field.name || field.type === "hidden") continue;
    if (field.type === "checkbox") field.checked = valuesOf(field.name).includes(field.value);
    else if (field.closest(".date")) field.dispatchEvent(new CustomEvent("kept", { detail: value, bubbles: true }));
    else field.value = value;
  }
  // The ticks make a line of the dropdown (filters.js).
  const [show] = valuesOf("show");
  if (show.startsWith("several=")) several.querySelector(":checked")?.dispatchEvent(new Event("change"));
}

async function comeBack({ task, open, place, typed, several: isSeveral }) {
  fill(typed);
  several.open = isSeveral;
  const again = rows.filter((row) => open.includes(row.name));
  for (const row of again) row.isOpen = true;
  const asked = rows.find((row) => row.name === task)?.button ?? (task === actor?.id ? actor : null);
  asked?.focus({ preventScroll: true });
  const first = rows.find((row) => row.name === place?.name);
  let held = null;
  // Rows above it are longer once they are loaded. Who has scrolled meanwhile is left alone.
  const hold = () => {
    if (!first || (held !== null && held !== scrollY)) return;
    scrollBy(0, first.top - place.top);
    held = scrollY;
  };
  const { style } = document.body;
  style.overflowAnchor = "none"; // browsers that hold a place by themselves may choose another one
  hold();
  await fewAtOnce(again, async (row) => {
    await row.show(false);
    hold();
  });
  history.scrollRestoration = "auto";
  style.overflowAnchor = "";
}

const actor = document.getElementById("actor");
if (kept) comeBack(kept);
document.addEventListener("sessionended", ({ detail }) => {
  if (here && kept?.task !== detail) renew(detail);
});

// --- newer entries: only their number is shown until the link is followed

const POLL_MILLISECONDS = 30_000; // while the page is visible
const status = document.querySelector("[data-total]");

async function countNewer() {
  if (document.hidden || !status.dataset.total) return; // that page is still without its own (counting.js)
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
  if (!isOurs(response) || !response.ok) return;
  // The total of a list only grows.
  const newer = (await response.json()).total - Number(status.dataset.total);
  const text = `${newer.toLocaleString("en")} newer ${newer === 1 ? "entry" : "entries"}`;
  if (newer > 0 && count.textContent !== text) {
    count.textContent = text;
    link.hidden = false;
  }
}

const polling = status && setInterval(countNewer, POLL_MILLISECONDS);
