// The server's events, over a WebSocket that comes back by itself.

const PING_MS = 30_000;
const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 30_000;

/** A connection that authenticates, counts events and reconnects when one is missing. */
export class EventSocket {
  /** `onEvent(event)`, `onResync()` when events may be lost, `onState(isConnected)`. */
  constructor(token, { onEvent, onResync, onState }) {
    this.token = token;
    this.handlers = { onEvent, onResync, onState };
    this.retry = FIRST_RETRY_MS;
    this.connectionId = "";
    this.isClosed = false;
    this.connect();
  }

  connect() {
    this.expected = 0;
    this.asked = 0;
    this.isAnswered = true;
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    this.socket = new WebSocket(`${scheme}://${location.host}/api/v4/websocket`);
    this.socket.onopen = () => this.send("authentication_challenge", { token: this.token });
    this.socket.onmessage = ({ data }) => this.receive(JSON.parse(data));
    this.socket.onclose = () => this.lost();
  }

  receive(message) {
    if (message.event === undefined) {
      this.isAnswered = true;
      if (message.status === "FAIL") this.socket.close();
      return;
    }
    if (message.seq !== this.expected) {
      this.socket.close();
      return;
    }
    this.expected += 1;
    if (message.event === "hello") this.greeted(message.data.connection_id);
    else this.handlers.onEvent(message);
  }

  greeted(connectionId) {
    const isNew = this.connectionId !== "" && this.connectionId !== connectionId;
    this.connectionId = connectionId;
    this.retry = FIRST_RETRY_MS;
    clearInterval(this.pinging);
    this.pinging = setInterval(() => this.ping(), PING_MS);
    this.handlers.onState(true);
    if (isNew) this.handlers.onResync();
  }

  ping() {
    if (!this.isAnswered) {
      this.socket.close();
      return;
    }
    this.isAnswered = false;
    this.send("ping", {});
  }

  lost() {
    clearInterval(this.pinging);
    if (this.isClosed) return;
    this.handlers.onState(false);
    setTimeout(() => this.isClosed || this.connect(), this.retry);
    this.retry = Math.min(this.retry * 2, LAST_RETRY_MS);
  }

  send(action, data) {
    if (this.socket.readyState !== WebSocket.OPEN) return;
    this.asked += 1;
    this.socket.send(JSON.stringify({ seq: this.asked, action, data }));
  }

  typing(channelId, parentId) {
    this.send("user_typing", { channel_id: channelId, parent_id: parentId });
  }

  close() {
    this.isClosed = true;
    clearInterval(this.pinging);
    this.socket.close();
  }
}
