// Events over the library's own socket: a greeting, a dialog, a cut that is resumed, and a token that is taken away.

import assert from "node:assert/strict";

import mattermost from "@mattermost/client";
import WebSocket from "ws";

import { refusal } from "./context.mjs";

/** The library's client, with what it was told; it comes back at once when it is cut off. */
class Ear {
  events = [];
  closes = 0;
  missed = 0;
  waiting = [];

  constructor(newWebSocketFn) {
    const config = { minWebSocketRetryTime: 1, reconnectJitterRange: 1 };
    if (newWebSocketFn) config.newWebSocketFn = newWebSocketFn;
    this.client = new mattermost.WebSocketClient(config);
    this.client.addMessageListener((event) => this.note(() => this.events.push(event)));
    this.client.addCloseListener(() => this.note(() => (this.closes += 1)));
    this.client.addMissedMessageListener(() => this.note(() => (this.missed += 1)));
  }

  note(change) {
    change();
    this.waiting.splice(0).forEach((wake) => wake());
  }

  /** Waits until something that it was told is as it should be, and answers that. */
  async until(find) {
    for (;;) {
      const found = find();
      if (found) return found;
      await new Promise((wake) => this.waiting.push(wake));
    }
  }

  event(name) {
    return this.until(() => this.events.find(({ event }) => event === name));
  }

  posted(message) {
    return this.until(() => this.events.find(({ event, data }) => event === "posted" && JSON.parse(data.post).message === message));
  }

  reply(action, data) {
    return new Promise((answer) => this.client.sendMessage(action, data, answer));
  }
}

/** Waits until the server knows how somebody stands. */
async function until(client, userId, wanted) {
  for (;;) {
    const { status } = await client.getStatus(userId);
    if (status === wanted) return;
  }
}

async function aChallengeIsAnswered(session) {
  const { alice, bot, ids, url } = session;
  const ear = new Ear();
  ear.client.initialize(`${url.replace("http", "ws")}/api/v4/websocket`, alice.getToken());
  const hello = await ear.event("hello");
  assert.equal(hello.broadcast.user_id, ids.alice);
  const post = await bot.createPost({ channel_id: ids.lobby, message: "heard by alice" });
  await ear.posted("heard by alice");
  await bot.createPostEphemeral(ids.alice, { id: post.id, channel_id: ids.lobby, message: "growing", update_at: post.update_at + 1 });
  const preview = JSON.parse((await ear.event("ephemeral_message")).data.post);
  assert.equal(preview.id, post.id);
  await bot.addReaction(ids.bot, post.id, "eyes");
  await ear.event("reaction_added");
  await bot.deletePost(post.id);
  await ear.event("post_deleted");
  const typing = await ear.reply("user_typing", { channel_id: ids.lobby, parent_id: "" });
  assert.equal(typing.status, "OK");
  session.aliceEar = ear;
}

async function aDialogReachesWhoClickedAndIsSent({ alice, aliceEar, ids, integration, trigger, url }) {
  const dialog = { callback_id: "budget", title: "Budget", state: "signed", elements: [{ display_name: "Amount", name: "amount", type: "text" }] };
  const opened = await fetch(`${url}/api/v4/actions/dialogs/open`, {
    method: "POST",
    body: JSON.stringify({ trigger_id: trigger.sent, url: `${integration.url}/dialog`, dialog }),
  });
  assert.equal(opened.status, 200);
  const shown = JSON.parse((await aliceEar.event("open_dialog")).data.dialog);
  assert.equal(shown.trigger_id, trigger.seen);
  assert.equal(shown.dialog.elements[0].max_length, 0);
  integration.tell({ errors: { amount: "too much" } });
  const answer = await alice.submitInteractiveDialog({
    url: `${integration.url}/dialog`,
    callback_id: "budget",
    state: "signed",
    channel_id: ids.lobby,
    team_id: ids.team,
    submission: { amount: "5" },
  });
  assert.deepEqual(answer, { errors: { amount: "too much" } });
  const sent = JSON.parse((await integration.next()).body);
  assert.equal(sent.type, "dialog_submission");
  assert.equal(sent.user_id, ids.alice);
  aliceEar.client.close();
}

async function aCutIsResumedWithoutALoss(session) {
  const { admin, alice, ids, network, token } = session;
  const address = `ws://127.0.0.1:${network.port}/api/v4/websocket`;
  const headers = { Authorization: `Bearer ${token.token}` };
  const ear = new Ear((where) => new WebSocket(where, { headers }));
  ear.client.initialize(address);
  await ear.event("hello");
  await alice.createPost({ channel_id: ids.lobby, message: "before the cut" });
  await ear.posted("before the cut");
  const greeted = ear.client.connectionId;

  network.cut();
  await ear.until(() => ear.closes > 0);
  await until(admin, ids.bot, "offline");
  await alice.createPost({ channel_id: ids.lobby, message: "during the cut" });
  network.mend();
  await ear.posted("during the cut");
  assert.equal(ear.client.connectionId, greeted);
  assert.equal(ear.missed, 0);
  const numbers = ear.events.map(({ seq }) => seq);
  assert.deepEqual(numbers, numbers.map((_, at) => at));
  session.ear = ear;
}

async function aTokenThatIsTakenAwaySilencesItsSocket(session) {
  const { admin, alice, bot, ear, ids, token } = session;
  const closes = ear.closes;
  await admin.revokeUserAccessToken(token.id);
  await alice.createPost({ channel_id: ids.lobby, message: "unheard" });
  const pong = await ear.reply("ping");
  assert.equal(pong.status, "FAIL");
  assert.equal(pong.error.id, "api.web_socket_router.not_authenticated.app_error");
  await ear.until(() => ear.closes > closes);
  ear.client.close();
  ear.client.conn?.terminate();
  assert.ok(ear.events.every(({ event, data }) => event !== "posted" || JSON.parse(data.post).message !== "unheard"));
  assert.equal((await refusal(bot.getMe())).id, "api.context.session_expired.app_error");
}

export const listen = [
  aChallengeIsAnswered,
  aDialogReachesWhoClickedAndIsSent,
  aCutIsResumedWithoutALoss,
  aTokenThatIsTakenAwaySilencesItsSocket,
];
