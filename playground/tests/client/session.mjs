// A whole session of Mattermost's own client library against a simulated server that was started empty:
//
//   askwell-playground --empty --listen 127.0.0.1:8066 &
//   npm ci && node session.mjs http://127.0.0.1:8066

import "./browser.mjs";

import { Session } from "./context.mjs";
import { install } from "./install.mjs";
import { listen } from "./listen.mjs";
import { Integration, Network } from "./servers.mjs";
import { talk } from "./talk.mjs";

/** After this long something is waited for in vain. */
const PATIENCE_MS = 60_000;

const url = process.argv[2];
if (!url) throw new Error("usage: node session.mjs URL");
const patience = setTimeout(() => {
  console.error("waited in vain");
  process.exit(1);
}, PATIENCE_MS);
const session = new Session(url);
session.integration = await new Integration().start();
session.network = await new Network().start(url);
for (const part of [...install, ...talk, ...listen]) {
  process.stdout.write(`${part.name}\n`);
  await part(session);
}
session.integration.stop();
session.network.stop();
clearTimeout(patience);
process.stdout.write("done\n");
