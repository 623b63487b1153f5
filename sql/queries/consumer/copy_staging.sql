COPY staging FROM STDIN (FORMAT binary)
