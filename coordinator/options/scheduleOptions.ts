import type { ScheduleSettings } from "../protocol/schedule.ts";
import { DEFAULTS } from "./defaults.ts";
import { UserError } from "./userError.ts";

/** What the command line may say about a schedule, beside its name. */
export interface ScheduleOptions {
  readonly warmUp?: number;
  readonly milestones?: readonly number[];
  readonly factor?: number;
  readonly final?: number;
}

/** He et al. 2015, section 4.2: a tenth at half and at three quarters of the run. */
const STEP = { milestones: [0.5, 0.75], factor: 0.1 };

const USERS = { milestones: "step", factor: "step", final: "cosine and linear" } as const;

/** The schedule with its defaults for what was not given; a setting that it does not have is refused. */
export function scheduleSettings(name: ScheduleSettings["name"], learningRate: number, options: ScheduleOptions): ScheduleSettings {
  const warmUp = options.warmUp ?? (name === "one-cycle" ? DEFAULTS.warmUp : 0);
  for (const option of ["milestones", "factor", "final"] as const) {
    if (options[option] === undefined || USERS[option].includes(name)) continue;
    throw new UserError(`--${option} is a setting of --schedule ${USERS[option]}, not of ${name}.`, { exitCode: 2 });
  }
  switch (name) {
    case "constant":
    case "one-cycle":
      return { name, learningRate, warmUp };
    case "step": {
      const { milestones = STEP.milestones, factor = STEP.factor } = options;
      return { name, learningRate, warmUp, milestones: [...milestones], factor };
    }
    case "cosine":
    case "linear":
      return { name, learningRate, warmUp, final: options.final ?? 0 };
    default:
      throw new Error(`expected a schedule, got ${JSON.stringify(name satisfies never)}`);
  }
}
