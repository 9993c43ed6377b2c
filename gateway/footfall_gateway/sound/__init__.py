"""What is heard from this computer: cues turned into samples, and the loudspeaker that plays them."""
