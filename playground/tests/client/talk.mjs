// Posts, threads, edits, reactions, files and buttons.

import assert from "node:assert/strict";

import { refusal } from "./context.mjs";

async function aPostIsMadeOnceAndEdited({ bot, alice, ids }) {
  const draft = { channel_id: ids.lobby, message: "생각", pending_post_id: "once", props: { askwell: { question: "1" } } };
  const post = await bot.createPost(draft);
  assert.equal((await bot.createPost(draft)).id, post.id);
  for (const message of ["생각 중", "생각 중이에요"]) await bot.patchPost({ id: post.id, message });
  const read = await alice.getPost(post.id);
  assert.equal(read.message, "생각 중이에요");
  assert.ok(read.edit_at > 0);
  assert.equal(read.props.from_bot, "true");
  const history = await bot.getPostEditHistory(post.id);
  assert.deepEqual(history.map(({ message }) => message), ["생각 중", "생각"]);
  assert.equal((await refusal(alice.patchPost({ id: post.id, message: "mine" }))).status, 403);
}

async function aThreadIsReadFollowedAndLeft(session) {
  const { alice, bob, bot, ids } = session;
  const root = await alice.createPost({ channel_id: ids.lobby, message: "a question" });
  for (const [client, message] of [[bot, "one"], [bob, "two"], [bot, "three"]]) {
    await client.createPost({ channel_id: ids.lobby, root_id: root.id, message });
  }
  const thread = await bob.getPostThread(root.id);
  assert.equal(thread.order.length, 4);
  assert.equal(thread.posts[root.id].reply_count, 3);
  const newest = await bob.getPaginatedPostThread(root.id, { direction: "up", perPage: 2 });
  assert.deepEqual(newest.order.slice(1).map((id) => newest.posts[id].message), ["three", "two"]);
  assert.equal(newest.has_next, true);
  const followed = await alice.getUserThreads("me", ids.team, {});
  assert.equal(followed.threads[0].id, root.id);
  assert.equal(followed.threads[0].unread_replies, 3);
  await alice.updateThreadFollowForUser(ids.alice, ids.team, root.id, false);
  assert.equal((await alice.getUserThreads("me", ids.team, {})).total, 0);
  const since = await bob.getPostsSince(ids.lobby, root.create_at - 1);
  assert.ok(since.order.includes(root.id));
  const before = await bob.getPostsBefore(ids.lobby, root.id, 0, 1);
  assert.equal(before.next_post_id, root.id);
  session.root = root;
}

async function emojisAreAddedAndTakenBack({ alice, bot, ids, root }) {
  await bot.addReaction(ids.bot, root.id, "eyes");
  const reactions = await alice.getReactionsForPost(root.id);
  assert.deepEqual(reactions.map(({ emoji_name }) => emoji_name), ["eyes"]);
  const unknown = await refusal(bot.addReaction(ids.bot, root.id, "no_such_emoji"));
  assert.equal(unknown.id, "app.emoji.get_by_name.no_result");
  await bot.removeReaction(ids.bot, root.id, "eyes");
  assert.deepEqual(await alice.getReactionsForPost(root.id), []);
}

async function aFileIsUploadedAttachedAndRead({ bot, bob, ids, root, url }) {
  const form = new FormData();
  form.append("channel_id", ids.lobby);
  form.append("client_ids", "mine");
  form.append("files", new Blob(["# 답\n"]), "answer.md");
  const uploaded = await bot.uploadFile(form);
  assert.deepEqual(uploaded.client_ids, ["mine"]);
  const [info] = uploaded.file_infos;
  assert.equal(info.mime_type, "text/markdown; charset=utf-8");
  const post = await bot.createPost({ channel_id: ids.lobby, root_id: root.id, message: "see", file_ids: [info.id] });
  assert.equal(post.metadata.files[0].name, "answer.md");
  const [held] = await bob.getFileInfosForPost(post.id);
  assert.equal(held.post_id, post.id);
  const read = await fetch(bob.getFileUrl(info.id), { headers: { Authorization: `Bearer ${bob.getToken()}` } });
  assert.equal(await read.text(), "# 답\n");
  assert.ok(bob.getFileUrl(info.id).startsWith(url));
}

async function aButtonUpdatesItsPost(session) {
  const { alice, bot, ids, integration } = session;
  const action = { id: "stop", type: "button", name: "멈추기", integration: { url: `${integration.url}/act`, context: { mac: "m" } } };
  const props = { attachments: [{ text: "thinking", actions: [action] }] };
  const post = await bot.createPost({ channel_id: ids.lobby, message: "…", props });
  assert.equal(post.props.attachments[0].actions[0].integration, undefined);
  integration.tell({ update: { message: "stopped", props: {} }, ephemeral_text: "done" });
  const clicked = await alice.doPostAction(post.id, "stop");
  assert.equal(clicked.status, "OK");
  const sent = JSON.parse((await integration.next()).body);
  assert.deepEqual(sent.context, { mac: "m" });
  assert.equal(sent.user_id, ids.alice);
  assert.equal((await alice.getPost(post.id)).message, "stopped");
  const gone = await refusal(alice.doPostAction(post.id, "stop"));
  assert.equal(gone.id, "api.post.do_action.action_id.app_error");
  session.trigger = { sent: sent.trigger_id, seen: clicked.trigger_id };
}

async function aDirectMessageAndAnArchivedChannel({ admin, alice, ids }) {
  const direct = await alice.createDirectChannel([ids.alice, ids.bot]);
  assert.equal(direct.type, "D");
  await alice.createPost({ channel_id: direct.id, message: "just us" });
  const old = await alice.createChannel({ team_id: ids.team, name: "old", display_name: "Old", type: "O" });
  await alice.deleteChannel(old.id);
  const refused = await refusal(alice.createPost({ channel_id: old.id, message: "x" }));
  assert.equal(refused.id, "api.post.create_post.can_not_post_to_deleted.error");
  assert.equal((await admin.unarchiveChannel(old.id)).delete_at, 0);
  await alice.savePreferences(ids.alice, [{ user_id: ids.alice, category: "askwell", name: "cursor", value: "7" }]);
  const kept = await alice.getMyPreferences();
  assert.equal(kept[0].value, "7");
}

export const talk = [
  aPostIsMadeOnceAndEdited,
  aThreadIsReadFollowedAndLeft,
  emojisAreAddedAndTakenBack,
  aFileIsUploadedAttachedAndRead,
  aButtonUpdatesItsPost,
  aDirectMessageAndAnArchivedChannel,
];
