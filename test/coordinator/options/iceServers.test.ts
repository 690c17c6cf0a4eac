import { expect, test } from "vitest";
import { parseIceServer } from "../../../coordinator/options/iceServers.ts";
import { UserError } from "../../../coordinator/options/userError.ts";

test.each([
  ["stun:stun.example.org:3478", { urls: "stun:stun.example.org:3478" }],
  ["turn:ann:s3cret@turn.example.org:3478", { urls: "turn:turn.example.org:3478", username: "ann", credential: "s3cret" }],
  ["turns:ann:s3cret@10.0.0.1:443?transport=tcp", { urls: "turns:10.0.0.1:443?transport=tcp", username: "ann", credential: "s3cret" }],
])("%s is understood", (text, server) => {
  expect(parseIceServer(text)).toEqual([server]);
});

test("several are kept in order", () => {
  expect(parseIceServer("stun:b", parseIceServer("stun:a")).map(({ urls }) => urls)).toEqual(["stun:a", "stun:b"]);
});

test.each([
  ["http://example.org", 'not "http://example.org"'],
  ["stun:", "stun:HOST:PORT"],
  ["turn:turn.example.org", "a TURN server needs a user and a password"],
])("%s is refused with a sentence", (text, sentence) => {
  expect(() => parseIceServer(text)).toThrow(sentence);
  expect(() => parseIceServer(text)).toThrow(UserError);
});
