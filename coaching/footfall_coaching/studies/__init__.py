"""Studies with several runners: what is fixed beforehand, how it is drawn and kept hidden, and what it came to.

A study compares two conditions, the usual one and the one that is tried, on a measure that is fixed before the first
runner joins. `file` is what its organiser writes, `allocation` how it is drawn and sealed, `record` what is kept,
`course` where each runner stands, `together` the test over all, `beforehand` and `result` the words.
"""
