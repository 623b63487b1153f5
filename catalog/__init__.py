"""What is audited, as data, for consumer, reader and export alike: imports nothing of ours, decides nothing by itself.

`audit_types` is the list of fourteen, made of `entry`'s parts; `topics` says where events come from and which are
ignored; `plans`, `secret_keys` and `clients` hold one small rule each; `reasons` the closed lists of words; `sentence`
and `render` put the catalogue into words; `entry_json` is the one shape of an entry as JSON.
"""
