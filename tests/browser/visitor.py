"""A person at a browser: one context, one page, watched."""

from typing import Any

from playwright.sync_api import BrowserContext, Locator, Page

from sandbox.services.issuer import Person
from sandbox.services.site import Site
from tests.browser.watch import Watch


class Visitor:
    """Opens pages of a site; `page` is Playwright's, for everything that a hand can do."""

    def __init__(self, context: BrowserContext, site: Site) -> None:
        context.set_default_timeout(30_000)
        self.context, self.site = context, site
        self.page: Page = context.new_page()
        self.watch = Watch(self.page)

    def signed_in(self, person: Person, **claims: Any) -> "Visitor":
        """Brings a session along, as if signed in before."""
        token = self.site.issuer.token(person, **claims)
        self.context.add_cookies([{"name": "__session", "value": token, "url": self.site.url}])
        return self

    def open(self, path: str, status: int = 200) -> Page:
        """Goes to a path of the site, which must answer with this status."""
        url = path if path.startswith("http") else f"{self.site.url}{path}"
        if status >= 400:
            self.watch.refused(url, status)
        response = self.page.goto(url)
        assert response is not None
        assert response.status == status
        return self.page

    @property
    def rows(self) -> Locator:
        """The entries of the list, not their details."""
        return self.page.locator("tr.entry")

    @property
    def sentences(self) -> list[str]:
        """What the entries of the list say, whole."""
        return self.page.locator("td.happened").all_text_contents()

    @property
    def times(self) -> list[str]:
        """When the entries of the list occurred, as shown."""
        return self.page.locator("td.when").all_inner_texts()

    @property
    def total(self) -> int:
        """How many entries the page says that there are."""
        return int(self.page.locator("[role=status] strong").inner_text().replace(",", ""))
