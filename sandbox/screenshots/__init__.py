"""python -m sandbox.screenshots: pictures of the page in its main states, for the documents.

dataset  sixty days of two workspaces, and who is in them
"""
