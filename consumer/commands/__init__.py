"""The commands other than migrate and run: arguments in, text or JSON and an exit code out.

`status` with `verification`, printed by `status_view`; `parked`, printed by `parked_view`; `gaps`, `rewind` and `resume`;
`cells`, printed by `cells_view`; `explain`, printed by `outcome_view`; `catalog`. `cli_common` has what they share.
"""
