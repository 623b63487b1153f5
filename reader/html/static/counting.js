// The total of a long list may come after its first page, which is then asked again until it has it.

const WAITS = [250, 500, 1000, 2000, 4000, 8000, 16000, 30000]; // milliseconds
const counting = document.querySelector("[data-counting]");

// Texts with numbers, in the order of the page: the rows stay as they are, and so do times in the zone that was chosen.
function show(page) {
  const parts = document.querySelectorAll("[data-counted]");
  const counted = page.querySelectorAll("[data-counted]");
  if (document.querySelector("[data-unread]") || parts.length !== counted.length) {
    location.replace(counting.dataset.counting);
    return;
  }
  parts.forEach((part, number) => part.replaceChildren(...document.adoptNode(counted[number]).childNodes));
  counting.dataset.total = page.querySelector("[data-total]").dataset.total;
}

async function stillCounts() {
  const response = await fetch(counting.dataset.counting, { headers: { Accept: "text/html" } });
  if (!response.ok) return response.status === 503;
  // Another tab may have switched the session to another workspace (audit.js).
  if (response.headers.get("Audit-Workspace") !== document.body.dataset.workspace) return false;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  if (page.querySelector("[data-counting]")) return true;
  show(page);
  return false;
}

// Where it ends without a total, as when the session has ended, the link to the total stays: a navigation renews a session.
async function waitForTotal() {
  for (const wait of WAITS) {
    await new Promise((resolve) => setTimeout(resolve, wait));
    try {
      if (!(await stillCounts())) return;
    } catch {
      // The server cannot be reached; the next try may succeed.
    }
  }
}

if (counting) waitForTotal();
