/**
 * Something that the user can put right: the message says what was wrong, what is allowed and how to go on.
 * Commands print it without a stack trace and end with `exitCode`: 2 for a command line that makes no sense, 1 for the rest.
 */
export class UserError extends Error {
  override readonly name = "UserError";
  readonly exitCode: 1 | 2;

  constructor(message: string, options: { readonly exitCode: 1 | 2; readonly cause?: unknown }) {
    super(message, { cause: options.cause });
    this.exitCode = options.exitCode;
  }
}
