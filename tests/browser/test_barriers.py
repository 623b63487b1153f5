"""No state of the page puts up a barrier: axe finds nothing against WCAG 2.2 A and AA, in light and in dark."""

import pytest

from tests.browser.conftest import Fresh, Sample, Visit
from tests.browser.states import STATES
from tests.browser.watch import barriers


@pytest.mark.parametrize("name", STATES)
def test_axe_finds_nothing(visit: Visit, sample: Sample, fresh: Fresh, name: str) -> None:
    """A wide screen in light and in dark, and a narrow one."""
    visitor = visit(timezone_id="Europe/Berlin", color_scheme="light", reduced_motion="reduce")
    STATES[name](visitor, sample, fresh)
    violations = {"light": barriers(visitor.page)}
    visitor.page.emulate_media(color_scheme="dark")
    violations["dark"] = barriers(visitor.page)
    visitor.page.set_viewport_size({"width": 320, "height": 800})
    violations["narrow"] = barriers(visitor.page)

    assert violations == {"light": [], "dark": [], "narrow": []}
