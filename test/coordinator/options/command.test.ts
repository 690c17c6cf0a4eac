import { expect, test } from "vitest";
import { createCommand, reportFailure } from "../../../coordinator/options/command.ts";
import { addRunOptions, type RunOptions, refuseRunOptions } from "../../../coordinator/options/runOptions.ts";
import { addServeOptions, type ServeOptions } from "../../../coordinator/options/serveOptions.ts";
import { UserError } from "../../../coordinator/options/userError.ts";

/** Runs a command line; its options, or the exit code with everything that was printed. */
function run(line: string): { options: RunOptions & ServeOptions } | { exitCode: number; printed: string } {
  let printed = "";
  const write = (text: string) => {
    printed += text;
  };
  const command = createCommand("train", "Trains.").configureOutput({ writeOut: write, writeErr: write, getOutHelpWidth: () => 2000 });
  addServeOptions(addRunOptions(command));
  try {
    command.parse(line.split(" ").filter(Boolean), { from: "user" });
    return { options: command.opts() };
  } catch (error) {
    return { exitCode: reportFailure(error, write), printed };
  }
}

test("nothing given: only what serving needs is set", () => {
  expect(run("")).toEqual({
    options: {
      host: "127.0.0.1",
      port: 8080,
      minPeers: 1,
      auditShare: 0.02,
      iceServer: [],
      evaluate: true,
      nesterov: true,
      renormalize: true,
    },
  });
});

test("a command with another default port has that, unless one is given", () => {
  const port = (...line: string[]) => addServeOptions(createCommand("train", "Trains."), 0).parse(line, { from: "user" }).opts()["port"];
  expect([port(), port("--port", "8081")]).toEqual([0, 8081]);
});

test("every option arrives as its type", () => {
  const line =
    "--model lenet5 --batch 128 --micro-batch 16 --epochs 2 --steps 30 --optimizer sgd --lr 5e-2 --momentum 0.8 --weight-decay 0 --schedule constant --seed 7 " +
    "--clip-norm 2 --warm-up 0.1 --milestones 0.5,0.9 --factor 0.2 --final 0.01 --beta1 0.8 --beta2 0.99 --epsilon 1e-7 --decay 0.95 " +
    "--learning-rate-decay 0.01 --iterations 5 --sgd-rate 4 --no-nesterov --no-renormalize " +
    "--data /some/where --host 0.0.0.0 --port 0 --min-peers 3 --audit-share 0.5 --ice-server stun:stun.example.org:3478 --numerics fused --no-evaluate --label-smoothing 0.1 --gradient-bits 12 --convolution winograd";
  expect(run(line)).toEqual({
    options: {
      model: "lenet5",
      batch: 128,
      microBatch: 16,
      epochs: 2,
      steps: 30,
      optimizer: "sgd",
      lr: 0.05,
      momentum: 0.8,
      weightDecay: 0,
      clipNorm: 2,
      warmUp: 0.1,
      milestones: [0.5, 0.9],
      factor: 0.2,
      final: 0.01,
      beta1: 0.8,
      beta2: 0.99,
      epsilon: 1e-7,
      decay: 0.95,
      learningRateDecay: 0.01,
      iterations: 5,
      sgdRate: 4,
      nesterov: false,
      renormalize: false,
      schedule: "constant",
      seed: 7,
      data: "/some/where",
      host: "0.0.0.0",
      port: 0,
      minPeers: 3,
      auditShare: 0.5,
      iceServer: [{ urls: "stun:stun.example.org:3478" }],
      numerics: "fused",
      evaluate: false,
      labelSmoothing: 0.1,
      gradientBits: 12,
      convolution: "winograd",
    },
  });
});

test.each([
  ["--lr -1", 'error: --lr takes a number from 0 to 1000, not "-1". For example: --lr 0.1'],
  ["--port 70000", 'error: --port takes a whole number from 0 to 65535, not "70000". For example: --port 8080'],
  ["--model alexnet9", "error: --model takes lenet5"],
  ["--model resnet", "Did you mean --model resnet20?"],
  ["--milestones 0.5,2", "error: --milestones takes numbers from 0 to 1 with commas between"],
  ["--gradient-bits 23", "error: --gradient-bits takes a whole number from 8 to 22"],
  ["--min-peers 0", "error: --min-peers takes a whole number from 1 to 1024"],
  ["--audit-share 2", 'error: --audit-share takes a number from 0 to 1, not "2". For example: --audit-share 0.02'],
  ["--modle lenet5", "(Did you mean --model?)"],
  ["--batch", "argument missing"],
  ["--batch 32 64", "too many arguments"],
])("%s ends with exit code 2 and says: %s", (line, sentence) => {
  const result = run(line);
  expect(result).toMatchObject({ exitCode: 2 });
  expect(result).toHaveProperty("printed", expect.stringContaining(sentence));
});

test("--help explains every option with its default, and is no failure", () => {
  const result = run("--help");
  expect(result).toMatchObject({ exitCode: 0 });
  const help = (result as { printed: string }).printed;
  const explained = help.split("\n").filter((line) => line.startsWith("  --"));
  expect(explained).toHaveLength(36);
  for (const line of explained) expect(line).toMatch(/ {2}\S.*\(default: .+\)|^ {2}--no-\S+ {2,}\S/);
  expect(help).toContain("0.4 for resnet20");
});

test("what is no mistake of the user is thrown on, with its stack", () => {
  const bug = new TypeError("x is not a function");
  expect(() => reportFailure(bug, () => undefined)).toThrow(bug);
  expect(reportFailure(new UserError("The port is taken.", { exitCode: 1 }), () => undefined)).toBe(1);
});

test("options that describe the training are refused, by name, where a run is given already", () => {
  const parse = (line: string) =>
    addServeOptions(addRunOptions(createCommand("start", "Serves."))).parse(line.split(" "), { from: "user" });
  const refuse = (line: string) => () => refuseRunOptions(parse(line), "--resume goes on with the run as it was begun");
  expect(refuse("--port 8081 --min-peers 2 --host 0.0.0.0 --audit-share 0")).not.toThrow();
  expect(refuse("--model lenet5 --port 8081 --lr 0.1 --no-evaluate --no-nesterov")).toThrow(
    "--resume goes on with the run as it was begun: leave out --model, --lr, --no-nesterov, --no-evaluate, or begin a run of your own without --resume.",
  );
  expect(refuse("--micro-batch 32")).toThrow(/leave out --micro-batch,/); // also when it says what is the default anyway
});
