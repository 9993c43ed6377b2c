"""One module for each command of `footfall`: read the options, wire the parts, show the result."""
