"""Cues of a run that goes on: the sink, the two sounds, this computer's loudspeaker, and the commands."""

import asyncio
import os
import sys
import termios
import threading
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
import pytest

from footfall_coaching.cues.asked import Asked, ImpactAsked
from footfall_coaching.cues.board import Board
from footfall_coaching.cues.cue import LOUDEST, Cue, CueKind, Sound, silence
from footfall_coaching.try_out.events import Begun, PartBegun
from footfall_coaching.try_out.plan import Cue as TriedCue
from footfall_coaching.try_out.plan import recall_check
from footfall_gateway.commands.key_pressed import key_pressed, takes_keys
from footfall_gateway.devices import PROFILES
from footfall_gateway.packets import RecordingHeader
from footfall_gateway.recordings.recording import Recording
from footfall_gateway.sessions.analysis import analyze_session
from footfall_gateway.sessions.sinks.base import Sinks
from footfall_gateway.sessions.sinks.cues import CueSink
from footfall_gateway.sound.loudspeaker import Loudspeaker, SoundError
from footfall_gateway.sound.mixer import BEAT_S, RATE_HZ, TONE_LEVEL, TONE_S, Mixer
from gateway.command_line import FEET, footfall
from gateway.recordings_for_tests import header

PERIOD: Final = 441


def tone(pitch_hz: float = 440.0, step: int = LOUDEST) -> Cue:
    return Cue(CueKind.IMPACT, Sound.TONE, 1.0, None, step, pitch_hz, 0.0, 0.0, "above")


def noise(step: int, lasts_s: float = 4.0) -> Cue:
    return Cue(CueKind.IMPACT, Sound.NOISE, 1.0, None, step, 0.0, 0.0, lasts_s, "above")


