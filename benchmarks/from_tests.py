"""What benchmarks take from the tests: real servers, programs that can be killed, and runs to write.

The one place that knows where the tests are, so that `python benchmarks/kill.py` needs no other setting.
"""

import sys
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from dashboards import a_club, a_diary, asked_pages, grafana_files, grafana_macros
from gateway.devices.subjects import COMPANION_SUBJECTS, SUBJECTS
from gateway.fake_bluez import fake_bluez
from gateway.influx.test_points import FULL
from gateway.recordings_for_tests import LEFT, header
from killing import Footfall, compare, run_under_fire, send_what_waits, variables_of, wait_until_complete
from programs import Program
from servers import Server, mosquitto
from servers_influx import Influx, influxdb

RECORDINGS: Final = Path(__file__).resolve().parents[1] / "recordings"

__all__ = [
    "COMPANION_SUBJECTS",
    "FULL",
    "LEFT",
    "RECORDINGS",
    "SUBJECTS",
    "Footfall",
    "Influx",
    "Program",
    "Server",
    "a_club",
    "a_diary",
    "asked_pages",
    "compare",
    "fake_bluez",
    "grafana_files",
    "grafana_macros",
    "header",
    "influxdb",
    "mosquitto",
    "run_under_fire",
    "send_what_waits",
    "variables_of",
    "wait_until_complete",
]
