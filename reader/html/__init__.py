"""How it is shown: pages, forms, links, templates."""
