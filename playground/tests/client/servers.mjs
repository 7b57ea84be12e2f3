// What stands around the session: an integration that answers as it is told, and a network that can be cut.

import { once } from "node:events";
import http from "node:http";
import net from "node:net";

async function listen(server) {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server.address().port;
}

/** An integration: it keeps what it was sent, and answers what it was told to, or nothing. */
export class Integration {
  received = [];
  told = [];
  waiting = [];

  async start() {
    this.server = http.createServer((request, response) => this.take(request, response));
    this.url = `http://127.0.0.1:${await listen(this.server)}`;
    return this;
  }

  async take(request, response) {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const { method, url, headers } = request;
    this.received.push({ method, path: url, headers, body: Buffer.concat(chunks).toString() });
    this.waiting.splice(0).forEach((wake) => wake());
    const reply = this.told.shift();
    response.writeHead(200, reply ? { "Content-Type": "application/json" } : {});
    response.end(reply ? JSON.stringify(reply) : "");
  }

  tell(reply) {
    this.told.push(reply);
  }

  /** The request that comes next, or came already since the last one that was asked for. */
  async next() {
    while (this.received.length === 0) await new Promise((wake) => this.waiting.push(wake));
    return this.received.shift();
  }

  stop() {
    this.server.close();
    this.server.closeAllConnections();
  }
}

/** A network between a client and the server. While it is cut, connections wait until it is mended. */
export class Network {
  sockets = new Set();
  mended = Promise.resolve();

  async start(upstream) {
    this.upstream = Number(new URL(upstream).port);
    this.server = net.createServer((near) => this.join(near));
    this.port = await listen(this.server);
    return this;
  }

  async join(near) {
    near.on("error", () => {});
    this.sockets.add(near);
    await this.mended;
    if (near.destroyed) return;
    const far = net.connect(this.upstream, "127.0.0.1");
    this.sockets.add(far);
    far.on("error", () => near.destroy());
    near.on("close", () => far.destroy());
    far.on("close", () => near.destroy());
    near.pipe(far).pipe(near);
  }

  cut() {
    this.mended = new Promise((mend) => (this.mend = mend));
    for (const socket of this.sockets) socket.destroy();
    this.sockets.clear();
  }

  stop() {
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
  }
}
