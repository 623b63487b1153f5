"""Who sends a request.

`access` reads the token from it, `token_cache` remembers verified tokens, `clerk` has the rules for their claims, `signed_token`
verifies signatures, and `jwks` has the public keys of the issuer. `clerk_instance` reads publishable keys, and `origins`
says which origins and hosts browsers send.

When a session has to be renewed: `navigation` says which requests can be redirected, `page_request` reads one, `renewal` says when
and where to, `handshake` reads what comes back, `set_cookie` checks the cookies in it, and `request_cookies` has their names.
"""
