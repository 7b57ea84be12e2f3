// What Mattermost's client library takes for granted because it usually runs in a browser.

import WebSocket from "ws";

globalThis.window ??= {
  addEventListener() {},
  removeEventListener() {},
  navigator: { userAgent: "node" },
};

// Node had no sockets of its own before 22; the library also compares with their states.
globalThis.WebSocket = WebSocket;

globalThis.CloseEvent ??= class CloseEvent extends Event {
  constructor(type, { code = 0, wasClean = false } = {}) {
    super(type);
    this.code = code;
    this.wasClean = wasClean;
  }
};
