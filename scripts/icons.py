"""Draw the icons that phones show for the pages: `python scripts/icons.py` (needs a Chromium)."""

import shutil
import sys
from pathlib import Path
from typing import Final

from playwright.sync_api import sync_playwright

STATIC: Final = Path(__file__).parents[1] / "dashboards" / "footfall_dashboards" / "access" / "static"
SIZES: Final = (192, 512)
SHARE: Final = 0.8
"""How much of the square the picture takes, as phones cut off its edges (maskable icons)."""


def main() -> None:
    """Write `icon-*.png` beside `favicon.svg`, which they are drawn from."""
    chromium = next((path for name in ("chromium", "google-chrome") if (path := shutil.which(name))), None)
    if chromium is None:
        sys.exit("icons: no Chromium is installed")
    picture = (STATIC / "favicon.svg").read_text(encoding="utf-8").replace(' rx="7"', "")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        for size in SIZES:
            page = browser.new_page(viewport={"width": size, "height": size})
            page.set_content(
                f"<style>body{{margin:0;display:grid;place-items:center;height:100vh;background:#0b4f9e}}"
                f"svg{{width:{100 * SHARE}vw}}</style>{picture}"
            )
            page.screenshot(path=STATIC / f"icon-{size}.png")
        browser.close()


if __name__ == "__main__":
    main()
