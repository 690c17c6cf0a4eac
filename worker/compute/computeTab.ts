import { expose } from "comlink";
import { createComputeWorker } from "./createComputeWorker.ts";

/** The entry of a tab's compute worker. */
expose(createComputeWorker());
