// UTC or local time, for all times of a page and for the dates of its filters. Without this script all of them are UTC.

const ZONE = "callmine.audit.zone";
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const local = new Intl.DateTimeFormat("sv-SE", { dateStyle: "short", timeStyle: "medium" });
const longDay = new Intl.DateTimeFormat("en-GB", { dateStyle: "full" });
const zoneName = Intl.DateTimeFormat().resolvedOptions().timeZone;
const times = document.querySelector("[data-times]");
const form = document.querySelector("form.filters");
let zone = "utc";

function pad(number, length = 2) {
  return String(number).padStart(length, "0");
}

function localDate(at) {
  return `${pad(at.getFullYear(), 4)}-${pad(at.getMonth() + 1)}-${pad(at.getDate())}`;
}

// The offset that is in force here at that time.
function offset(at) {
  const minutes = -at.getTimezoneOffset();
  return `${minutes < 0 ? "-" : "+"}${pad(Math.floor(Math.abs(minutes) / 60))}:${pad(Math.abs(minutes) % 60)}`;
}

// A time as RFC 3339.
function withOffset(at) {
  return `${localDate(at)}T${pad(at.getHours())}:${pad(at.getMinutes())}:${pad(at.getSeconds())}${offset(at)}`;
}

// Whether the clock here shows this time twice, as when it is put back: then only the offset says which one it is.
function isTwice(at) {
  return [-3, 3].some((hours) => {
    const other = new Date(at.getTime() + hours * HOUR).getTimezoneOffset();
    const same = new Date(at.getTime() + (other - at.getTimezoneOffset()) * MINUTE);
    return same.getTime() !== at.getTime() && same.getTimezoneOffset() === other;
  });
}

function localTime(at) {
  return isTwice(at) ? `${local.format(at)} ${offset(at)}` : local.format(at);
}

// --- the dates of the filters

const IS_DATE = /^\d{4}-\d\d-\d\d$/;

// The exclusive instant that a value of the server's means; null where it is none.
function instant(name, text) {
  const isDate = IS_DATE.test(text);
  const at = new Date(isDate ? `${text}T00:00:00Z` : text);
  if (!text || Number.isNaN(at.getTime())) return null;
  return isDate && name === "to" ? new Date(at.getTime() + DAY) : at;
}

// The first instant of a day here, or of the day `later` days after it: of two midnights the first, and where there is none what follows.
function startOfDay(date, later = 0) {
  const [year, month, day] = date.split("-").map(Number);
  const at = new Date(2000, 0); // the constructor would take 26 for 1926
  at.setFullYear(year, month - 1, day + later);
  return at;
}

// Whether a time is where a day begins here. A Date has milliseconds, and what is sent may have microseconds.
function isStartOfDay(at, sent) {
  return at.getTime() === startOfDay(localDate(at)).getTime() && !/\.\d{3}\d*[1-9]/.test(sent);
}

function setSent(input, value) {
  if (value === input.dataset.sent) return;
  input.dataset.sent = value;
  input.dataset.kind = !value || IS_DATE.test(value) ? "date" : "text";
}

// Shows a value in the zone of the page: a whole day as a date, any other time with its seconds.
function showBound(input) {
  input.dataset.sent ??= input.value;
  input.dataset.kind ??= input.type;
  input.value = ""; // of one type, which is none of the next
  const at = zone === "local" ? instant(input.name, input.dataset.sent) : null;
  if (at === null) {
    input.type = zone === "local" && !input.dataset.sent ? "date" : input.dataset.kind;
    input.removeAttribute("step");
    input.value = input.dataset.sent;
  } else if (isStartOfDay(at, input.dataset.sent)) {
    input.type = "date";
    input.value = localDate(input.name === "to" ? new Date(at.getTime() - 1) : at);
  } else {
    input.type = "datetime-local";
    input.step = "1";
    input.value = withOffset(at).slice(0, 19);
  }
  input.closest(".field").classList.toggle("time", input.type !== "date");
  const hint = input.closest(".field").querySelector(".end");
  if (hint) hint.textContent = input.type === "date" ? ", inclusive" : ", exclusive";
  input.dataset.shown = input.value;
}

