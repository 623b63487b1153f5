-- sqlfluff 4 reads no options after STDIN.
COPY staging FROM STDIN (FORMAT binary) -- noqa: PRS
