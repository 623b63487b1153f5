"""What a request asks for, and the result.

What is asked for:

filters            parses the query string
time_bounds        ranges of time in it
searched_text      ids and addresses that were pasted into it
snapshot           `as_of`: a point in the order of recording
position           `as_of` and `cursor` as the texts by which a client continues a list
rising_numbers     numbers as a short text, for these

Pages and entries:

listing            returns a page of a list, or an entry
indexed_page       reads a page whose list is in memory
uncached_page      reads one whose list is not, without its total
window             which part of a list a page shows
large_diffs        what a page leaves out
entries_again      the rows of a page that had to wait

Lists in memory:

index_store        loads them, and keeps them up to date
key_index          the keys of one list: finds any page and any total
index_cache        holds the indexes of all lists, within one bound
cached_list        the indexes of one list there
use_counts         decides which lists are kept and which are evicted
index_load         reads a list from the database
single_flight      lets one thread at a time load a list
background_loads   loads lists for which no request waits
current_index      brings an index up to date
older_index        makes an older index of another
index_results      what the store gives, or why not

The database:

database           runs statements in sessions, or raises what `unavailable` defines
cells              asks the right one of several databases
list_queries       the statements about a list
session_settings   the settings of each session
timeouts           how long a list may be read
transaction_view   what a transaction sees, on a primary or a standby
database_errors    what an error means for a request
unavailable        what a request gets if the database returns nothing
checkpoint         reads the newest checkpoint
replay_lag         how old is what a standby has replayed
"""
