import { expect, test } from "vitest";
import { VirtualTime } from "./virtualTime.ts";

test("what is due comes by its time, then in the order it was asked for; what wakes somebody is done when that one has gone on", async () => {
  const time = new VirtualTime(1);
  const seen: string[] = [];
  const later = async (): Promise<void> => {
    for (let turn = 0; turn < 20; turn++) await undefined;
    seen.push("woken");
  };
  time.after(5, () => {
    seen.push("second");
    void later();
  });
  time.afterAlone(5, () => seen.push("third"));
  time.afterAlone(3, () => seen.push("first"));
  expect(time.step()).toBe(true); // at once: nobody waits for it
  expect(seen).toEqual(["first"]);
  const second = time.step();
  expect(second).toBeInstanceOf(Promise);
  await second;
  expect(seen).toEqual(["first", "second", "woken"]);
  expect(time.step()).toBe(true);
  expect(seen.at(-1)).toBe("third");
  expect(time.now).toBe(5);
  expect(time.step()).toBe(false);
});
