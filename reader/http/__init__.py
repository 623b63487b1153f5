"""The HTTP application: `app` puts together the `routes`, the `exception_handlers` and the `middleware`.

`services` is what the routes use, `renewal_response` renews sessions. `limiter` bounds how many requests run at once, `large_responses` how many
bytes, `byte_limits` what one of them may bring or show, and `connections` how long a client may take. `json_response` makes the responses of
the API, `openapi` and `json_schemas` describe it, `metrics` counts, `replay_lag_metric` is that of standbys. `readiness` and
`heartbeat` are what probes ask.
"""
