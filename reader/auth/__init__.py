"""Who sends a request.

`access` reads the token from it, `token_cache` remembers verified tokens, `clerk` has the rules for their claims, and `jwks`
the public keys of the issuer.
"""
