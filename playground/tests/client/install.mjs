// From an empty server to one with people, a team, a bot, a command and webhooks, as an installer goes about it.

import assert from "node:assert/strict";

import { PASSWORD, refusal } from "./context.mjs";

const account = (username) => ({ username, email: `${username}@example.com`, password: PASSWORD });

async function theFirstAccountIsTheAdministrators(session) {
  const nobody = session.client();
  const admin = await nobody.createUser(account("admin"), "", "");
  assert.equal(admin.roles, "system_admin system_user");
  const second = await refusal(nobody.createUser(account("mallory"), "", ""));
  assert.equal(second.id, "api.user.create_user.no_open_server");
  const wrong = await refusal(nobody.login("admin", "wrong password"));
  assert.equal(wrong.status, 401);
  session.admin = await session.as("admin");
  const me = await session.admin.getMe();
  assert.equal(me.id, admin.id);
  session.ids = { admin: admin.id };
}

async function settingsAreReadAndChanged({ admin, integration, url }) {
  const config = await admin.getConfig();
  assert.equal(config.ServiceSettings.EnableBotAccountCreation, false);
  const { hostname } = new URL(integration.url);
  const changed = await admin.patchConfig({
    ServiceSettings: { EnableBotAccountCreation: true, AllowedUntrustedInternalConnections: hostname },
  });
  assert.equal(changed.ServiceSettings.EnableBotAccountCreation, true);
  assert.deepEqual(await admin.getEnvironmentConfig(), {});
  const client = await admin.getClientConfig();
  assert.equal(client.SiteURL, url);
  assert.equal(client.MaxPostSize, "16383");
  assert.equal(admin.getServerVersion().startsWith("11.1.0"), true);
  assert.equal((await admin.ping()).status, "OK");
}

async function peopleATeamAndAChannel(session) {
  const { admin, ids } = session;
  const team = await admin.createTeam({ name: "acme", display_name: "Acme", type: "O" });
  ids.team = team.id;
  for (const name of ["alice", "bob"]) {
    const user = await admin.createUser(account(name), "", "");
    ids[name] = user.id;
    const member = await admin.addToTeam(team.id, user.id);
    assert.equal(member.roles, "team_user");
    session[name] = await session.as(name);
  }
  const channel = await session.alice.createChannel({ team_id: team.id, name: "lobby", display_name: "Lobby", type: "O" });
  ids.lobby = channel.id;
  const joined = await session.bob.addToChannel(ids.bob, channel.id);
  assert.equal(joined.roles, "channel_user");
  const mine = await session.bob.getMyChannels(team.id);
  assert.ok(mine.some(({ id }) => id === channel.id));
  const patched = await session.bob.patchMe({ locale: "ko", timezone: { useAutomaticTimezone: "false", manualTimezone: "Asia/Seoul", automaticTimezone: "" } });
  assert.equal(patched.locale, "ko");
  assert.equal((await session.alice.getUser(ids.bob)).timezone.manualTimezone, "Asia/Seoul");
}

async function aBotWithAToken(session) {
  const { admin, alice, ids } = session;
  const refused = await refusal(alice.createBot({ username: "gptbot" }));
  assert.equal(refused.status, 403);
  const bot = await admin.createBot({ username: "gptbot", display_name: "GPT", description: "answers questions" });
  ids.bot = bot.user_id;
  await admin.uploadProfileImage(bot.user_id, new Blob(["picture"], { type: "image/png" }));
  const token = await admin.createUserAccessToken(bot.user_id, "askwell");
  assert.equal(token.token.length, 26);
  session.token = token;
  await admin.addToTeam(ids.team, bot.user_id);
  await alice.addToChannel(bot.user_id, ids.lobby);
  session.bot = session.client();
  session.bot.setToken(token.token);
  const me = await session.bot.getMe();
  assert.equal(me.is_bot, true);
  assert.ok(me.last_picture_update > 0);
  assert.equal((await admin.getBotsIncludeDeleted()).length, 1);
}

async function aCommandIsCompletedAndCalled(session) {
  const { admin, alice, ids, integration } = session;
  const command = await admin.addCommand({
    team_id: ids.team,
    trigger: "askgpt",
    method: "P",
    url: `${integration.url}/ask`,
    auto_complete: true,
    auto_complete_desc: "Ask the assistant",
    auto_complete_hint: "[question]",
  });
  const place = { channel_id: ids.lobby, team_id: ids.team, root_id: "" };
  const [suggestion] = await alice.getCommandAutocompleteSuggestionsList("/ask", ids.team, place);
  assert.equal(suggestion.Complete, "askgpt");
  assert.equal(suggestion.Hint, "[question]");

  integration.tell({ response_type: "in_channel", text: "맑아요" });
  const reply = await alice.executeCommand("/askgpt 오늘 날씨 어때?", place);
  assert.equal(reply.text, "맑아요");
  const form = new URLSearchParams((await integration.next()).body);
  assert.equal(form.get("token"), command.token);
  assert.equal(form.get("text"), "오늘 날씨 어때?");
  const late = await fetch(form.get("response_url"), {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ response_type: "in_channel", text: "later" }),
  });
  assert.equal(await late.text(), "ok");
  const { order, posts } = await alice.getPosts(ids.lobby);
  assert.deepEqual(order.slice(0, 2).map((id) => posts[id].message), ["later", "맑아요"]);
  assert.equal(posts[order[0]].user_id, ids.alice);
  const renewed = await admin.regenCommandToken(command.id);
  assert.notEqual(renewed.token, command.token);
}

async function webhooksInAndOut(session) {
  const { admin, alice, ids, integration, url } = session;
  const incoming = await admin.createIncomingWebhook({ channel_id: ids.lobby, display_name: "answers" });
  const posted = await fetch(`${url}/hooks/${incoming.id}`, { method: "POST", body: JSON.stringify({ text: "by hook" }) });
  assert.equal(await posted.text(), "ok");
  const outgoing = await admin.createOutgoingWebhook({
    team_id: ids.team,
    display_name: "questions",
    trigger_words: ["gpt"],
    callback_urls: [`${integration.url}/out`],
    content_type: "application/json",
  });
  await alice.createPost({ channel_id: ids.lobby, message: "gpt 안녕" });
  const sent = JSON.parse((await integration.next()).body);
  assert.equal(sent.token, outgoing.token);
  assert.equal(sent.text, "gpt 안녕");
  await admin.removeOutgoingWebhook(outgoing.id);
  await admin.updateIncomingWebhook({ ...incoming, description: "kept" });
  const [held] = await admin.getIncomingWebhooks(ids.team);
  assert.equal(held.description, "kept");
}

async function theBotMayShowEphemeralPosts(session) {
  const { admin, bot, ids } = session;
  const post = { channel_id: ids.lobby, message: "psst" };
  assert.equal((await refusal(bot.createPostEphemeral(ids.alice, post))).status, 403);
  const role = await admin.getRoleByName("system_post_all");
  await admin.patchRole(role.id, { permissions: [...role.permissions, "create_post_ephemeral"] });
  await admin.updateUserRoles(ids.bot, "system_user system_post_all");
  const shown = await bot.createPostEphemeral(ids.alice, post);
  assert.equal(shown.type, "system_ephemeral");
}

export const install = [
  theFirstAccountIsTheAdministrators,
  settingsAreReadAndChanged,
  peopleATeamAndAChannel,
  aBotWithAToken,
  aCommandIsCompletedAndCalled,
  webhooksInAndOut,
  theBotMayShowEphemeralPosts,
];
