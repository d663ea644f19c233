/**
 * The npm packages in use. They are installed into a build folder and not beside this file, so they are found
 * through NODE_PATH, which only `require` honours.
 */
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);

export const grpc = require("@grpc/grpc-js");
export const packageState = require("@firestore-emulator/server");
export const protobuf = require("protobufjs");
require("protobufjs/ext/descriptor"); // gives Root its fromDescriptor
