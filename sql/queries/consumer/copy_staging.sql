-- The linter knows no options after STDIN.
COPY staging FROM STDIN (FORMAT binary) -- noqa: PRS
