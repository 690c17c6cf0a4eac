import { afterEach, expect, test, vi } from "vitest";
import { bareCoordinator } from "./bareCoordinator.ts";
import { helloOf } from "./membershipScene.ts";

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

const HOUR_MS = 3_600_000;

test.each([HOUR_MS, -HOUR_MS])("ME26 nobody is silent or late because somebody sets the clock by %i ms", (jump) => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  const { coordinator, closed, say, names } = bareCoordinator();
  say(helloOf("Kite"));
  const before = Date.now();
  vi.spyOn(Date, "now").mockReturnValue(before + jump);
  vi.advanceTimersByTime(1000); // ten ticks
  expect(closed).toEqual([]);
  expect(names()).toEqual(["Kite"]);
  coordinator.close("the test is over");
});
