"""FIT, the format of sports watches: written as they write a run (`writing`), and their runs read (`reading`)."""
