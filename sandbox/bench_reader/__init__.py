"""The reader's benchmark: pages at any depth of a million entries, and requests per second, each beside a plain way.

entries  a million entries, written straight into the tables
lists    the lists that are asked for
load     the reader and the plain server as processes, and wrk, which asks them
bare     the plain server: one entry by its id, and nothing else
openings       pages in a real browser, beside a static file
beside_static  the reader and that file, from one server
indexes  what the indexes cost the writer
openings_report  how these are shown
report   the tables, and this benchmark's part of docs/benchmarks.md
"""
