"""What the programs share; it knows no word of auditing.

* `settings`: reading the environment; the kinds of settings that several programs have.
* `postgres`: the door to PostgreSQL: sessions, roles, session settings, refusals, poolers.
* `migrations`: the schema, created and upgraded.
* `certificate`: why a server's certificate is not trusted.
* `logging`: structured logs; `log_writer`: how lines are written without stopping anyone.
* `health_server`: the listener for metrics and probes.
* `terminal`: how commands print; `timestamps`: times as text.
"""
