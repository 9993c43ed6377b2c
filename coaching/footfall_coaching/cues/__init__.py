"""Live cues: what is heard while a run goes on, and when nothing is. Pure rules of landings and strides."""
