# In the place of apicurio/apicurio-registry-mem: the same application, from its Maven archive.
FROM callmine-standin/debian:bookworm
COPY java /opt/java
COPY registry /opt/registry
ENV PATH=/opt/java/bin:$PATH
USER 1000
EXPOSE 8080
CMD ["sh", "-c", "exec java -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xmx512m -jar /opt/registry/apicurio-registry-app-*-runner.jar"]
