import { Command, CommanderError } from "commander";
import { UserError } from "./userError.ts";

/** A command whose mistakes are thrown, for reportFailure, instead of ending the process from within. */
export function createCommand(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .allowExcessArguments(false)
    .exitOverride()
    .showHelpAfterError("Run the command with --help to see all options.");
}

/**
 * Says what went wrong and returns the exit code: 2 for a command line that makes no sense, 1 for other things that the user can put right,
 * 0 when only help was asked for. Anything else is a bug and is thrown again.
 */
export function reportFailure(error: unknown, print: (line: string) => void = console.error): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2; // commander has already printed it
  if (!(error instanceof UserError)) throw error;
  print(`error: ${error.message}`);
  return error.exitCode;
}
