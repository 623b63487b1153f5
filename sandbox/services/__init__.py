"""Services on this machine: each starts by itself, answers, and leaves nothing behind.

environment       Sandbox: DATABASE_URL and KAFKA_BOOTSTRAP_SERVERS as given, else services of our own
postgres          PostgresServer, from the programs that `binaries` finds
binaries          where PostgreSQL's programs come from
kafka             LocalKafka: Apache Kafka as a Java process
kafka_config      what it is set to
kafka_cluster     KafkaCluster: several brokers that keep each record on each other
container         ContainerKafka: the same in a container
mock              MockKafka: librdkafka's stand-in, in this process
registry          SchemaRegistry: Apicurio
java, maven       where the Java programs come from
class_archive     the classes of one, so that it starts sooner
cache             folders that are filled once
recorded          entries without Kafka: events through the pipeline, straight into the tables
site              the reader over such a database, behind the demo's sign-in
reading           the reader as the process that `site` starts
issuer            the demo's sign-in service, which signs tokens as Clerk does
sign_in_page      its page
frontend_api      an issuer that renews sessions as Clerk's Frontend API does
browser           a Chromium that is installed, or that Playwright has
prometheus        where `prometheus` and `promtool` are
wheel             the programs as they are deployed, for the benchmark
service           what every service, and every broker, can do
standby           a hot standby of a PostgreSQL
pgbouncer         PgBouncer before one
tcp_proxy         TcpProxy: a network that can be made bad, before a service
plain_http        what httpx need not read where nothing is encrypted
machine           where a program runs: here, or on a machine of a network
network           Network: machines whose lines can be slow, lose, double and reorder packets, or be cut off
network_line      what such a line does to a packet
network_devices   the devices of this machine's network stay while a browser needs them
router            what passes their packets on, a process of its own
namespaces        the calls of Linux that it needs
small_disk        a file system of a few hundred megabytes, to be filled
failing_disk      a disk whose fsync is slow, or fails; failing_disk.c is what makes it so
own_clock         a clock that is set while a program runs, for that program alone; own_clock.c is what reads it
preloaded_library  compiles both
process           Server: one process from start to end; waiting for a condition
ports             free ports, which no two servers get
freezing          processes that stop without an end
process_status    what Linux says of one: its state, its peak memory
temporary_folder  the folder that owns processes
guard             watches such a folder, and ends its processes when we are gone
"""
