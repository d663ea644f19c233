/** Failures as the protocol knows them: a canonical code and a sentence. */
import { grpc } from "./modules.mjs";

export const { status: Code } = grpc;

export class StatusError extends Error {
  /** @param {number} code canonical gRPC code @param {string} message */
  constructor(code, message) {
    super(message);
    this.code = code;
    this.details = message;
  }

  /** The same failure as google.rpc.Status. */
  toProto() {
    return { code: this.code, message: this.message };
  }

  /** Anything thrown, as a StatusError; an unexpected one is logged and becomes INTERNAL. */
  static from(error) {
    if (error instanceof StatusError) return error;
    console.error(error);
    return new StatusError(Code.INTERNAL, `the emulator failed: ${error?.message ?? error}`);
  }
}

export const invalid = (message) => new StatusError(Code.INVALID_ARGUMENT, message);
export const notFound = (message) => new StatusError(Code.NOT_FOUND, message);
export const unimplemented = (what) => new StatusError(Code.UNIMPLEMENTED, `the emulator has no ${what}`);
