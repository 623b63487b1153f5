"""Local services for demo, tests and benchmark, and the sample traffic that runs on them.

    services    Sandbox: DATABASE_URL and KAFKA_BOOTSTRAP_SERVERS as given, else services of our own
    postgres    PostgresServer, from the programs that `binaries` finds
    kafka       LocalKafka: Apache Kafka as a Java process
    container   ContainerKafka: the same in a container
    mock        MockKafka: librdkafka's stand-in
    registry    SchemaRegistry: Apicurio
    recorded    entries without Kafka: events through the pipeline, straight into the tables
    site        the reader over such a database, behind `issuer`, the demo's sign-in; `reading` is its process
    browser     a Chromium that is there
    service     what every service can do, and every broker
    process     Server: one process, from start to answer to end; ports
    scratch     the temporary folder that owns processes; `guard` watches it when we are gone
    java, maven where the Java programs come from

`python -m sandbox up` starts them for another terminal. Everything listens on 127.0.0.1 only.
"""
