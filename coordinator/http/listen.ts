import type { Server } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createAdaptorServer, type HttpBindings } from "@hono/node-server";
import { UserError } from "../options/userError.ts";

const LIMITS = {
  maxHeaderSize: 16 * 1024,
  headersTimeout: 10_000, // ms; a client that dribbles its headers must not hold a socket
  requestTimeout: 30_000, // ms for the whole request; there are no bodies
};
const HIGHEST_PORT = 65_535;

export interface Listening {
  /** For WebSockets: they come as its "upgrade" events. */
  readonly server: Server;
  /** The port in use; another than asked for only if that was 0. */
  readonly port: number;
  /** Ends all connections, and resolves when the port is free again. */
  readonly close: () => Promise<void>;
}

/** Serves `app`; resolves once connections are accepted. */
export async function listen({
  app,
  host,
  port,
}: {
  readonly app: { readonly fetch: (request: Request, bindings: HttpBindings) => Response | Promise<Response> };
  readonly host: string;
  readonly port: number;
}): Promise<Listening> {
  const server = createAdaptorServer({
    fetch: (request, bindings) => app.fetch(request, bindings as HttpBindings), // what createServer makes speaks HTTP/1.1
    createServer,
    serverOptions: LIMITS,
  }) as Server;
  await new Promise<void>((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException) => reject(explain(error, host, port));
    server.once("error", fail);
    server.listen(port, host, () => {
      server.off("error", fail);
      resolve();
    });
  });
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { server, port: (server.address() as AddressInfo).port, close };
}

function explain(error: NodeJS.ErrnoException, host: string, port: number): Error {
  const refuse = (sentence: string) => new UserError(sentence, { exitCode: 1, cause: error });
  switch (error.code) {
    case "EADDRINUSE":
      return refuse(
        `Port ${port} of ${host} is taken: another program, perhaps another coordinator, listens there. ` +
          `End it, choose another port with --port ${port < HIGHEST_PORT ? port + 1 : 8080}, or any free one with --port 0.`,
      );
    case "EACCES":
      return refuse(`Port ${port} is not allowed to this user. Choose one from 1024 up, for example --port 8080.`);
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return refuse(
        `${host} is not an address of this machine. Use --host 127.0.0.1 for this machine alone, or --host 0.0.0.0 for the whole network.`,
      );
    default:
      return error;
  }
}
