// The npm socket.io-client through the join and participant flow; prints one JSON line of what it saw.
// usage: node participant_flow.mjs URL TOKEN_A TOKEN_B MEETING acks|events
import { createRequire } from "node:module";

const require = createRequire(new URL("../../web/package.json", import.meta.url));
const { io } = require("socket.io-client");

const [url, tokenA, tokenB, meetingId, style] = process.argv.slice(2);
const TIMEOUT_MS = 10_000;
const seen = { a: [], b: [] };

function connect(name, token) {
  const socket = io(`${url}/meeting`, { auth: { token }, transports: ["websocket"], reconnection: false });
  socket.onAny((event, data) => seen[name].push([event, data]));
  return new Promise((resolve, reject) => {
    socket.once("connect", () => resolve(socket));
    socket.once("connect_error", (error) => reject(Object.assign(error, { code: error.data?.code })));
  });
}

function withAck(socket, event, payload) {
  return socket.timeout(TIMEOUT_MS).emitWithAck(event, payload);
}

function withEvent(socket, event, payload, reply) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${event} was not answered`)), TIMEOUT_MS);
    const settle = (answer) => {
      clearTimeout(timer);
      socket.off(reply, onReply);
      socket.off("error", onError);
      resolve(answer);
    };
    const onReply = (data) => settle({ ok: true, data });
    const onError = (error) => settle({ ok: false, error });
    socket.on(reply, onReply);
    socket.on("error", onError);
    socket.emit(event, payload);
  });
}

const ask = (socket, event, payload, reply) =>
  style === "acks" ? withAck(socket, event, payload) : withEvent(socket, event, payload, reply);

function notified(name, event) {
  return new Promise((resolve, reject) => {
    const started = Date.now();
    const look = setInterval(() => {
      const found = seen[name].find(([seenEvent]) => seenEvent === event);
      if (found) {
        clearInterval(look);
        resolve(found[1]);
      } else if (Date.now() - started > TIMEOUT_MS) {
        clearInterval(look);
        reject(new Error(`${name} was not told ${event}`));
      }
    }, 10);
  });
}

const result = {};
const refused = await connect("a", "not-a-token").catch((error) => error);
result.refused = refused.code;

const a = await connect("a", tokenA);
const b = await connect("b", tokenB);
result.early = (await ask(a, "media:toggle", { kind: "audio", enabled: false }, "media:updated")).error.code;
result.joinedA = await ask(a, "room:join", { meeting_id: meetingId, display_name: "Ada" }, "room:joined");
result.again = (await ask(a, "room:join", { meeting_id: meetingId }, "room:joined")).error.code;
result.joinedB = await ask(b, "room:join", { meeting_id: meetingId, display_name: "Ben" }, "room:joined");
result.toldJoined = await notified("a", "participant:joined");
result.unknown = (await ask(b, "room:fly", {}, "room:flown")).error.code;
result.invalid = (await ask(b, "media:toggle", { kind: "smell", enabled: 1 }, "media:updated")).error;
result.toggled = await ask(b, "media:toggle", { kind: "video", enabled: true }, "media:updated");
result.toldToggled = await notified("a", "media:updated");
result.hand = await ask(b, "hand:raise", { raised: true }, "hand:raised");
result.toldHand = await notified("a", "hand:raised");
result.transport = await ask(b, "transport:create", { direction: "send" }, "transport:created");
result.stranger = (await ask(a, "transport:connect", {
  transport_id: result.transport.data.id,
  dtlsParameters: { role: "client", fingerprints: [{ algorithm: "sha-256", value: Array(32).fill("AB").join(":") }] },
}, "transport:connected")).error.code;
result.left = await ask(b, "room:leave", {}, "room:left");
result.toldLeft = await notified("a", "participant:left");
result.selfNotified = seen.b.filter(([event]) => event === "hand:raised" || event === "participant:left").length;
a.disconnect();
b.disconnect();
console.log(JSON.stringify(result));
