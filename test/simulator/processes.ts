import { type ChildProcess, fork, type Serializable } from "node:child_process";

export interface Sharing<P extends Serializable, R> {
  /** The program, which calls `serve` when it is one of these processes, and what it is told on its command line. */
  readonly program: string;
  readonly settings: readonly string[];
  readonly portions: Iterable<P>;
  readonly jobs: number;
  readonly onResult: (result: R) => void;
}

/** Portions of work for as many processes: whoever has done its portion gets the next one, for one process may get on better than another. */
export async function share<P extends Serializable, R>({ program, settings, portions, jobs, onResult }: Sharing<P, R>): Promise<void> {
  const left = portions[Symbol.iterator]();
  const processes = Array.from({ length: jobs }, () => fork(program, settings));
  await Promise.all(processes.map((job) => employ(job, left, onResult)));
}

/** Gives a process one portion after another, until none is left. */
const employ = <P extends Serializable, R>(job: ChildProcess, portions: Iterator<P>, onResult: (result: R) => void): Promise<void> =>
  new Promise((resolve, reject) => {
    const give = () => {
      const { value, done } = portions.next();
      if (!done) job.send(value);
      else {
        job.disconnect();
        resolve();
      }
    };
    job.on("message", (result) => {
      onResult(result as R);
      give();
    });
    job.once("exit", (code) => reject(new Error(`a process of the simulation ended with exit code ${code}`)));
    give();
  });

/** What one of these processes does; it ends with the one that started it. */
export function serve<P, R>(tell: (result: R) => void, work: (portion: P) => Promise<R>): void {
  process.on("message", async (portion) => tell(await work(portion as P)));
  process.once("disconnect", () => process.exit(0));
}
