"""From outcomes to rows: batches, and the transaction that writes one."""
