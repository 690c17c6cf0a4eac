import { expect, test } from "vitest";
import { EventQueue } from "../../coordinator/run/eventQueue.ts";

test("ME1 what a decision brings about is decided on when the decision is done, in order", () => {
  const told: string[] = [];
  const queue = new EventQueue<string>((event) => {
    told.push(`${event} begins`);
    if (event === "first") for (const next of ["second", "third"]) queue.push(next);
    told.push(`${event} ends`);
  });
  queue.push("first");
  expect(told).toEqual(["first begins", "first ends", "second begins", "second ends", "third begins", "third ends"]);
});

test("ME1 a decision that throws does so where its event came from, and ends none but its own event", () => {
  const decided: string[] = [];
  const queue = new EventQueue<string>((event) => {
    if (event === "impossible") {
      queue.push("brought about");
      throw new Error("it cannot be");
    }
    decided.push(event);
  });
  expect(() => queue.push("impossible")).toThrow("it cannot be");
  queue.push("next");
  expect(decided).toEqual(["brought about", "next"]);
});
