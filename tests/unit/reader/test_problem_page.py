"""An error page leads on: to sign in, to try again, or home."""

import pytest

from reader import errors
from reader.errors import Problem
from reader.html.pages import render_problem


def buttons(page: str) -> list[str]:
    """Address and text of each."""
    return [part.partition("/a>")[0] for part in page.split('<a class="button" ')[1:]]


@pytest.mark.parametrize(
    ("problem", "links"),
    [
        (errors.BAD_TOKEN, ['href="https://x.example/sign-in">Sign in<']),
        (errors.FORBIDDEN, ['href="/">Home<']),
        (
            errors.NO_WORKSPACE,
            ['href="https://x.example/sign-in">Choose a workspace<', 'href="">Try again<', 'href="/">Home<'],
        ),
        (errors.NOT_FOUND, ['href="/">Home<']),
        (errors.NO_DATABASE, ['href="">Try again<']),
        (errors.OVERLOADED, ['href="">Try again<']),
        (errors.TOO_SLOW, ['href="">Try again<']),
    ],
    ids=lambda value: value.kind if isinstance(value, Problem) else "",
)
def test_it_leads_on(problem: Problem, links: list[str]) -> None:
    """By a button below the text; an empty address is that of the page itself."""
    page = render_problem(problem, "https://x.example/sign-in")

    assert buttons(page) == links


def test_without_a_sign_in_page() -> None:
    """No link to one; the rest stays."""
    assert buttons(render_problem(errors.NO_WORKSPACE, None)) == ['href="">Try again<', 'href="/">Home<']
    assert buttons(render_problem(errors.NO_TOKEN, None)) == []
