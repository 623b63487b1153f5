"""Sessions that run out while someone reads."""

import re
import time
from urllib.parse import urlsplit

from playwright.sync_api import Page

from sandbox.services.frontend_api import FrontendApi
from sandbox.services.issuer import Person
from tests.browser.visitor import Visitor


def api_of(visitor: Visitor) -> FrontendApi:
    """The issuer of a site that renews sessions."""
    assert isinstance(visitor.site.issuer, FrontendApi)
    return visitor.site.issuer


def run_out(visitor: Visitor, person: Person) -> Visitor:
    """The session token has run out meanwhile: a minute has gone by, and with it the count of redirects."""
    now = int(time.time())
    visitor.context.clear_cookies(name=re.compile("audit_redirects_"))
    return visitor.signed_in(person, exp=now - 60, iat=now - 120, nbf=now - 130)


def query_of(page: Page) -> str:
    """The query of this page as of its moment, which all that belongs to it has."""
    link = page.get_by_role("link", name="This page as JSON").get_attribute("href") or ""
    return urlsplit(link).query


def number_of(visitor: Visitor, row: int) -> str:
    """The id of the entry in a row."""
    controls = visitor.rows.nth(row).get_by_role("button").get_attribute("aria-controls") or ""
    return controls.removeprefix("d-")
