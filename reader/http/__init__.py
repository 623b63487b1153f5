"""The HTTP application: `app` puts together the `routes`, the `exception_handlers` and the `middleware`.

`services` is what the routes use, `renewal` renews sessions, `limiter` how many of them run at once. `json_response` makes the responses of the API,
`openapi` and `json_schemas` describe it, `metrics` counts.
"""
