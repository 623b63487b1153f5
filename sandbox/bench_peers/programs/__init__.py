"""The peers in Python. They run where nothing of ours is installed, so they import the standard library, their own, and `common`.

common       what a peer is told, and what it says
executemany  confluent-kafka and psycopg, as anyone would begin
arroyo       sentry-arroyo, with COPY
quix         Quix Streams, with a sink of its kind
connect      Kafka Connect with Debezium's JDBC sink, in Java; what starts it is run in our environment
"""
