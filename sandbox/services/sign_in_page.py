"""The page of the sandbox's sign-in service: a name, a click."""

from collections.abc import Sequence
from html import escape

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Demo sign-in</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<style>
  :root { --ground: #f8f8f6; --surface: #fff; --line: #e5e5e0; --ink: #1a1a18; --soft: #5f5f5a; --accent: #3d4bb8 }
  @media (prefers-color-scheme: dark) {
    :root { --ground: #131315; --surface: #1a1a1d; --line: #2d2d33; --ink: #ededf0; --soft: #a3a3ac; --accent: #aab4ff }
  }
  body { margin: 0; padding: 12vh 16px 0; background: var(--ground); color: var(--ink); font: 14px/20px Inter, system-ui, sans-serif }
  main { max-width: 400px; margin: 0 auto }
  h1 { margin: 0; font-size: 22px; line-height: 28px; font-weight: 650; letter-spacing: -.018em }
  b { margin-left: 4px; padding: 2px 8px; border-radius: 6px; background: #a3262c; color: #fff; font-size: 12px; letter-spacing: .04em; vertical-align: 3px }
  p { margin: 4px 0 20px; color: var(--soft) }
  ul { margin: 0; padding: 0; list-style: none; border: 1px solid var(--line); border-radius: 12px; background: var(--surface) }
  li + li { border-top: 1px solid var(--line) }
  a { display: flex; justify-content: space-between; padding: 12px 16px; border-radius: 11px; color: inherit; font-weight: 500; text-decoration: none }
  a::after { content: "\\2192" / ""; color: var(--soft) }
  a:hover, a:focus-visible { color: var(--accent) }
  a:focus-visible { outline: 2px solid var(--accent); outline-offset: -2px }
</style>
<main>
<h1>Sign in <b>DEMO</b></h1>
<p>A stand-in for Clerk on this machine. Its sessions open nothing but this demo.</p>
<ul>LINKS</ul>
</main>
</html>
"""


def sign_in_page(labels: Sequence[str]) -> str:
    """A link for each of the people; the n-th leads to `/sign-in?as=n`."""
    links = "".join(
        f'<li><a href="/sign-in?as={number}">{escape(label)}</a></li>' for number, label in enumerate(labels)
    )
    return PAGE.replace("LINKS", links)
