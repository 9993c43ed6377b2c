"""Take the pictures of the pages for the README: `python scripts/screenshots.py` (needs a Chromium).

Plays the demo, and takes the live page while the run is on; then those of the made-up runner, as a phone shows them.
"""

import re
import shutil
import subprocess
import sys
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, Literal

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

IMAGES: Final = Path(__file__).parents[1] / "docs" / "images"
PHONE: Final = (390, 760)
DESKTOP: Final = (1280, 800)
FROM_S: Final = 95
"""Session second at which the runner of the demo has been running for a minute."""
COLOURS: Final = 64
PATIENT_MS: Final = 200_000
"""How long a busy computer may take to play until then."""
SCHEMES: Final[tuple[Literal["light", "dark"], ...]] = ("light", "dark")


def main() -> None:
    """Run the demo, and write `docs/images/live-desktop.png` and `docs/images/phone-*.png`."""
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
        try:
            assert run.stdout is not None
            address = re.search(r"http://[\d.:]+/", next(line for line in run.stdout if "http://" in line))
            assert address is not None
            take_all(browser, address.group().rstrip("/"))
        finally:
            run.terminate()
            run.communicate()
        browser.close()


def take_all(browser: Browser, address: str) -> None:
    """Take all pictures of a demo that has just begun."""
    desktop = opened(browser, DESKTOP, f"{address}/live/")
    phones = {scheme: opened(browser, PHONE, f"{address}/live/", scheme) for scheme in SCHEMES}
    for page in (desktop, *phones.values()):
        page.wait_for_function(
            "from_s => { const t = document.body.innerText.match(/(\\d+):(\\d\\d)/);"
            " return t && 60 * t[1] + 1 * t[2] >= from_s }",
            arg=FROM_S,
        )
    save(desktop.screenshot(), "live-desktop")
    side_by_side({scheme: [page.screenshot()] for scheme, page in phones.items()}, "phone-live")
    taken: dict[str, list[bytes]] = {}
    for scheme in SCHEMES:
        page = opened(browser, PHONE, f"{address}/runs", scheme)
        newest = page.locator("ul.runs .what a").nth(1).get_attribute("href")
        for path in ("/today", newest, "/trends"):
            page.goto(f"{address}{path}")
            taken.setdefault(scheme, []).append(page.screenshot())
    side_by_side(taken, "phone-pages")


def opened(browser: Browser, size: tuple[int, int], address: str, scheme: Literal["light", "dark"] = "light") -> Page:
    """Open a page."""
    width, height = size
    page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
    page.set_default_timeout(PATIENT_MS)
    page.goto(address)
    return page


def side_by_side(taken: dict[str, list[bytes]], name: str) -> None:
    """Write the pictures of each scheme beside each other, with a thin line around each."""
    for scheme, pictures in taken.items():
        images = [Image.open(BytesIO(picture)).convert("RGB") for picture in pictures]
        width, height = images[0].size
        whole = Image.new(
            "RGB", (len(images) * (width + 18) - 16, height + 2), "#ffffff" if scheme == "light" else "#0d1117"
        )
        for number, image in enumerate(images):
            begin = number * (width + 18)
            whole.paste(Image.new("RGB", (width + 2, height + 2), "#8b94a0"), (begin, 0))
            whole.paste(image, (begin + 1, 1))
        save(whole, f"{name}-{scheme}")


def save(picture: bytes | Image.Image, name: str) -> None:
    """Write a picture, small: few colours are enough for text and lines."""
    image = Image.open(BytesIO(picture)).convert("RGB") if isinstance(picture, bytes) else picture
    few = image.quantize(COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    few.save(IMAGES / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main()
