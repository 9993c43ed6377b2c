"""Write Grafana's files anew: `python -m footfall_dashboards.grafana [FOLDER]`."""

import sys
from pathlib import Path

from footfall_dashboards.grafana.files import grafana_files

FOLDER = Path(__file__).resolve().parents[2] / "grafana"

if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    for path, text in grafana_files().items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
