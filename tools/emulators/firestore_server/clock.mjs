/**
 * Time and versions. A version is a number of microseconds since 1970 (exact in a double until 2255); no two commits
 * share one, and it is what update_time, read_time and resume tokens are made of.
 */
export class Clock {
  #last = 0;

  /** A new version, later than every one before. */
  tick() {
    this.#last = Math.max(this.#last + 1, Date.now() * 1000);
    return this.#last;
  }

  /** A version that covers everything committed so far and nothing that comes later. */
  now() {
    return this.tick();
  }
}

/** @returns {{seconds: number, nanos: number}} */
export const toTimestamp = (micros) => ({
  seconds: Math.floor(micros / 1e6),
  nanos: (micros - Math.floor(micros / 1e6) * 1e6) * 1000,
});

/** A time of any year with the digits below the microsecond cut, as Firestore does. */
export const cutTime = ({ seconds, nanos }) => ({ seconds, nanos: nanos - (nanos % 1000) });

/** Negative when the first one is earlier; exact in any year. */
export const compareTimes = (a, b) => Number(a.seconds) - Number(b.seconds) || a.nanos - b.nanos;

/** The version that a time of the server is. */
export const toMicros = (timestamp) => Number(timestamp.seconds) * 1e6 + Math.floor(timestamp.nanos / 1000);

/** Tokens name the server's life: one from before a reset (or from another server) is recognised as foreign. */
export class TokenMint {
  #life = Math.random().toString(36).slice(2);

  toToken(version) {
    return Buffer.from(`${this.#life}.${version}`);
  }

  /** The version inside, or null if the token is not of this life. */
  toVersion(token) {
    const [life, version] = Buffer.from(token).toString().split(".");
    return life === this.#life && /^\d+$/.test(version ?? "") ? Number(version) : null;
  }

  startNewLife() {
    this.#life = Math.random().toString(36).slice(2);
  }
}
