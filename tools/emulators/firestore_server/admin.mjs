/** The tests' side door: a small HTTP server that resets, inspects, and makes things go wrong. */
import http from "node:http";

import { Code, StatusError } from "./errors.mjs";
import { documentToJson } from "./protocol.mjs";

const statusOf = ({ code = "UNAVAILABLE", message = "injected by the test" }) => new StatusError(Code[code], message);

/** What can be done to the live Listen streams. */
const STREAM_ACTIONS = {
  end: (stream, request) => stream.end(request.code === "OK" ? undefined : statusOf(request)),
  drop: (stream, request) => stream.dropTargets(statusOf(request)),
  reset: (stream) => stream.resetTargets(),
  filter: (stream, request) => stream.sendFilters(request.off ?? 0),
  heartbeat: (stream) => stream.heartbeat(),
};

/** @returns {Record<string, (request: object) => object|void>} "METHOD /path" -> action */
function actions(service) {
  const { state, faults } = service;
  return {
    "GET /health": () => ({}),
    "POST /reset": () => {
      faults.clear();
      service.reset();
    },
    "POST /faults": (rule) => faults.add(rule),
    "DELETE /faults": () => faults.clear(),
    "POST /freeze": () => faults.freeze(),
    "POST /thaw": () => faults.thaw(),
    "POST /streams": (request) => {
      const act = STREAM_ACTIONS[request.action];
      if (!act) throw new Error(`"${request.action}" is none of ${Object.keys(STREAM_ACTIONS)}`);
      const streams = [...service.streams];
      for (const stream of streams) act(stream, request);
      return { streams: streams.length };
    },
    "POST /forget": () => {
      for (const database of state.databases()) database.forgetHistory(state.clock.now());
    },
    "POST /documents": ({ database: name }) => {
      const database = state.database(name);
      return { documents: [...database.documentsBelow(database)].map(documentToJson) };
    },
    "GET /stats": () => ({
      calls: faults.calls,
      streams: service.streams.size,
      targets: [...service.streams].reduce((sum, stream) => sum + stream.targetCount, 0),
      memory: process.memoryUsage().rss,
    }),
  };
}

async function bodyOf(request) {
  let text = "";
  for await (const chunk of request.setEncoding("utf8")) text += chunk;
  return text ? JSON.parse(text) : {};
}

/** Starts the side door on a free port of the loopback. @returns {Promise<http.Server>} */
export function startAdmin(service) {
  const table = actions(service);
  const server = http.createServer(async (request, response) => {
    const reply = (status, value) => {
      response.writeHead(status, { "content-type": "application/json" });
      response.end(JSON.stringify(value ?? {}));
    };
    try {
      const act = table[`${request.method} ${request.url}`];
      if (!act) return reply(404, { error: `no such action: ${request.method} ${request.url}` });
      return reply(200, act(await bodyOf(request)));
    } catch (error) {
      return reply(400, { error: String(error?.message ?? error) });
    }
  });
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server)));
}
