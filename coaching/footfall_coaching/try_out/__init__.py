"""The try-out: which change helps this runner, found by a test whose order is drawn and sealed before it begins.

Before a programme is begun it is tried whether its cue does anything for this knee: at least one of six changes of gait
eased pain at once in 42 % of 68 runners with patellofemoral pain, the best single ones in 35 % (Esculier et al. 2023,
doi:10.3389/fspor.2022.1048655). Parts of a test, blocks of a run or whole runs, are run as usual or with the cue, in an
order that is drawn at random. That the order was drawn is all that the test rests on (Edgington 1980,
doi:10.3102/10769986005003235): no assumption on how strides, blocks or days vary.
"""
