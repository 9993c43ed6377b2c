"""How contacts, strides and their metrics are found in the signal: one room for each site and signal."""
