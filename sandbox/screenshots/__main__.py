"""make screenshots: the page in its main states, as docs/screenshots/*.png. Starts what it needs, and leaves nothing running.

The type is whatever the machine has; Debian's `fonts-inter` makes the pictures look as most people see the page.
"""

import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Browser, Page

from runtime.migrations import migrate
from sandbox.screenshots.dataset import Dataset, People, dataset_until, long_list, people_of
from sandbox.services.browser import browser
from sandbox.services.issuer import Person
from sandbox.services.postgres import PostgresServer
from sandbox.services.process import SandboxError
from sandbox.services.recorded import complete_through, record, sealed_through
from sandbox.services.site import Site, site

FOLDER = Path(__file__).parents[2] / "docs" / "screenshots"
USED = (
    "/audit?action=schedule.lifecycle_changed&facet=operation%3Apaused&source=mcp"
    "&actor=dana.whitfield%40northwind.example&from={month_ago}"
)
NONE = "/audit?action=billing.payment_failed&source=mcp&actor=priya.raman%40northwind.example"


class Shot(NamedTuple):
    """One picture: the signed-in person, the path, the actions before it, and the size of the screen.

    `hold` is called before the page is opened.
    """

    name: str
    who: Callable[[People], Person | None]
    path: str
    act: Callable[[Page], None] = lambda _: None
    size: tuple[int, int] = (1280, 860)
    scheme: str = "light"
    hold: Callable[[Page], None] = lambda _: None


def main() -> int:
    """Writes the pictures; the exit code."""
    now = datetime.now(UTC)
    dataset = dataset_until(now)
    try:
        with browser() as launched, PostgresServer(settings={"fsync": "off"}) as server:
            url = server.create_database("audit")
            migrate(url, lambda _: None)
            record(url, (*dataset.emissions, *long_list(dataset.theirs, now)))
            sealed_through(url, now - timedelta(seconds=40))
            FOLDER.mkdir(parents=True, exist_ok=True)
            for old in FOLDER.glob("*.png"):
                old.unlink()
            with site(url, people_of(dataset)) as reader:
                for shot in SHOTS:
                    behind = timedelta(minutes=38) if shot.name == "behind" else timedelta(seconds=1)
                    complete_through(url, datetime.now(UTC) - behind)
                    _take(launched, reader, dataset, shot)
    except SandboxError as error:
        print(f"No pictures: {error}", file=sys.stderr)
        return 1
    print(f"{FOLDER}: {sum(file.stat().st_size for file in FOLDER.glob('*.png')) / 1e6:.2f} MB")
    return 0


def _take(launched: Browser, reader: Site, dataset: Dataset, shot: Shot) -> None:
    context = launched.new_context(
        viewport={"width": shot.size[0], "height": shot.size[1]},
        color_scheme="dark" if shot.scheme == "dark" else "light",
        timezone_id="Europe/Berlin",
        reduced_motion="reduce",
    )
    page = context.new_page()
    who = shot.who(people_of(dataset))
    if who is not None:
        page.goto(reader.sign_in_url(who))
    shot.hold(page)
    month_ago = f"{datetime.now(UTC) - timedelta(days=30):%Y-%m-%d}"
    page.goto((reader.url if who else reader.issuer.url) + shot.path.format(month_ago=month_ago))
    shot.act(page)
    # No pointer rests on anything, and nothing has the focus.
    page.mouse.move(0, 0)
    page.evaluate("document.activeElement.blur()")
    page.screenshot(path=FOLDER / f"{shot.name}.png", animations="disabled")
    context.close()


def _open(page: Page) -> None:
    """Opens the entry that was made by chat."""
    page.locator("tr.entry", has_text="Weekly pipeline").first.get_by_role("button").click()
    page.locator(".changes").first.wait_for()


def _uncounted(page: Page) -> None:
    """The script that asks for the total waits for the answer: the list is read in a moment."""
    page.route(
        lambda url: "as_of=" in url,
        lambda route: None if route.request.resource_type == "fetch" else route.continue_(),
    )


def _follow(page: Page) -> None:
    """Opens the same entry's own page, and its raw JSON."""
    _open(page)
    page.get_by_role("link", name="Permalink").click()
    page.get_by_text("Raw JSON").click()


def _print(page: Page) -> None:
    """Prints every row with its changes, and shows the first sheet: what A4 has without its margins (print.css), and those around it."""
    page.evaluate("() => { window.print = () => document.body.setAttribute('data-print', ''); }")
    page.get_by_role("button", name="Print").click()
    page.locator("body[data-print]").wait_for()
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.evaluate("document.documentElement.style.padding = '14mm 12mm 16mm'")


def _admin(people: People) -> Person:
    return people.admin


SHOTS = (
    Shot("list", _admin, "/audit"),
    Shot("open", _admin, "/audit", _open),
    Shot("filters", _admin, USED, size=(1280, 620)),
    Shot("entry", _admin, "/audit", _follow, (1280, 680)),
    Shot("dark", _admin, "/audit", _open, scheme="dark"),
    Shot("narrow", _admin, "/audit", _open, (390, 1180)),
    Shot("behind", _admin, "/audit", size=(1280, 480)),
    Shot("counting", lambda people: people.other, "/audit", size=(1280, 480), hold=_uncounted),
    Shot("no-match", _admin, NONE, size=(1280, 620)),
    Shot("empty", lambda people: people.newcomer, "/audit", size=(1280, 560)),
    Shot("member", lambda people: people.member, "/audit", size=(1280, 420)),
    Shot("no-workspace", lambda people: people.undecided, "/audit", size=(1280, 420)),
    Shot("print", _admin, "/audit?limit=10", _print, (794, 1123)),
    Shot("sign-in", lambda _: None, "/", size=(1280, 480)),
)


if __name__ == "__main__":
    raise SystemExit(main())
