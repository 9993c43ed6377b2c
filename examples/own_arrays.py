# %% [markdown]
# # Your own arrays
# Any logger will do, in any orientation: times in seconds, acceleration in g, angular rate in °/s.

# %%
from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np

import footfall

# %%
# Stands for your own data: m/s² and rad/s, as many loggers have them, and turned on the shoe as it happened to be worn.
logged = footfall.read(footfall.example_recording()).samples("foot-left")
assert logged.gyro_dps is not None
turn = np.array([[0.0, -1.0, 0.0], [0.0, 0.0, -1.0], [1.0, 0.0, 0.0]])
t_s = logged.t_s
acc_mps2 = logged.acc_g @ turn.T * footfall.STANDARD_GRAVITY_MPS2
gyr_radps = np.radians(logged.gyro_dps @ turn.T)

# %%
left = footfall.SensorSamples(
    id="foot-left",
    placement="foot",
    side="left",
    rate_hz=200,
    t_s=t_s,
    acc_g=acc_mps2 / footfall.STANDARD_GRAVITY_MPS2,
    gyro_dps=np.degrees(gyr_radps),
    acc_range_g=32,
    gyro_range_dps=2000,
)
analysis = footfall.analyze(footfall.from_arrays(left, runner=footfall.Runner(mass_kg=68, height_m=1.74)))
print(f"{len(analysis.strides)} strides")
print(analysis.summary_table().to_pandas()[["activity", "metric", "median", "unit"]].to_string(index=False))

# %%
# What can't be right is refused, in one line that says what to do.
for wrong in ({"acc_g": acc_mps2}, {"t_s": t_s * 1000}, {"gyro_dps": gyr_radps}):
    try:
        footfall.from_arrays(replace(left, acc_range_g=None, **wrong))
    except footfall.FootfallError as error:
        print(f"refused: {error}")

# %%
# Two strides, with the contacts that were found.
stride, following = analysis.strides[100:102]
begin_s, end_s = stride.initial_contact_s - 0.1, following.next_contact_s + 0.1
inside = (t_s > begin_s) & (t_s < end_s)
figure, axis = plt.subplots(figsize=(8, 3.5), layout="constrained")
axis.plot(t_s[inside], np.linalg.norm(left.acc_g[inside], axis=1), color="0.4", linewidth=1)
for found in (stride, following):
    axis.axvline(found.initial_contact_s, color="C0", label="initial contact" if found is stride else None)
    if found.toe_off_s is not None:
        axis.axvline(found.toe_off_s, color="C1", linestyle="--", label="toe-off" if found is stride else None)
axis.axvline(following.next_contact_s, color="C0")
axis.set(xlabel="time [s]", ylabel="magnitude of acceleration [g]")
axis.legend(loc="upper center")
figure.savefig("own_arrays.png", dpi=120)
