# %% [markdown]
# # A method of your own
# Footfall places initial contact on the shin where the force along the leg first rises after a swing. Here another rule
# takes its place, the simplest there is: the end of the swing, where the shin's pitch rate falls through zero. It is
# one kernel, compiled by Numba; the rest of the estimator stays. docs/new-estimator.md builds a whole one.

# %%
import json
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

import footfall
from footfall_processing.compiled import Record, compiled
from footfall_processing.estimators.registry import find_estimator


@compiled
def at_the_swings_end(ring: Record, up: np.ndarray, start: int, swing: Record) -> None:
    swing.contact = swing.end
    swing.certainty = 1.0


# %%
recordings = Path(__file__).parents[1] / "recordings"
recording = footfall.read(recordings / "shin-pair.mcap")
truth = json.loads((recordings / "shin-pair.truth.json").read_text())["sensors"]
methods = {
    "first rise of force": footfall.analyze(recording),
    "end of the swing": footfall.analyze(
        recording, estimators=[find_estimator("shank").with_contact("my-rule", at_the_swings_end)]
    ),
}

# %%
# How late each rule is against the truth of the synthetic runner, stride by stride.
figure, axis = plt.subplots(figsize=(6, 4), layout="constrained")
for name, analysis in methods.items():
    late_ms = []
    for stride in analysis.strides:
        begins_s = np.array([row["initial_contact_s"] for row in truth[stride.sensor_id]])
        nearest_s = begins_s[np.abs(begins_s - stride.initial_contact_s).argmin()]
        if stride.activity is footfall.Activity.RUN and abs(nearest_s - stride.initial_contact_s) < 0.1:
            late_ms.append(1000 * (stride.initial_contact_s - nearest_s))
    label = f"{name}: {np.mean(late_ms):+.0f} ± {np.std(late_ms):.0f} ms"
    print(label)
    axis.hist(late_ms, bins=list(range(-60, 61, 4)), alpha=0.6, label=label)
axis.set(xlabel="initial contact, later than the truth [ms]", ylabel="strides", title="Two rules for initial contact")
axis.legend(frameon=False)
figure.savefig("own_method.png", dpi=120)
