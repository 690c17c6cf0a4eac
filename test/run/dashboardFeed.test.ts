import { describe, expect, test } from "vitest";
import { describeRound } from "../../coordinator/protocol/rounds.ts";
import { DashboardFeed } from "../../coordinator/run/dashboardFeed.ts";
import { emptyMembership } from "../../coordinator/run/membership.ts";
import { metrics } from "../protocol/samples.ts";
import { begun, Coordination, hashOf, reportOf } from "./membershipScene.ts";

const { config } = new Coordination().options; // epochs of five steps and an evaluation

const create = (): DashboardFeed => new DashboardFeed(config, "a run", "http://here/join?token=t", 1000);

/** Rounds `from` … `through`, one a second. */
function commit(feed: DashboardFeed, from: number, through: number, correct = 25): void {
  for (let round = from; round <= through; round++)
    feed.commit(reportOf(round, { metrics: { ...metrics, correct } }), 2, 1000 * (round + 1));
}

describe("points", () => {
  test("DB1 a snapshot holds every step and every evaluation, in order", () => {
    const feed = create();
    commit(feed, 0, 7);
    const { steps, evaluations, rounds, stepsPerEpoch, startedAt, runName, joinUrl } = feed.snapshot(emptyMembership, 9000, true);
    expect(steps.map(({ step, round, epoch }) => [step, round, epoch])).toEqual([
      [0, 0, 0],
      [1, 1, 0],
      [2, 2, 0],
      [3, 3, 0],
      [4, 4, 0],
      [5, 6, 1],
      [6, 7, 1],
    ]);
    expect(steps[6]).toEqual({ step: 6, round: 7, epoch: 1, at: 8000, metrics, hash: hashOf(7), members: 2 });
    const { images, correct, lossSum, nonFinite } = metrics;
    expect(evaluations).toEqual([{ step: 5, round: 5, epoch: 0, at: 6000, images, correct, lossSum, nonFinite }]);
    expect({ rounds, stepsPerEpoch, startedAt, runName, joinUrl }).toEqual({
      rounds: 15,
      stepsPerEpoch: 5,
      startedAt: 1000,
      runName: "a run",
      joinUrl: "http://here/join?token=t",
    });
  });

  test("DB1 snapshot and updates together hold everything once, whenever the dashboard came", () => {
    for (let opened = 0; opened < 14; opened++) {
      const feed = create();
      commit(feed, 0, opened - 1);
      const { steps, evaluations } = feed.snapshot(emptyMembership, 0);
      const points = { steps: [...steps], evaluations: [...evaluations] };
      let position = feed.position();
      for (let round = opened; round < 15; round++) {
        commit(feed, round, round);
        if (round % 3 > 0) continue;
        const update = feed.news(position, emptyMembership, 0);
        position = feed.position();
        points.steps.push(...update.steps);
        points.evaluations.push(...update.evaluations);
      }
      const rest = feed.news(position, emptyMembership, 0);
      expect([...points.steps, ...rest.steps].map(({ step }) => step)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
      expect([...points.evaluations, ...rest.evaluations].map(({ step }) => step)).toEqual([5, 10, 12]);
    }
  });

  test("DB1 events are kept in order, the last 500 of them, whoever comes and whoever was away meanwhile", () => {
    const feed = create();
    const note = (from: number, through: number) => {
      for (let i = from; i <= through; i++) feed.note([{ kind: "info", text: `event ${i}` }], i);
    };
    note(0, 9);
    const [early, away] = [feed.position(), feed.position()];
    note(10, 19);
    expect(feed.news(early, emptyMembership, 0).events.map(({ at }) => at)).toEqual([10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
    note(20, 599);
    for (const { events } of [feed.snapshot(emptyMembership, 0), feed.news(away, emptyMembership, 0)])
      expect([events.length, events[0]?.text, events.at(-1)]).toEqual([500, "event 100", { at: 599, kind: "info", text: "event 599" }]);
    expect(feed.news(feed.position(), emptyMembership, 0).events).toEqual([]);
  });

  test("DB4 when rounds are committed again, a dashboard that has seen them gets everything anew, without what was taken back", () => {
    const feed = create();
    commit(feed, 0, 7);
    const seen = feed.position();
    commit(feed, 4, 8, 30); // the evaluation of round 5 among them
    const news = feed.news(seen, emptyMembership, 9000);
    expect(news).toEqual(feed.snapshot(emptyMembership, 9000));
    expect(news.steps.map(({ round, metrics: { correct } }) => [round, correct])).toEqual(
      [0, 1, 2, 3, 4, 6, 7, 8].map((round) => [round, round < 4 ? 25 : 30]),
    );
    expect(news.evaluations.map(({ round, correct }) => [round, correct])).toEqual([[5, 30]]);
    const position = feed.position();
    commit(feed, 9, 9);
    expect(feed.news(position, emptyMembership, 9000)).toMatchObject({ type: "update", steps: [{ round: 9 }], evaluations: [] });
  });

  test("DB4 an evaluation that is taken back and not done again yet is gone", () => {
    const feed = create();
    commit(feed, 0, 6);
    const seen = feed.position();
    commit(feed, 3, 3);
    expect(feed.news(seen, emptyMembership, 0)).toMatchObject({ type: "snapshot", evaluations: [] });
    expect(feed.latest().accuracy).toBeNull();
  });

  test("WS5 the join link is told only when it is asked for", () => {
    expect(create().snapshot(emptyMembership, 0).joinUrl).toBeNull();
    expect(create().snapshot(emptyMembership, 0, true).joinUrl).toBe("http://here/join?token=t");
  });
});

describe("sentences", () => {
  test.each<{ what: string; scene: () => Coordination; sentence: string }>([
    { what: "nobody", scene: () => new Coordination(), sentence: "Waiting for the first peer to open the join link." },
    {
      what: "preparations",
      scene: () => {
        const scene = new Coordination({ minPeers: 3 });
        scene.join("Kite");
        scene.ready(scene.join("Fox"));
        return scene;
      },
      sentence: "Waiting: Kite waits for its engine; Fox waits for its links.",
    },
    { what: "one peer", scene: () => begun(1), sentence: "1 peer trains together." },
    { what: "three peers", scene: () => begun(3), sentence: "3 peers train together." },
    {
      what: "a standstill",
      scene: () => {
        const scene = begun(2);
        scene.done(1, 0);
        scene.apply({ type: "heartbeat", peer: 1, hidden: false, waitingFor: "slots 3, 4" });
        scene.now += 5001;
        return scene;
      },
      sentence: "No step for 5 s: Kite waits for slots 3, 4; Fox waits for round 0.",
    },
    {
      what: "the end",
      scene: () => {
        const scene = begun(1);
        scene.membersDo(14);
        return scene;
      },
      sentence: "The run is complete.",
    },
  ])("DB2 $what", ({ scene: make, sentence }) => {
    const scene = make();
    expect(create().state(scene.state, scene.now).sentence).toBe(sentence);
  });
});

describe("numbers", () => {
  test("DB3 speed and time left follow from the steps of the last ten seconds", () => {
    const feed = create();
    commit(feed, 0, 4); // a step of 256 images a second
    const running = begun(1).state;
    expect(feed.state(running, 5000)).toMatchObject({ imagesPerSecond: 256, step: 5, epoch: 0 });
    expect(feed.state(running, 5000).secondsLeft).toBe(((12 - 5) * 32) / 256); // of 8 slots of 4 images
    expect(feed.state(emptyMembership, 5000)).toMatchObject({ imagesPerSecond: 0, secondsLeft: null });
  });

  test("DB3 what peers are told last are the loss per image and the test accuracy", () => {
    const feed = create();
    expect(feed.latest()).toEqual({ loss: null, accuracy: null });
    commit(feed, 0, 5, 64);
    expect(describeRound(config, 5).kind).toBe("evaluate");
    expect(feed.latest()).toEqual({ loss: metrics.lossSum / 256, accuracy: 0.25 });
  });

  test("DB1 each peer is a row with its share and whether its bits are the run's", () => {
    const scene = begun(2);
    scene.done(1, 0);
    const observer = scene.enter("Owl");
    const { peers } = create().state(scene.state, scene.now);
    expect(peers.map(({ peer, state, share, round, hash, hashAgrees }) => [peer, state, share, round, hash, hashAgrees])).toEqual([
      [1, "member", 0.75, 1, hashOf(0), true], // it has turned out to be faster
      [2, "member", 0.25, 0, null, null],
      [observer, "observer", 0, 0, null, null],
    ]);
    expect(peers[0].links).toEqual([
      { peer: 2, state: "direct" },
      { peer: observer, state: "direct" },
    ]);
  });
});
