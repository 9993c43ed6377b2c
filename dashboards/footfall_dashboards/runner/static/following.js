// Follows what a demo plays: asks while the page is seen, and loads it again, or the page that shows it, once there is a
// newer scene. Not while somebody fills in a form.

const ASK_EVERY_MS = 700;
const LED = ["/plan", "/plan/try-out"];
const shown = document.querySelector("[data-scene]");
let asking = false;

async function ask() {
  if (asking || document.hidden || document.activeElement?.closest("main form")) return;
  asking = true;
  try {
    const answer = await fetch(`/played${location.search}`, { cache: "no-store" });
    const scene = await answer.json();
    if (scene.number === undefined || String(scene.number) === shown.dataset.scene) return;
    const page = new URL(scene.page, location.href);
    if (!LED.includes(location.pathname) || page.pathname === location.pathname) location.reload();
    else location.assign(page);
  } catch {
    // the demo has ended: asked again
  } finally {
    asking = false;
  }
}

setInterval(ask, ASK_EVERY_MS);
document.addEventListener("visibilitychange", ask);
