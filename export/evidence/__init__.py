"""What `create` and `check` compare: the log that was signed, the tables, and the entries themselves.

Map, from the bottom up:

* `sealed_log`: audit_seal against signatures of the policy, the folder, and checkpoints that someone holds;
* `chains`: the entries of a workspace against its days.
"""
