"""The runner's own pages: today, runs, trends, log and sensors, from what is kept on this computer."""
