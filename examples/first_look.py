# %% [markdown]
# # First look
# Read a recording, analyse it, and see cadence and contact time over the run.

# %%
import matplotlib.pyplot as plt

import footfall

recording = footfall.read(footfall.example_recording())
for sensor in recording.sensors:
    print(f"{sensor.id}: {sensor.placement}, {sensor.side}, {sensor.sampling_rate_hz:g} Hz")

# %%
# One row a stride, one column a metric, with its unit in the name.
analysis = footfall.analyze(recording)
strides = analysis.stride_table().to_pandas()
print(strides[["side", "activity", "initial_contact_s", "cadence_spm", "contact_time_s", "peak_acc_g"]].head(10))

# %%
# Only what can be trusted enters averages.
trusted = strides[strides["trusted"]]
print(trusted.groupby(["activity", "side"])[["cadence_spm", "contact_time_s", "speed_mps"]].median().round(3))

# %%
# The catalogue knows what people call a metric, in which unit they read it, and how far it can be trusted.
shown = [footfall.METRICS[name] for name in ("cadence_spm", "contact_time_s")]
for metric in shown:
    print(f"{metric.label}: {metric.definition} Known error: {metric.known_error}")

# %%
figure, axes = plt.subplots(len(shown), sharex=True, figsize=(8, 5), layout="constrained")
for axis, metric in zip(axes, shown, strict=True):
    for side, of_side in trusted.groupby("side"):
        axis.plot(of_side["initial_contact_s"], metric.shown(of_side[metric.name]), ".", markersize=4, label=side)
    axis.set_ylabel(f"{metric.label}\n[{metric.shown_unit}]")
axes[0].legend(loc="lower right")
axes[-1].set_xlabel("time [s]")
figure.suptitle("Walking, then running ever faster")
figure.savefig("first_look.png", dpi=120)
