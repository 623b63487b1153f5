# In the place of apache/kafka: the same jars, and the official image's own program that reads KAFKA_… settings.
FROM callmine-standin/debian:bookworm
COPY java /opt/java
COPY jars /opt/kafka/libs
COPY kafka/ /
RUN mkdir -p /opt/kafka/config /var/lib/kafka/data /mnt/shared/config /etc/kafka/docker \
 && touch /etc/kafka/docker/server.properties \
 && chown -R 1000:1000 /opt/kafka/config /var/lib/kafka
ENV PATH=/opt/java/bin:$PATH
USER 1000
EXPOSE 9092
VOLUME ["/var/lib/kafka/data"]
CMD ["/etc/kafka/docker/run"]
