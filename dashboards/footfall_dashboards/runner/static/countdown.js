// Counts a block down, and keeps the screen on meanwhile where a browser can. Its page loads itself anew without it.

const TICK_MS = 200;

async function keepScreenOn() {
  try {
    await navigator.wakeLock.request("screen");
  } catch {
    // not over plain HTTP, and not in every browser
  }
}

keepScreenOn();
document.addEventListener("visibilitychange", () => document.hidden || keepScreenOn());

for (const holder of document.querySelectorAll("[data-left-s]")) {
  const number = holder.querySelector(".number");
  const end = performance.now() + 1000 * Number(holder.dataset.leftS);
  const clock = setInterval(() => {
    const left = Math.max(0, Math.ceil((end - performance.now()) / 1000));
    number.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
    if (left > 0) return;
    clearInterval(clock);
    holder.classList.add("over");
  }, TICK_MS);
}
