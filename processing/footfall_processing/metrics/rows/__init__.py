"""The catalogue's rows, by what they tell of."""
