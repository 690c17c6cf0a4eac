import { expect, test } from "vitest";
import { bareCoordinator } from "./bareCoordinator.ts";
import { helloOf } from "./membershipScene.ts";

test("ME27 a state that nobody asked for does not reach the disk", () => {
  let kept = 0;
  const onState = () => {
    kept++;
  };
  const { coordinator, say, names } = bareCoordinator({ onState });
  say(helloOf("Kite"));
  say({ type: "state", round: 900_000_001, index: 0, chunks: 1, bytes: new Uint8Array(64) });
  expect(names()).toEqual(["Kite"]);
  expect(kept).toBe(0);
  coordinator.close("the test is over");
});
