# %% [markdown]
# # Against a reference
# Pair strides with those of a reference, and draw how the contact times agree (Bland & Altman 1986,
# doi:10.1016/S0140-6736(86)90837-8). The reference here is the truth of a synthetic runner; with a force plate's or a
# motion capture's contacts on the same time axis it goes the same way.

# %%
import json
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

import footfall

recordings = Path(__file__).parents[1] / "recordings"
truth = json.loads((recordings / "forefoot-runner.truth.json").read_text())["sensors"]
analysis = footfall.analyze(footfall.read(recordings / "forefoot-runner.mcap"))

# %%
# A stride is the reference's stride when it begins within 100 ms of it.
WITHIN_S = 0.1
reference_s: list[float] = []
measured_s: list[float] = []
for stride in analysis.strides:
    begins_s = np.array([row["initial_contact_s"] for row in truth[stride.sensor_id]])
    nearest = int(np.abs(begins_s - stride.initial_contact_s).argmin())
    row = truth[stride.sensor_id][nearest]
    running = stride.activity is footfall.Activity.RUN and row["activity"] == "run"
    if running and abs(begins_s[nearest] - stride.initial_contact_s) < WITHIN_S and stride.contact_time_s is not None:
        reference_s.append(row["toe_off_s"] - row["initial_contact_s"])
        measured_s.append(stride.contact_time_s)

# %%
mean_ms = 500 * (np.array(measured_s) + np.array(reference_s))
difference_ms = 1000 * (np.array(measured_s) - np.array(reference_s))
bias_ms, sd_ms = difference_ms.mean(), difference_ms.std(ddof=1)
print(f"{len(difference_ms)} strides: bias {bias_ms:+.1f} ms, SD {sd_ms:.1f} ms")

# %%
figure, axis = plt.subplots(figsize=(6, 4), layout="constrained")
axis.plot(mean_ms, difference_ms, ".", markersize=4)
for level_ms, style in ((bias_ms, "-"), (bias_ms - 1.96 * sd_ms, "--"), (bias_ms + 1.96 * sd_ms, "--")):
    axis.axhline(level_ms, color="0.3", linestyle=style, linewidth=1)
    axis.annotate(f"{level_ms:+.1f}", (1.01, level_ms), xycoords=("axes fraction", "data"), va="center")
axis.set(xlabel="mean of both [ms]", ylabel="Footfall − reference [ms]", title="Contact time, running")
figure.savefig("against_a_reference.png", dpi=120)
