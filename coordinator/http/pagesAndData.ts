import type { HttpBindings } from "@hono/node-server";
import { type Context, Hono } from "hono";
import type { Dataset } from "../data/dataset.ts";
import { paths } from "../protocol/paths.ts";
import { isOnThisMachine, visitorOf } from "./ownMachine.ts";
import { type Page, readPages } from "./pages.ts";
import { selectRecords } from "./records.ts";
import { securityHeaders } from "./securityHeaders.ts";

const MAX_URL_CHARACTERS = 2_048;

export interface PagesAndDataOptions {
  readonly dataset: Dataset;
  /** What `vite build` wrote: index.html, join.html and their assets. */
  readonly pagesDir: string;
  /** What `/api/run` answers, with the join link or without; undefined until the run is open. */
  readonly run: (showsLink: boolean) => object | undefined;
}

/** Everything that is served but the WebSockets: pages, records, and the state of the run as JSON. All of it is read-only. */
export async function createPagesAndData({ dataset, pagesDir, run }: PagesAndDataOptions): Promise<Hono<{ Bindings: HttpBindings }>> {
  const pages = await readPages(pagesDir);
  const app = new Hono<{ Bindings: HttpBindings }>();
  app.use(securityHeaders());
  app.use(async (context, next) => refusal(context) ?? (await next()));

  app.get(paths.trainRecords, (context) => answerRecords(context, dataset.train));
  app.get(paths.testRecords, (context) => answerRecords(context, dataset.test));
  app.get(paths.run, (context) => {
    context.header("cache-control", "no-store");
    const state = run(isOnThisMachine(visitorOf(context.env.incoming)));
    return state === undefined ? context.text("The run is being opened: ask again in a moment.\n", 503) : context.json(state);
  });
  for (const path of [paths.peer, paths.events]) {
    app.get(path, (context) =>
      context.text(`${path} is for WebSocket connections.\n`, 426, { connection: "Upgrade", upgrade: "websocket" }),
    );
  }
  app.get("*", (context) => {
    const page = pages.get(context.req.path);
    return page === undefined ? notFound(context) : answerPage(context, page);
  });
  app.onError((error, context) => {
    console.error(`${context.req.method} ${context.req.path} failed:`, error);
    return context.text("The coordinator failed to answer; its console says more.\n", 500);
  });
  return app;
}

/** There is nothing to send to this server: a request is a short address. */
function refusal(context: Context): Response | undefined {
  const { method, url } = context.req;
  if (method !== "GET" && method !== "HEAD") {
    return context.text(`${method} is not possible here; GET and HEAD are.\n`, 405, { allow: "GET, HEAD", connection: "close" });
  }
  if (Number(context.req.header("content-length") ?? 0) > 0 || context.req.header("transfer-encoding") !== undefined) {
    return context.text("A request here has no body.\n", 413, { connection: "close" });
  }
  if (url.length > MAX_URL_CHARACTERS) return context.text(`An address here has at most ${MAX_URL_CHARACTERS} characters.\n`, 414);
  return undefined;
}

function answerRecords(context: Context, all: Uint8Array): Response {
  const answer = selectRecords(all, context.req.query());
  if (!answer.ok) return context.text(`${answer.sentence}\n`, 400);
  // The address alone does not say which data set it is, and peers keep what they need in memory.
  return context.body(answer.bytes, 200, { "content-type": "application/octet-stream", "cache-control": "no-store" });
}

function answerPage(context: Context, page: Page): Response {
  const headers = { "content-type": page.type, "cache-control": page.cacheControl, etag: page.etag };
  return context.req.header("if-none-match") === page.etag ? context.body(null, 304, headers) : context.body(page.body, 200, headers);
}

function notFound(context: Context): Response {
  const path = context.req.path.slice(0, 100);
  return context.text(
    `There is nothing at ${path}. The dashboard is at ${paths.dashboard}; to take part, open the join link that it shows.\n`,
    404,
  );
}
