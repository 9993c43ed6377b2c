"""Take the pictures of the live page for the README: `python scripts/screenshots.py` (needs a Chromium).

Plays the demo at ten times the speed and takes the page at phone and desktop size while the run is on.
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import sync_playwright

IMAGES = Path(__file__).parents[1] / "docs" / "images"
SIZES = {"live-phone": (390, 844), "live-desktop": (1280, 800)}
FROM_S = 95
"""Session second at which the runner of the demo has been running for a minute."""


def main() -> None:
    """Run the demo, and write `docs/images/live-*.png`."""
    chromium = next((path for name in ("chromium", "google-chrome") if (path := shutil.which(name))), None)
    if chromium is None:
        sys.exit("screenshots: no Chromium is installed")
    demo = Path(sys.executable).with_name("footfall")
    with TemporaryDirectory() as folder, sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        run = subprocess.Popen(
            [demo, "demo", "--no-browser", "--speed", "10", "--port", "8499", "--data-dir", folder],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert run.stdout is not None
        address = re.search(r"http://[\d.:]+/", next(line for line in run.stdout if "http://" in line))
        assert address is not None
        pages = {}
        for name, (width, height) in SIZES.items():
            pages[name] = browser.new_page(viewport={"width": width, "height": height})
            pages[name].goto(address.group())
        for name, page in pages.items():
            page.wait_for_function(
                "from_s => { const t = document.body.innerText.match(/(\\d+):(\\d\\d)/);"
                " return t && 60 * t[1] + 1 * t[2] >= from_s }",
                arg=FROM_S,
            )
            page.screenshot(path=IMAGES / f"{name}.png")
        browser.close()
        run.terminate()
        run.communicate()


if __name__ == "__main__":
    main()
