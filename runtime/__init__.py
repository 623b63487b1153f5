"""What the programs share. Nothing here depends on auditing.

settings        reads the environment, one message for all that is wrong
kafka_settings  reads the settings of Kafka's brokers and clients
postgres        connections: role, session settings, timeouts, what an error asks for
reconnecting    a connection that is opened again when it was lost
migrations      brings a database to the schema of this code
logging         structured logs on standard error
log_writer      writes log lines without ever blocking the program
health_server   the listener for metrics and probes
host_port       what a host's name and a TCP port may be
terminal        tables and text for people, safe whatever a record holds
standard_streams  what of standard input, output and error is closed or not read
threads         background threads; the death of one is logged, and the thread restarted or the program ended
allocator       returns free memory to the system
timestamps      times as text and as numbers
certificate     until when a server's certificate is trusted, and why it is not
certificate_file  until when the certificates in a file are good
shutdown        ends a program within a fixed time, whatever blocks it
version         --version and the names of --help
"""