// What the form sends for a value: itself where nobody changed it or times are UTC, else the time here.
function bound(input) {
  if (input.value === input.dataset.shown) return input.dataset.sent;
  if (zone !== "local" || !input.value) return input.value;
  const isDate = input.type === "date";
  const at = isDate ? startOfDay(input.value, input.name === "to" ? 1 : 0) : new Date(input.value);
  if (Number.isNaN(at.getTime())) return input.value;
  return withOffset(allowed(at, input.value.slice(0, 10)));
}

// The times that the server takes. Its first and its last day are whole ones of UTC, so those of another zone may begin before or end after.
const FIRST_DAY = "2000-01-01";
const LAST_DAY = "2100-12-31";
const EARLIEST = Date.parse(`${FIRST_DAY}T00:00:00Z`);
const LATEST = Date.parse(`${LAST_DAY}T23:59:59Z`);

// That instant; of a day that is allowed, the nearest that is.
function allowed(at, day) {
  if (day < FIRST_DAY || day > LAST_DAY) return at;
  return new Date(Math.min(Math.max(at, EARLIEST), LATEST));
}

const bounds = form?.querySelectorAll(".date input") ?? [];

// Two days in the wrong order: as instants they may be the same one, which is no mistake for the server.
function checkOrder() {
  const [from, to] = bounds;
  const isWrong = from.type === "date" && to.type === "date" && to.value !== "" && from.value > to.value;
  to.setCustomValidity(isWrong ? "This day is before the first one." : "");
}

form?.addEventListener("input", checkOrder);

form?.addEventListener("formdata", (event) => {
  for (const input of bounds) event.formData.set(input.name, bound(input));
});

// What was typed before the session was renewed (audit.js).
form?.addEventListener("kept", ({ target, detail }) => {
  setSent(target, detail);
  showBound(target);
  checkOrder();
});

// --- the days of the list

function showDays() {
  const body = document.querySelector(".entries > tbody");
  const model = body?.querySelector(".day");
  if (!model) return;
  for (const heading of body.querySelectorAll(".day")) heading.remove();
  let last = "";
  for (const row of body.querySelectorAll(".entry")) {
    const at = new Date(row.querySelector("time").dateTime);
    const day = zone === "local" ? localDate(at) : at.toISOString().slice(0, 10);
    if (day === last) continue;
    const heading = model.cloneNode(true);
    const text = heading.querySelector("[data-day]");
    text.dataset.day = last = day;
    text.textContent = longDay.format(new Date(`${day}T12:00:00`)).replace(/^(\w+) /, "$1, ");
    row.before(heading);
  }
}

// --- the zone

function showZone() {
  for (const time of document.querySelectorAll("time")) {
    time.dataset.utc ??= time.textContent;
    time.textContent = zone === "local" ? localTime(new Date(time.dateTime)) : time.dataset.utc;
  }
  for (const label of document.querySelectorAll(".zone")) label.textContent = zone === "local" ? zoneName : "UTC";
  for (const input of bounds) showBound(input);
  if (form) checkOrder();
  showDays();
}

if (times && zoneName !== "UTC") {
  try {
    zone = localStorage.getItem(ZONE) === "local" ? "local" : "utc";
  } catch {
    // Without local storage every page starts with UTC.
  }
  const button = document.createElement("button");
  const render = () => {
    button.textContent = zone === "utc" ? `Show times in ${zoneName}` : "Show times in UTC";
    showZone();
  };
  button.type = "button";
  button.className = "quiet";
  button.addEventListener("click", () => {
    for (const input of bounds) setSent(input, bound(input)); // what was typed means the zone in which it was typed
    zone = zone === "utc" ? "local" : "utc";
    try {
      localStorage.setItem(ZONE, zone);
    } catch {
      // As above.
    }
    render();
  });
  times.append(button);
  render();
}

addEventListener("beforeprint", () => {
  const now = new Date();
  const text = zone === "local" ? localTime(now) : now.toISOString().slice(0, 19).replace("T", " ");
  for (const place of document.querySelectorAll("[data-printed]")) place.textContent = `at ${text}`;
});
