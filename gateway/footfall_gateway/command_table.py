"""The commands, a row each: what `footfall --help` lists, and where each is."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Command:
    """One row of `footfall --help`."""

    name: str
    target: str
    summary: str
    examples: tuple[str, ...]


COMMANDS: Final = (
    Command(
        "demo",
        "footfall_gateway.commands.demo:demo",
        "Watch a recorded run live, played by virtual sensors over virtual Bluetooth.",
        (
            "footfall demo",
            "footfall demo recordings/forefoot-runner.mcap --speed 10",
            "footfall demo --duration 60 --no-browser",
            "footfall demo --cue impact --target impact=16",
            "footfall demo --programme",
        ),
    ),
    Command(
        "scan",
        "footfall_gateway.commands.scan:scan",
        "Show the sensors near, and how fit each is to measure impacts.",
        ("footfall scan", "footfall scan --seconds 20 --json"),
    ),
    Command(
        "pair",
        "footfall_gateway.commands.pair:pair",
        "Remember which sensors are yours and where you wear them.",
        (
            "footfall pair C0:12:34:56:78:9A foot left",
            "footfall pair C0:12:34:56:78:9B shank right --name right-shin",
            "footfall pair",
        ),
    ),
    Command(
        "doctor",
        "footfall_gateway.commands.doctor:doctor",
        "Check whether this computer is ready for a run.",
        ("footfall doctor", "footfall doctor --salvage"),
    ),
    Command(
        "live",
        "footfall_gateway.commands.live:live",
        "Watch a run live, from your own sensors.",
        ("footfall live", "footfall live --runner anna --mass-kg 61 --height-m 1.70", "footfall live --cue impact"),
    ),
    Command(
        "record",
        "footfall_gateway.commands.record:record",
        "Record runs from your own sensors, with nothing to look at.",
        ("footfall record", "footfall record --wait"),
    ),
    Command(
        "arm",
        "footfall_gateway.commands.arm:arm",
        "Have your sensors record a run by themselves.",
        ("footfall arm", "footfall arm --minutes 60", "footfall arm foot-left foot-right"),
    ),
    Command(
        "fetch",
        "footfall_gateway.commands.fetch:fetch",
        "Fetch what your sensors recorded by themselves.",
        ("footfall fetch", "footfall fetch --erase", "footfall fetch --incomplete"),
    ),
    Command(
        "serve",
        "footfall_gateway.commands.serve:serve",
        "Serve your pages: today, runs, trends, plan, log and sensors.",
        ("footfall serve", "footfall serve --runner anna --port 8500 --no-browser", "footfall serve --watch ~/runs"),
    ),
    Command(
        "gateway",
        "footfall_gateway.commands.gateway:gateway",
        "Take runs and send them over MQTT to the computer that computes.",
        (
            "footfall gateway --broker mqtt://box.local",
            "footfall gateway --replay run.mcap --speed 10",
        ),
    ),
    Command(
        "process",
        "footfall_gateway.commands.process:process",
        "Compute what gateways send over MQTT, and keep it.",
        ("footfall process --broker mqtt://box.local",),
    ),
    Command(
        "analyze",
        "footfall_gateway.commands.analyze:analyze",
        "Turn a recording, or the CSV files of one session, into strides and a summary.",
        (
            "footfall analyze run.mcap",
            "footfall analyze left.csv right.csv",
            "footfall analyze run.mcap --json > strides.jsonl",
            "footfall analyze run.mcap --mass-kg 70 --height-m 1.75 --windows 1min",
            "footfall analyze track.mcap --distance-m 5000",
        ),
    ),
    Command(
        "replay",
        "footfall_gateway.commands.replay:replay",
        "Play a recording through virtual sensors, Bluetooth and gateway, as in a live run.",
        ("footfall replay run.mcap --speed 1", "footfall replay run.mcap --speed max --json"),
    ),
    Command(
        "import",
        "footfall_gateway.commands.import_csv:import_csv",
        "Make a recording from the CSV files of one session.",
        ("footfall import left.csv right.csv --out run.mcap",),
    ),
    Command(
        "export",
        "footfall_gateway.commands.export:export",
        "Write a recording as CSV, Parquet or Motion-BIDS.",
        ("footfall export run.mcap --format csv --out run/",),
    ),
    Command(
        "report",
        "footfall_gateway.commands.report:report",
        "Write two pages to bring along to a physiotherapist.",
        ("footfall report", "footfall report --runner anna --days 180 --out anna.pdf"),
    ),
    Command(
        "add",
        "footfall_gateway.commands.add:add",
        "Add recordings, CSV files and watches' runs to your log of runs.",
        (
            "footfall add runs/*.mcap",
            "footfall add left.csv right.csv",
            "footfall add watch/*.fit",
            "footfall add run.fit.gz --session last",
            "footfall add --watch ~/runs",
        ),
    ),
    Command(
        "reprocess",
        "footfall_gateway.commands.reprocess:reprocess",
        "Work recordings out anew, thousands of them, by this version.",
        (
            "footfall reprocess",
            "footfall reprocess archive/ --out results/",
            "footfall reprocess archive/ --out results/ --scheduler tls://box.local:8786",
        ),
    ),
    Command(
        "sessions list",
        "footfall_gateway.commands.sessions:list_sessions",
        "List the sessions in the store, newest first.",
        ("footfall sessions list", "footfall sessions list --json"),
    ),
    Command(
        "sessions show",
        "footfall_gateway.commands.sessions:show_session",
        "Show one session's summary.",
        ("footfall sessions show last", "footfall sessions show last --windows 1km"),
    ),
    Command(
        "sessions rename",
        "footfall_gateway.commands.edit_sessions:rename",
        "Give a session a title.",
        ("footfall sessions rename last 'Round the lake'",),
    ),
    Command(
        "sessions redate",
        "footfall_gateway.commands.edit_sessions:redate",
        "Say when a session began.",
        ("footfall sessions redate last 2026-05-03T08:15",),
    ),
    Command(
        "sessions shoe",
        "footfall_gateway.commands.edit_sessions:shoe",
        "Say which shoes a session was in.",
        ("footfall sessions shoe last 'Blue daily'",),
    ),
    Command(
        "sessions runner",
        "footfall_gateway.commands.edit_sessions:runner",
        "Say who ran sessions.",
        ("footfall sessions runner last Anna", "footfall sessions runner 20260503T081500Z-1a2b last Anna"),
    ),
    Command(
        "sessions distance",
        "footfall_gateway.commands.edit_sessions:distance",
        "Say how far was run, as where only the shins have sensors.",
        ("footfall sessions distance last 8.2", "footfall sessions distance last 8.2 --source watch"),
    ),
    Command(
        "sessions detach",
        "footfall_gateway.commands.edit_sessions:detach",
        "Take a watch's run out of a session again.",
        ("footfall sessions detach last",),
    ),
    Command(
        "sessions delete",
        "footfall_gateway.commands.edit_sessions:delete",
        "Put sessions into the bin: they count nowhere.",
        ("footfall sessions delete 20260503T081500Z-1a2b",),
    ),
    Command(
        "sessions restore",
        "footfall_gateway.commands.edit_sessions:restore",
        "Take sessions out of the bin.",
        ("footfall sessions restore 20260503T081500Z-1a2b",),
    ),
    Command(
        "sessions empty-bin",
        "footfall_gateway.commands.edit_sessions:empty_bin",
        "Remove for good what lies in the bin.",
        ("footfall sessions empty-bin", "footfall sessions empty-bin --yes"),
    ),
    Command(
        "sessions waiting",
        "footfall_gateway.commands.waiting:list_waiting",
        "List what gateways sent and is not computed, and why.",
        ("footfall sessions waiting",),
    ),
    Command(
        "sessions expiring",
        "footfall_gateway.commands.expiring:list_expiring",
        "List what has been kept for long enough, or remove it.",
        ("footfall sessions expiring --keep-recordings '6 months'",),
    ),
    Command(
        "person list",
        "footfall_gateway.commands.person:list_people",
        "List of whom something is kept, and what.",
        ("footfall person list",),
    ),
    Command(
        "person export",
        "footfall_gateway.commands.person:export",
        "Write all that is kept of a person into one archive.",
        ("footfall person export Ann", "footfall person export Ann --out ann.zip"),
    ),
    Command(
        "person forget",
        "footfall_gateway.commands.person:forget",
        "Remove all that is kept of a person, for good.",
        ("footfall person forget Ann",),
    ),
    Command(
        "backup",
        "footfall_gateway.commands.backup:backup",
        "Write all data into one file, while runs go on.",
        ("footfall backup footfall-2026-12-01.zip",),
    ),
    Command(
        "restore",
        "footfall_gateway.commands.backup:restore",
        "Bring a backup back.",
        ("footfall restore footfall-2026-12-01.zip --data-dir new-folder",),
    ),
    Command(
        "push",
        "footfall_gateway.commands.push:push",
        "Write sessions of the store to InfluxDB.",
        ("footfall push", "footfall push last"),
    ),
    Command(
        "note pain",
        "footfall_gateway.commands.note:note_pain",
        "Note what hurt in a session.",
        ("footfall note pain last --knee left --level 3",),
    ),
    Command(
        "note shoe",
        "footfall_gateway.commands.note:note_shoe",
        "Note which shoe you wear from now on.",
        ("footfall note shoe 'Blue daily'",),
    ),
    Command(
        "plan show",
        "footfall_gateway.commands.plan:show",
        "Show what to do today and this week, and why.",
        ("footfall plan show", "footfall plan show --json"),
    ),
    Command(
        "plan begin",
        "footfall_gateway.commands.plan:begin",
        "Begin a programme, or exercises.",
        ("footfall plan begin impact", "footfall plan begin cadence --percent 105", "footfall plan begin combined"),
    ),
    Command(
        "plan stop",
        "footfall_gateway.commands.plan:stop",
        "End a programme, or exercises.",
        ("footfall plan stop", "footfall plan stop exercises"),
    ),
    Command(
        "plan done",
        "footfall_gateway.commands.plan:done",
        "Tell how today's exercises went.",
        ("footfall plan done --pain 1 --in-reserve 3",),
    ),
    Command(
        "plan calendar",
        "footfall_gateway.commands.plan:calendar",
        "Write what is planned as a calendar.",
        ("footfall plan calendar plan.ics",),
    ),
    Command(
        "study check",
        "footfall_gateway.commands.study:check",
        "Say what a study plans, and what it can see.",
        ("footfall study check study.yaml",),
    ),
    Command(
        "study join",
        "footfall_gateway.commands.study:join",
        "Take a runner into a study who has agreed to it.",
        ("footfall study join study.yaml Ann", "footfall study join study.yaml Ann --consent 1 --confirmed"),
    ),
    Command(
        "study today",
        "footfall_gateway.commands.study:today",
        "Tell a runner the condition of today's run.",
        ("footfall study today study.yaml Ann",),
    ),
    Command(
        "study analyze",
        "footfall_gateway.commands.study:analyze",
        "Analyse all runners of a study at its end.",
        (
            "footfall study analyze study.yaml",
            "footfall study analyze study.yaml --json",
            "footfall study analyze study.yaml --unblind 'no more runners will join'",
        ),
    ),
    Command(
        "study withdraw",
        "footfall_gateway.commands.study:withdraw",
        "Let a runner leave a study; nothing of the runner's is used any more.",
        ("footfall study withdraw study.yaml Ann",),
    ),
    Command(
        "health",
        "footfall_gateway.commands.health:health",
        "Ask the services that use a data folder how they are.",
        ("footfall health", "footfall health --json"),
    ),
    Command(
        "config show",
        "footfall_gateway.commands.config:show",
        "Show every setting, its value and where it comes from.",
        ("footfall config show", "footfall config show --json"),
    ),
    Command(
        "config check",
        "footfall_gateway.commands.config:check",
        "Check footfall.toml and the environment.",
        ("footfall config check",),
    ),
    Command(
        "login add",
        "footfall_gateway.commands.login:add",
        "Make an account.",
        ("footfall login add Ann --role runner", "footfall login add Cleo --role coach"),
    ),
    Command(
        "login password",
        "footfall_gateway.commands.login:password",
        "Change an account's password.",
        ("footfall login password Ann",),
    ),
    Command(
        "login list",
        "footfall_gateway.commands.login:list_accounts",
        "List the accounts, and who may see whose runs.",
        ("footfall login list",),
    ),
    Command(
        "login remove",
        "footfall_gateway.commands.login:remove",
        "Remove an account.",
        ("footfall login remove Ann",),
    ),
    Command(
        "login agree",
        "footfall_gateway.commands.login:agree",
        "Let a coach see a runner's runs.",
        ("footfall login agree Ann Cleo",),
    ),
    Command(
        "login disagree",
        "footfall_gateway.commands.login:disagree",
        "Let a coach no longer see a runner's runs.",
        ("footfall login disagree Ann Cleo",),
    ),
)
