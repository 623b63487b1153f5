# In the place of python:3.11-bookworm: Debian's Python and gcc, called as the official image calls it.
FROM callmine-standin/debian-gcc:bookworm
COPY ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
RUN ln -s python3 /usr/bin/python
ENV PIP_CERT=/etc/ssl/certs/ca-certificates.crt
CMD ["python3"]
