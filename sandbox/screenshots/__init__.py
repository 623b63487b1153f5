"""python -m sandbox.screenshots: pictures of the page in its main states, for the documents."""
