# %% [markdown]
# # Left against right
# The left leg of this runner lands harder as it tires.

# %%
import matplotlib.pyplot as plt

import footfall

analysis = footfall.analyze(footfall.read(footfall.example_recording()))
summary = analysis.summary

# %%
# Shares of left + right: 50 % is even. The runner's own usual is what to compare with, there is no agreed limit.
for name, share_percent in summary.balance.items():
    index_percent = summary.symmetry_index_percent[name]
    print(f"{name:28} left {share_percent:5.1f} %   symmetry index {index_percent:+5.1f} %")

# %%
# Angles have a difference, and no share: their zero is a convention.
print(f"foot strike angle, left - right: {summary.left_minus_right['foot_strike_angle_deg']:+.1f}°")

# %%
# The same in windows of ten seconds: here it shows when the legs part.
windows = analysis.window_table("10s").to_pandas()
impacts = windows[(windows["metric"] == "peak_acc_g") & (windows["activity"] == "run")]
legs = impacts.pivot(index="begin_s", columns="side", values="median")
print(legs.round(1))

# %%
strides = analysis.stride_table().to_pandas()
running = strides[strides["trusted"] & (strides["activity"] == "run")]
figure, (over_time, spread) = plt.subplots(1, 2, figsize=(9, 3.5), layout="constrained", width_ratios=(2, 1))
for side, color in (("left", "C0"), ("right", "C1")):
    of_side = running[running["side"] == side]
    over_time.plot(of_side["initial_contact_s"], of_side["peak_acc_g"], ".", color=color, markersize=3, alpha=0.5)
    over_time.stairs(legs[side], [*legs.index, legs.index[-1] + 10], color=color, baseline=None, label=side)
spread.boxplot([running.loc[running["side"] == side, "peak_acc_g"] for side in ("left", "right")])
spread.set_xticks([1, 2], ["left", "right"])
over_time.set(xlabel="time [s]", ylabel="impact [g]")
over_time.legend(loc="upper left")
figure.savefig("left_and_right.png", dpi=120)