def rendered(mixer: Mixer, seconds: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """What is heard in the next seconds, period by period."""
    periods = [mixer.render(PERIOD) for _ in range(round(seconds * RATE_HZ / PERIOD))]
    return np.concatenate(periods).astype(np.float64) / 32_767.0


def test_a_tone_has_its_pitch_and_its_length_and_begins_with_the_next_period() -> None:
    mixer = Mixer()
    assert not rendered(mixer, 0.1).any()
    mixer.play(tone(660.0))
    samples = rendered(mixer, 0.5)
    heard = np.flatnonzero(samples)
    assert heard[0] < 10
    assert (heard[-1] + 1) / RATE_HZ == pytest.approx(TONE_S, abs=0.005)
    spectrum = np.abs(np.fft.rfft(samples))
    assert np.argmax(spectrum) / 0.5 == pytest.approx(660.0, abs=4.0)


def test_noise_has_six_steps_without_clicks_and_lapses() -> None:
    mixer = Mixer()
    loudness = []
    for step in range(1, LOUDEST + 1):
        mixer.play(noise(step))
        samples = rendered(mixer, 0.5)
        loudness.append(float(np.std(samples[RATE_HZ // 5 :])))
    assert np.diff(loudness) == pytest.approx(loudness[0], rel=0.1)
    mixer.play(noise(LOUDEST, lasts_s=0.5))
    rendered(mixer, 0.6)
    assert not rendered(mixer, 0.1).any()
    mixer.play(noise(LOUDEST))
    rendered(mixer, 0.3)
    mixer.play(silence(CueKind.IMPACT, Sound.NOISE, 2.0))
    rendered(mixer, 0.1)
    assert not rendered(mixer, 0.1).any()


def test_a_metronome_beats_at_its_pace_whatever_the_periods() -> None:
    mixer = Mixer()
    mixer.play(Cue(CueKind.CADENCE, Sound.BEAT, 1.0, None, LOUDEST, 880.0, 172.0, 3.0, "quicker"))
    samples = rendered(mixer, 4.0)
    quiet = np.convolve(np.abs(samples), np.ones(200), mode="same") < 1e-3
    begins = np.flatnonzero(quiet[:-1] & ~quiet[1:]) / RATE_HZ
    assert np.diff(begins) == pytest.approx(60.0 / 172.0, abs=0.002)
    assert np.flatnonzero(samples)[-1] / RATE_HZ < 3.0 + BEAT_S


def test_hush_ends_all() -> None:
    mixer = Mixer()
    mixer.play(noise(5))
    mixer.play(tone())
    rendered(mixer, 0.05)
    mixer.hush()
    rendered(mixer, 0.05)
    assert not rendered(mixer, 0.1).any()


async def test_the_librarys_null_device_takes_cues_at_the_pace_of_a_real_one() -> None:
    loudspeaker = Loudspeaker(is_null=True)
    await loudspeaker.open()
    try:
        loudspeaker.play(tone())
        await asyncio.to_thread(until_taken, loudspeaker.mixer)
    finally:
        await loudspeaker.close()
    loudspeaker.play(tone())
    assert len(loudspeaker.mixer.delays_s) == 1


async def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "miniaudio", None)
    with pytest.raises(SoundError, match=r"install footfall\[sound\]"):
        await Loudspeaker(is_null=True).open()


def until_taken(mixer: Mixer) -> None:
    while not mixer.delays_s:
        threading.Event().wait(0.001)


class Heard:
    """An outlet that remembers."""

    def __init__(self) -> None:
        self.cues: list[Cue] = []
        self.boards: list[Board] = []
        self.has_cues = False

    def cue(self, cue: Cue) -> None:
        self.cues.append(cue)

    def board(self, board: Board | None) -> None:
        self.has_cues = board is not None
        if board is not None:
            self.boards.append(board)


async def landing_softly(_: RecordingHeader) -> Asked:
    return Asked(impact=ImpactAsked(None, {None: 1.0}, {None: 1.25}), why_not=("Cadence is not cued.",))


async def test_a_sink_gives_cues_to_all_and_mutes_all() -> None:
    recording = Recording.open(Path(FEET))
    events = analyze_session(recording.header, recording).events
    said: list[str] = []
    heard, loudspeaker = Heard(), Loudspeaker(is_null=True)
    sink = CueSink(landing_softly, [heard], loudspeaker, said.append)
    sinks = Sinks([sink])
    await sinks.open(recording.header)
    try:
        await sinks.write(events)
        assert said == ["Cadence is not cued."]
        assert sink.given == sum(not cue.is_silence for cue in heard.cues) > 0
        await asyncio.to_thread(until_taken, loudspeaker.mixer)
        before = len(heard.cues)
        sink.mute(on=True)
        await sinks.write(events)
        assert all(cue.is_silence for cue in heard.cues[before:])
        assert heard.boards[-1].is_muted
        sink.mute(on=False)
        sink.set_cues(None)
        before = len(heard.cues)
        await sinks.write(events)
        assert not heard.has_cues
        assert len(heard.cues) == before
    finally:
        await sinks.close()
    sink.set_cues(Asked(heel_percent=1.0))
    sink.mute(on=True)
    assert not sink.is_muted, "what is over is left alone"


async def test_cues_that_begin_in_a_run_open_the_loudspeaker() -> None:
    async def nothing(_: RecordingHeader) -> Asked:
        return Asked()

    opened: list[bool] = []

    class Counted(Loudspeaker):
        async def open(self) -> None:
            await super().open()
            opened.append(self.is_open)

    loudspeaker = Counted(is_null=True)
    sink = CueSink(nothing, [], loudspeaker, lambda _: None)
    await sink.open(header(), None)
    assert opened == []
    sink.set_cues(Asked(heel_percent=1.0))
    sink.set_cues(None)
    sink.set_cues(Asked(heel_percent=2.0))
    await sink.close()
    assert opened == [True]
    assert not loudspeaker.is_open


async def test_the_end_of_a_block_is_heard_where_nothing_is_cued() -> None:
    async def nothing(_: RecordingHeader) -> Asked:
        return Asked()

    recording = Recording.open(Path(FEET))
    events = analyze_session(recording.header, recording).events
    heard, loudspeaker = Heard(), Loudspeaker(is_null=True)
    plan = replace(recall_check(TriedCue.IMPACT), part_s=5.0, settle_s=1.0)
    sink = CueSink(nothing, [heard], loudspeaker, lambda _: None)
    await sink.open(header(), None)
    try:
        sink.take(Begun(plan, "seal"))
        sink.take(PartBegun(0, is_cued=True))
        await sink.write(events)
        assert [cue.kind for cue in heard.cues] == [CueKind.BLOCK]
        assert heard.cues[0].at_s >= 5.0
    finally:
        await sink.close()
    mixer = Mixer()
    mixer.play(heard.cues[0])
    sounds = np.flatnonzero(np.abs(rendered(mixer, 1.0)) > 0.01) / RATE_HZ
    assert np.sum(np.diff(sounds) > 0.1) == 2, "three tones"


async def test_a_key_mutes_without_enter_and_the_terminal_is_as_it_was() -> None:
    ours, theirs = os.openpty()
    try:
        before = termios.tcgetattr(theirs)
        pressed = asyncio.Semaphore(0)
        assert takes_keys(theirs)
        with key_pressed("m", pressed.release, theirs) as listens:
            assert listens
            os.write(ours, b"xMm")
            for _ in range(2):
                await pressed.acquire()
            assert pressed.locked(), "x is no key"
        assert termios.tcgetattr(theirs) == before
        with pytest.raises(RuntimeError), key_pressed("m", pressed.release, theirs):
            raise RuntimeError
        assert termios.tcgetattr(theirs) == before
    finally:
        os.close(ours)
        os.close(theirs)


async def test_without_a_terminal_there_is_no_key(tmp_path: Path) -> None:
    with (tmp_path / "input").open("w") as file, key_pressed("m", pytest.fail, file.fileno()) as listens:
        assert not listens
        assert not takes_keys(file.fileno())


async def test_no_loudspeaker_is_said_once_and_the_run_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    async def refused(_: Loudspeaker) -> None:
        raise SoundError("this computer has no loudspeaker that can be used")

    monkeypatch.setattr(Loudspeaker, "open", refused)
    said: list[str] = []
    heard = Heard()
    sinks = Sinks([CueSink(landing_softly, [heard], Loudspeaker(), said.append)])
    await sinks.open(header())
    await sinks.close()
    assert [text for text in said if "No sound" in text] == [
        "No sound from this computer: this computer has no loudspeaker that can be used. The run goes on, and cues are "
        "shown."
    ]
    assert heard.boards, "what stands is shown all the same"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--cue", "heel"), "--target heel=50"),
        (("--cue", "impact", "--target", "impact=fast"), "give a number"),
        (("--target", "pace=3"), "give one of impact"),
        (("--cue", "cadence", "--target", "speed=90"), "a speed of 90 m/s"),
    ],
)
def test_what_makes_no_sense_is_told_before_the_run(options: tuple[str, ...], said: str, tmp_path: Path) -> None:
    refused = footfall("replay", FEET, "--data-dir", tmp_path, *options)
    assert refused.status != 0
    assert said in refused.err


def test_the_docs_say_of_each_driver_how_soon_its_cues_come() -> None:
    text = (Path(__file__).parents[2] / "docs" / "cues.md").read_text(encoding="utf-8")
    for profile in PROFILES.values():
        for quick in {False, profile.start_quick is not None} if profile.packet_s else ():
            packet_s = profile.quick_packet_s if quick else profile.packet_s
            name = f"{profile.product}{', quick mode' if quick else ''}"
            delay_ms = 1e3 * profile.cue_delay_s(quick=quick)
            assert f"| {name} | {1e3 * packet_s:.0f} ms | {delay_ms:.0f} ms |" in text


def test_what_was_given_late_and_all_at_once_is_no_blow() -> None:
    mixer = Mixer()
    for _ in range(40):
        mixer.play(Cue(CueKind.IMPACT, Sound.TONE, 0.0, None, LOUDEST, 660.0, 0.0, 0.0, ""))
    assert np.abs(mixer.render(RATE_HZ)).max() <= (TONE_LEVEL + TONE_LEVEL / 2.0) * 32_767.0
    mixer.play(Cue(CueKind.IMPACT, Sound.TONE, 0.0, None, LOUDEST, 660.0, 0.0, 0.0, ""))
    assert np.abs(mixer.render(RATE_HZ)).max() <= TONE_LEVEL * 32_767.0
