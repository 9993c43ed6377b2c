// Plays the times of an exercise's holds, which stand in the page: get ready, hold, bell, rest. Without it the list does.

const AHEAD_S = 0.25; // tones are given to the audio clock this long before they sound
const TICK_MS = 50;
const LATE_S = 1; // what is later than this, after a sleep of the page, is not played any more
const COUNTED_S = 3; // the last seconds before a hold are ticked

const TICK = { hz: 440, partials: [1], length_s: 0.12, gain: 0.25 };
const BELL = { hz: 880, partials: [1, 2.01], length_s: 1.4, gain: 0.4 };

/** The two sounds, made of sine waves; nothing is loaded. */
class Sounds {
  context = null;

  get isOn() {
    return this.context?.state === "running";
  }

  /** Has to be called from a touch: browsers let no page sound by itself. */
  async wake() {
    const Context = window.AudioContext ?? window.webkitAudioContext;
    if (!Context) return;
    if (this.context && !["running", "suspended"].includes(this.context.state)) {
      this.context.close().catch(() => {}); // a phone call took it; only a new one sounds again
      this.context = null;
    }
    try {
      this.context ??= new Context();
      await this.context.resume();
    } catch {
      this.context = null;
    }
  }

  play(sound, inSeconds) {
    if (!this.isOn) return;
    const at = this.context.currentTime + Math.max(0, inSeconds);
    for (const partial of sound.partials) {
      const wave = new OscillatorNode(this.context, { frequency: sound.hz * partial });
      const loud = new GainNode(this.context, { gain: 0 });
      loud.gain.setValueAtTime(0, at);
      loud.gain.linearRampToValueAtTime(sound.gain / sound.partials.length, at + 0.005);
      loud.gain.exponentialRampToValueAtTime(0.0001, at + sound.length_s);
      wave.connect(loud).connect(this.context.destination);
      wave.start(at);
      wave.stop(at + sound.length_s);
    }
  }

  silence() {
    this.context?.suspend().catch(() => {});
  }
}

/** Keeps the screen on while it counts, where a browser can. */
class Screen {
  lock = null;

  async keepOn() {
    try {
      this.lock = await navigator.wakeLock.request("screen");
    } catch {
      this.lock = null;
    }
  }

  letGo() {
    this.lock?.release().catch(() => {});
    this.lock = null;
  }
}

class Timer {
  constructor(holder) {
    const find = (name) => holder.querySelector(name);
    this.rows = [...holder.querySelectorAll("li[data-at]")].map((row) => ({
      row,
      at: Number(row.dataset.at),
      kind: row.dataset.kind,
      words: row.querySelector(".what").textContent,
    }));
    this.end = this.rows.at(-1).at;
    this.tones = this.tonesOf(holder.dataset.halfWays.split(" ").filter(Boolean).map(Number));
    [this.number, this.words, this.button, this.told] = [find(".number"), find(".words"), find(".start"), find(".sound")];
    this.sounds = new Sounds();
    this.screen = new Screen();
    this.button.addEventListener("click", () => (this.begun === null ? this.go() : this.pause()));
    find(".again").addEventListener("click", () => this.reset());
    document.addEventListener("visibilitychange", () => this.seenAgain());
    this.reset();
    find(".timer").hidden = false;
  }

  tonesOf(halfWays) {
    const tones = halfWays.map((at) => ({ at, sound: TICK }));
    for (const { at, kind } of this.rows) {
      if (kind === "bell" || kind === "end") tones.push({ at, sound: BELL });
      if (kind !== "hold") continue;
      for (let before = 1; before <= COUNTED_S; before += 1) tones.push({ at: at - before, sound: TICK });
      tones.push({ at, sound: BELL });
    }
    const unique = new Map(tones.map((tone) => [tone.at, tone]));
    return [...unique.values()].sort((one, other) => one.at - other.at);
  }

  get elapsed() {
    return this.done + (this.begun === null ? 0 : (performance.now() - this.begun) / 1000);
  }

  reset() {
    this.stop();
    this.done = 0;
    this.next = 0;
    this.show();
  }

  async go() {
    if (this.done >= this.end) this.reset();
    this.begun = performance.now();
    this.button.textContent = "Pause";
    this.clock = setInterval(() => this.tick(), TICK_MS);
    this.screen.keepOn().then(() => this.tellSound());
    await this.sounds.wake();
    this.tellSound();
  }

  pause() {
    this.done = this.elapsed;
    this.stop();
    this.button.textContent = "Go on";
  }

  stop() {
    clearInterval(this.clock);
    this.begun = null;
    this.button.textContent = "Start";
    this.sounds.silence();
    this.screen.letGo();
  }

  tick() {
    const elapsed = this.elapsed;
    for (; this.next < this.tones.length && this.tones[this.next].at <= elapsed + AHEAD_S; this.next += 1) {
      const { at, sound } = this.tones[this.next];
      if (at > elapsed - LATE_S) this.sounds.play(sound, at - elapsed);
    }
    if (elapsed >= this.end) {
      this.done = this.end;
      setTimeout(() => this.begun === null && this.sounds.silence(), 1000 * BELL.length_s);
      clearInterval(this.clock);
      this.begun = null;
      this.button.textContent = "Start";
      this.screen.letGo();
    }
    this.show();
  }

  show() {
    const elapsed = Math.min(this.elapsed, this.end);
    const here = this.rows.findLastIndex(({ at }) => at <= elapsed);
    const left = Math.ceil((this.rows[here + 1]?.at ?? this.end) - elapsed);
    const shown = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
    if (this.number.textContent !== shown) this.number.textContent = shown;
    if (this.words.textContent !== this.rows[here].words) this.words.textContent = this.rows[here].words;
    this.rows.forEach(({ row }, number) => row.toggleAttribute("aria-current", number === here));
  }

  seenAgain() {
    if (document.hidden || this.begun === null) return;
    this.screen.keepOn().then(() => this.tellSound());
    if (!this.sounds.isOn) this.sounds.wake().then(() => this.tellSound());
  }

  tellSound() {
    if (this.begun === null) return;
    const sound = this.sounds.isOn ? "" : "No sound can be played here: go by the numbers. ";
    const screen = this.screen.lock ? "" : "This browser does not keep the screen on: touch it now and then.";
    const words = sound + screen;
    if (this.told.textContent !== words) this.told.textContent = words;
  }
}

for (const holder of document.querySelectorAll(".holds")) new Timer(holder);
