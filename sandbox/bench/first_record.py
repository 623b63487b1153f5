"""The line that a program under measurement prints when it has polled its first record, where all clocks begin.

It imports nothing: programs that have none of our packages print it too.
"""

LINE = "first record"
