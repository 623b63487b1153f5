"""What operator commands do: accounting, parked records, gaps, rewinds."""
