import type { SubjectName } from "../subjects.ts";
import { openNodeRivals } from "./openRivals.ts";

/** For tests, which load packages otherwise: prepares the rivals that the argument names, as [name, model, images], and prints what becomes of them. */
const wanted = JSON.parse(process.argv[2] ?? "[]") as readonly (readonly [string, SubjectName, number])[];
const host = await openNodeRivals();
for (const [name, model, images] of wanted) console.log(JSON.stringify(await host.prepare(name, model, images)));
