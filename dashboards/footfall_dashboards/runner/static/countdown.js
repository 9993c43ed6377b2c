// Counts a block down and loads its page anew when it is over. Without it the page does so by itself now and then.

const TICK_MS = 200;

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
