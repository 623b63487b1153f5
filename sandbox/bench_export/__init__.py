"""What the verified export costs, each command beside the least that could be done instead.

Map: `entries` fills the table; `commands` runs `audit-export` as a process, which `measured`
measures; `bare` what it is compared with;
`beside` a drain beside a sealer; `report` how figures are shown; `__main__` all of it in turn.
"""
