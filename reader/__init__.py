"""The reader: `/audit` for a workspace's admins, and its API (SPEC 6).

In reading order: `model` (the nouns), `clerk` and `keys` (who asks), `filters` (what is asked for), `database`, `horizon`,
`marks` and `listing` (what is answered), `changes`, `form` and `page` (how it is shown), `app` (the routes), `serve`.
"""
