"""What a browser is given to hear after a stall: the newest of each sound, never all that waited at once."""

from hypothesis import given, settings
from hypothesis import strategies as st

from footfall_coaching.cues.board import Board
from footfall_coaching.cues.cue import LOUDEST, Cue, CueKind, Sound, silence
from footfall_dashboards.live.cues import CueBoard
from footfall_processing.session import Side

CUES = st.one_of(
    st.builds(
        lambda side: Cue(CueKind.IMPACT, Sound.TONE, 0.0, side, LOUDEST, 440.0, 0.0, 0.0, ""),
        st.sampled_from([Side.LEFT, Side.RIGHT]),
    ),
    st.builds(
        lambda step, side: Cue(CueKind.IMPACT, Sound.NOISE, 0.0, side, step, 0.0, 0.0, 4.0, ""),
        st.integers(1, LOUDEST),
        st.sampled_from([Side.LEFT, Side.RIGHT]),
    ),
    st.just(Cue(CueKind.CADENCE, Sound.BEAT, 0.0, None, LOUDEST, 880.0, 180.0, 15.0, "")),
    st.builds(silence, st.just(CueKind.IMPACT), st.just(Sound.NOISE), st.just(0.0)),
)


@settings(max_examples=50, deadline=None)
@given(cues=st.lists(CUES, min_size=1, max_size=40))
def test_what_waited_is_not_heard_all_at_once_and_the_newest_holds(cues: list[Cue]) -> None:
    board = CueBoard()
    board.show(Board())
    for cue in cues:
        board.push(cue)
    told = board.told(0, {}, miles=False)
    assert told is not None
    heard = told.heard
    assert len(heard) <= 4
    for sound in (Sound.NOISE, Sound.BEAT):
        newest = [cue for cue in cues[-16:] if cue.sound is sound]
        given_ = [one for one in heard if one.sound == sound.value]
        assert [one.loudness for one in given_] == [cue.step / LOUDEST for cue in newest[-1:]]
