/** Faults on demand: calls that fail or take long, before or after they had their effect, and a server that freezes. */
import { Code, StatusError } from "./errors.mjs";

const sleep = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

export class Faults {
  /** How often each method was called since the last reset. */
  calls = {};
  #rules = [];
  #frozen = null;

  /**
   * @param {object} rule
   * @param {string} rule.method RPC name, or "*"
   * @param {string|null} rule.code name of the status to answer with; null only delays
   * @param {number} rule.times how many calls are hit
   * @param {number} rule.skip how many matching calls pass first
   * @param {number} rule.delay_s seconds before the call is looked at
   * @param {boolean} rule.apply carry the call out, then answer with the code all the same
   */
  add({ method, code = null, times = 1, skip = 0, delay_s = 0, apply = false, message = "injected by the test" }) {
    if (code !== null && !(code in Code)) throw new Error(`"${code}" is no gRPC status name`);
    this.#rules.push({ method, code, times, skip, delay_s, apply, message });
  }

  clear() {
    this.#rules = [];
    this.calls = {};
    this.thaw();
  }

  /** From now on calls are accepted and never answered, and streams go silent. */
  freeze() {
    if (this.#frozen) return;
    let open;
    const promise = new Promise((resolve) => {
      open = resolve;
    });
    this.#frozen = { promise, open };
  }

  thaw() {
    this.#frozen?.open();
    this.#frozen = null;
  }

  /** Resolves at once, or when the server thaws. */
  async thawed() {
    while (this.#frozen) await this.#frozen.promise;
  }

  #take(method) {
    for (const rule of this.#rules) {
      if (rule.method !== "*" && rule.method !== method) continue;
      if (rule.skip > 0) {
        rule.skip--;
        continue;
      }
      if (--rule.times <= 0) this.#rules.splice(this.#rules.indexOf(rule), 1);
      return rule;
    }
    return null;
  }

  /**
   * Carries out a call under whatever is injected for it.
   * @throws {StatusError}
   */
  async around(method, call, act) {
    this.calls[method] = (this.calls[method] ?? 0) + 1;
    const rule = this.#take(method);
    await this.thawed();
    if (rule?.delay_s) await sleep(rule.delay_s);
    if (call.cancelled) throw new StatusError(Code.CANCELLED, "the client gave up");
    const failure = rule?.code ? new StatusError(Code[rule.code], rule.message) : null;
    if (failure && !rule.apply) throw failure;
    const reply = await act();
    if (failure) throw failure;
    return reply;
  }
}
