// Plays a scripted meeting with the npm socket.io-client: {url, tokens, steps} as JSON on stdin, the transcript on stdout.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(new URL("../../web/package.json", import.meta.url));
const { io } = require("socket.io-client");

const STEP_WITHIN_MS = 20_000;
const { url, tokens, steps } = JSON.parse(readFileSync(0, "utf8"));
const heard = Object.fromEntries(Object.keys(tokens).map((who) => [who, []]));
const sockets = {};
const known = {};
const answers = [];

function learn(who, event, data) {
  for (const [name, value] of Object.entries(data ?? {})) {
    // Whose id a message bears is one's own only when one joins.
    if (typeof value === "string" && (name !== "participant_id" || event === "room:join")) {
      known[`$${who}.${name}`] = value;
    }
  }
}

function filledIn(value) {
  if (Array.isArray(value)) return value.map(filledIn);
  if (value !== null && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, filledIn(inner)]));
  }
  return typeof value === "string" && value.startsWith("$") ? known[value] : value;
}

const deeds = {
  connect(who) {
    const socket = io(`${url}/meeting`, {
      auth: { token: tokens[who] },
      transports: ["websocket"],
      reconnection: false,
      forceNew: true,
    });
    socket.onAny((event, data) => heard[who].push([event, data]));
    sockets[who] = socket;
    return new Promise((resolve, reject) => {
      socket.once("connect", resolve);
      socket.once("connect_error", reject);
    });
  },
  async ask(who, event, payload) {
    const answer = await sockets[who].timeout(STEP_WITHIN_MS).emitWithAck(event, filledIn(payload));
    answers.push([who, event, answer]);
    learn(who, event, answer.data);
  },
  async told(who, event, count) {
    const began = Date.now();
    for (;;) {
      const found = heard[who].filter(([name]) => name === event);
      if (found.length >= count) return learn(who, event, found[count - 1][1]);
      if (Date.now() - began > STEP_WITHIN_MS) throw new Error(`${who} did not hear ${event} ${count} times`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  },
  lose(who) {
    const gone = new Promise((resolve) => sockets[who].once("disconnect", resolve));
    sockets[who].io.engine.transport.ws.terminate();
    return gone;
  },
  disconnect(who) {
    sockets[who].disconnect();
  },
};

for (const [who, deed, ...what] of steps) await deeds[deed](who, ...what);
for (const who of Object.keys(sockets)) deeds.disconnect(who);
console.log(JSON.stringify({ answers, heard }));
