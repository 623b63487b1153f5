"""What is audited, as data, for consumer, reader and export alike. It imports nothing of ours and decides nothing by itself.

definitions     the parts that an audit type is made of, and the rules that they keep
audit_types     THE list of audit types: what feeds each, what is stored of it, how it reads
topics          the families of event types, the topic of each, and the event types that are not audited
plans           the order of the plans, and whether a change is an upgrade
secret_keys     which keys of an open map name a secret
normalization   Unicode normal forms, of any text in a bounded time
clients         what people call the MCP clients
reasons         the closed lists of words: why a record was ignored or parked, why there is a gap or a halt
advice          what to do about each reason for parking
wording         the sentence of an audit type
changed_values  the changes of an entry, as parts of a sentence
money           amounts as people write them
summary         a stored entry as one sentence
shortened       names and facets that are too long for a sentence or a list
stored_diff     a stored diff as values
visible_text    text to be shown: nothing in it is invisible
confusables     which characters have the shape of another
cells           which cell is responsible for a workspace
content_digest  the digest of an entry
entry_json      the one shape of an entry as JSON
render          the whole catalog as JSON or Markdown
"""
