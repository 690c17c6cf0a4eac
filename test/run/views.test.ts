import { describe, expect, test } from "vitest";
import type { View } from "../../coordinator/protocol/view.ts";
import { effectiveViews, planView } from "../../coordinator/run/views.ts";
import { view as sample } from "../protocol/samples.ts";
import { announced, begun, sent } from "./membershipScene.ts";

const viewAt = ([number, fromRound]: readonly [number, number]): View => ({ ...sample, view: number, fromRound });

describe("the views that hold from a round on", () => {
  test.each<{ what: string; views: readonly (readonly [number, number])[]; round: number; hold: number[] }>([
    { what: "none", views: [], round: 0, hold: [] },
    { what: "the current one", views: [[1, 0]], round: 7, hold: [1] },
    {
      what: "the current one and those to come",
      views: [
        [1, 0],
        [2, 5],
        [3, 9],
      ],
      round: 6,
      hold: [2, 3],
    },
    {
      what: "not one that a newer one of the same round replaces",
      views: [
        [1, 0],
        [2, 5],
        [3, 5],
      ],
      round: 2,
      hold: [1, 3],
    },
    {
      what: "not a planned one that began before a newer one",
      views: [
        [1, 0],
        [2, 9],
        [3, 4],
        [4, 9],
      ],
      round: 4,
      hold: [3, 4],
    },
    {
      what: "all to come, when none holds yet",
      views: [
        [1, 3],
        [2, 5],
      ],
      round: 0,
      hold: [1, 2],
    },
  ])("VI1 $what", ({ views, round, hold }) => {
    expect(effectiveViews(views.map(viewAt), round).map(({ view }) => view)).toEqual(hold);
  });
});

describe("planned views", () => {
  test("VI3 they begin after the last permitted round, for members and observers", () => {
    const scene = begun(2);
    const observer = scene.enter("Owl");
    const decision = planView(scene.state, [], scene.options, { kind: "info", text: "because" });
    expect(announced(decision)[0]).toMatchObject({ view: scene.state.nextView, fromRound: scene.state.permitted + 1, members: [1, 2] });
    expect(sent(decision, "views")).toMatchObject([{ to: [1, 2, observer], message: { reason: "because" } }]);
    expect(decision.reasons).toEqual([{ kind: "info", text: "because" }]);
  });

  test("VI3 in every run a view that is no repair begins after the permits that were sent before it", () => {
    const scene = begun(3, { leaseMs: 3000 });
    for (const name of ["Owl", "Elk", "Bee"]) {
      const { permitted } = scene.state;
      scene.enter(name);
      expect(scene.state.views.at(-1)?.fromRound).toBe(permitted + 1);
      scene.membersDo(scene.state.committed + 1);
    }
  });

  test("VI5 all slots and slices are the members'", () => {
    const [view] = announced(planView(begun(3).state, [], begun(3).options, { kind: "info", text: "" }));
    expect(new Set(view.slotHolders)).toEqual(new Set([1, 2, 3]));
    expect(view.slotHolders.length).toBe(8);
    expect(new Set(view.owners)).toEqual(new Set([1, 2, 3]));
  });
});
