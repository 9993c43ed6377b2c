// Cues as sound, by Web Audio: two sounds, noise and tone, synthesised. All is scheduled on the audio clock.

const SOON_S = 0.01; // a sound is scheduled so far ahead that none of its beginning is lost
const AHEAD_S = 0.15; // beats are scheduled so far ahead, however late the timer comes
const TIMER_MS = 50;
const RAMP_S = 0.01;
const TONE_S = 0.12;
const BEAT_S = 0.05;
const NOISE_LEVEL = 0.35;
const TONE_LEVEL = 0.5;
const STANCE_S = 0.12; // more than this after the cue, and the foot has left the ground

/** Plays cues once `start` was called by a touch: browsers let no page make a sound before. */
export class Sound {
  /** `told` is called when what `words` says may have changed. */
  constructor(told) {
    this.told = told;
    this.context = null;
    this.beats = null;
    this.heard = [];
  }

  get isOn() { return this.context?.state === "running"; }

  /** Begins, or begins anew after a call or a lock took the sound away: such a context never comes back by itself. */
  async start() {
    if (this.isOn) return;
    this.context?.close().catch(() => null);
    if (navigator.audioSession) navigator.audioSession.type = "playback"; // heard with the ringer off, too
    const context = new AudioContext({ latencyHint: "interactive" });
    this.context = context;
    this.makeNoise();
    context.addEventListener("statechange", () => {
      if (this.context !== context) return;
      if (context.state !== "running") this.hush();
      this.told();
    });
    await context.resume().catch(() => null);
    this.told();
  }

  /** Begins anew where the sound was taken away and the page is seen again. */
  async recover() {
    if (this.context && !this.isOn) await this.start();
  }

  async stop() {
    const { context } = this;
    this.hush();
    this.context = null;
    await context?.close().catch(() => null);
    this.told();
  }

  makeNoise() {
    const { context } = this;
    const buffer = context.createBuffer(1, 2 * context.sampleRate, context.sampleRate);
    const samples = buffer.getChannelData(0);
    for (let k = 0; k < samples.length; k += 1) samples[k] = 2 * Math.random() - 1;
    const noise = new AudioBufferSourceNode(context, { buffer, loop: true });
    this.noiseGain = new GainNode(context, { gain: 0 });
    noise.connect(this.noiseGain).connect(context.destination);
    noise.start();
  }

  /** Ends all that is heard, and what is scheduled. */
  hush() {
    clearInterval(this.timer);
    this.beats = null;
    if (!this.context) return;
    const now = this.context.currentTime;
    this.noiseGain.gain.cancelScheduledValues(now);
    this.noiseGain.gain.setTargetAtTime(0, now, RAMP_S);
  }

  play(cue) {
    if (!this.isOn) return;
    const at = this.context.currentTime + SOON_S;
    if (cue.sound === "noise") this.playNoise(cue, at);
    else if (cue.sound === "beat") this.playBeats(cue, at);
    else if (cue.loudness > 0) this.playTone(cue.pitch_hz, cue.loudness, at, TONE_S);
    if (cue.sound === "tone" && cue.loudness > 0) navigator.vibrate?.(80);
  }

  playNoise(cue, at) {
    const { gain } = this.noiseGain;
    gain.cancelScheduledValues(at);
    gain.setTargetAtTime(NOISE_LEVEL * cue.loudness, at, RAMP_S);
    if (cue.loudness > 0) gain.setTargetAtTime(0, at + cue.lasts_s, RAMP_S);
    this.note(at);
  }

  playTone(pitch, loudness, at, length) {
    const { context } = this;
    const tone = new OscillatorNode(context, { frequency: pitch });
    const gain = new GainNode(context, { gain: 0 });
    gain.gain.setValueAtTime(0, at);
    gain.gain.linearRampToValueAtTime(TONE_LEVEL * loudness, at + RAMP_S);
    gain.gain.setValueAtTime(TONE_LEVEL * loudness, at + length - RAMP_S);
    gain.gain.linearRampToValueAtTime(0, at + length);
    tone.connect(gain).connect(context.destination);
    tone.start(at);
    tone.stop(at + length);
    this.note(at);
  }

  playBeats(cue, at) {
    clearInterval(this.timer);
    this.beats = null;
    if (!(cue.loudness > 0)) return;
    this.beats = { cue, next: at, end: at + cue.lasts_s };
    this.timer = setInterval(() => this.scheduleBeats(), TIMER_MS);
    this.scheduleBeats();
  }

  scheduleBeats() {
    const { beats, context } = this;
    while (beats && beats.next < Math.min(beats.end, context.currentTime + AHEAD_S)) {
      this.playTone(beats.cue.pitch_hz, beats.cue.loudness, beats.next, BEAT_S);
      beats.next += 60 / beats.cue.beats_per_min;
    }
    if (beats && beats.next >= beats.end) { clearInterval(this.timer); this.beats = null; }
  }

  /** Remembers when a sound begins, on the audio clock, and how far that is ahead of it. */
  note(at) {
    this.heard = [...this.heard.slice(-19), { at, ahead: at - this.context.currentTime }];
    this.told();
  }

  /** How late this device is, and whether a cue comes while the foot is still on the ground. */
  get words() {
    if (!this.context) return "Sound is off on this device: browsers let it begin only with your touch.";
    if (!this.isOn) return "The sound was taken away, as by a call or the lock. Touch Sound to hear cues again.";
    const { baseLatency = 0, outputLatency = 0 } = this.context;
    const late = baseLatency + outputLatency;
    const when = late <= STANCE_S ? "within the stance" : "within the stride, as with Bluetooth headphones";
    const known = outputLatency ? "" : " The way to the loudspeaker, which this browser does not tell, comes on top: with a wire little, with Bluetooth headphones 150 to 250 ms, and then it is within the stride.";
    return `Sound is on. It comes ${Math.round(1000 * late)} ms after this page has it: ${when}.${known}`;
  }
}
