// Keys for those who read much: j and k from entry to entry, / to the filters, ? for this list. Enter opens, as everywhere.
// They can be turned off (WCAG 2.1.4), and never act while someone types.

const OFF = "callmine.audit.keys";
const KEYS = [
  ["j", "next entry"],
  ["k", "previous entry"],
  ["Enter", "open or close the entry"],
  ["/", "go to the filters"],
  ["?", "this list of keys"],
];

function isOff() {
  try {
    return localStorage.getItem(OFF) === "off";
  } catch {
    return false;
  }
}

function element(name, text = "") {
  const node = document.createElement(name);
  node.textContent = text;
  return node;
}

function makeDialog() {
  const dialog = element("dialog");
  const title = element("h2", "Keys");
  const list = element("dl");
  for (const [key, description] of KEYS) {
    const term = element("dt");
    term.append(element("kbd", key));
    list.append(term, element("dd", description));
  }
  const box = element("input");
  box.type = "checkbox";
  box.checked = !isOff();
  box.addEventListener("change", () => {
    try {
      localStorage.setItem(OFF, box.checked ? "on" : "off");
    } catch {
      // Then they stay on until the page is left.
    }
  });
  const label = element("label");
  label.append(box, "Use these keys");
  const form = element("form");
  form.method = "dialog";
  const close = element("button", "Close");
  close.className = "quiet";
  form.append(close);
  dialog.className = "keys";
  title.id = "keys-title";
  dialog.setAttribute("aria-labelledby", title.id);
  dialog.append(title, list, label, form);
  document.body.append(dialog);
  return dialog;
}

function move(step) {
  const buttons = [...document.querySelectorAll(".entry .toggle")];
  const here = document.activeElement?.closest(".entry, .more");
  const row = here?.classList.contains("more") ? here.previousElementSibling : here;
  const at = buttons.indexOf(row?.querySelector(".toggle"));
  // From outside the list both keys begin at its first entry.
  const next = at < 0 ? buttons[0] : buttons[at + step];
  next?.focus();
  next?.closest(".entry").scrollIntoView({ block: "nearest" });
}

const actions = {
  j: () => move(1),
  k: () => move(-1),
  "/": () => document.getElementById("show")?.focus(),
  "?": () => (document.querySelector("dialog.keys") ?? makeDialog()).showModal(),
};

if (document.querySelector(".entries, .filters")) {
  const button = element("button", "Keys");
  button.type = "button";
  button.className = "quiet";
  button.addEventListener("click", actions["?"]);
  document.querySelector(".tools")?.append(button);
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest?.("input, select, textarea, dialog, [contenteditable]");
    if (typing || event.ctrlKey || event.metaKey || event.altKey || event.isComposing || isOff()) return;
    const act = actions[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
}
