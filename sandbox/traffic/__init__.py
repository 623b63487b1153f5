"""Sample events that agree with each other, and how they are published.

workspace   one workspace: the state that snapshots are taken from
names       what people, companies and things are called
scenarios   what can happen in a workspace, by service
generator   an endless stream of records of several workspaces, from a seed and a clock
sample      a fixed sample of about 400 records with every audit type and every outcome
publisher   creates topics, and sends records to Kafka as a service's outbox does
"""
