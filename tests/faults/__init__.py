"""`make faults` and `make soak`: each fault of a list is made for real, and one oracle says what came of it.

`make maintenance`: what an operator does on an ordinary day, from another list, by the same oracle; no alert may fire.

fault        Fault: one line of the list, as data
catalog      the list, by what the faults happen to
services     the services that a fault happens to: the shared ones, or some of its own
machines     brokers, PostgreSQL, consumers and readers that have a network between them
readers      readers that are asked all the while
sealer       a sealer, and what an operator does with it
beside       a reader and a sealer beside the consumers of each experiment; what is promised of them
front        a web server before the registry that answers wrongly
shipped      the programs are those of the wheel
large        large records
environment  the shared services, and Prometheus
experiment   one fault's database, topics, programs and load
watch        memory and alerts while it lasts
exercise     a fault from the first record to the oracle; its result
protocol     the group protocol of a run: PROTOCOL=classic
report       docs/faults.md
soak         faults in a random order under load, two at once at times
choice       which fault of a soak comes next
pairs        which two may be made at once
seeded       how soak and maintenance run: for so many minutes, from a seed

deployment   what an operator works on: two consumers, a topic under load, a PostgreSQL that can be replaced
work         Work: one line of the list of works, as data, and how often it is ordinary
works        the list
maintenance  works in a random order under load, beside the alerts as they are shipped
"""
