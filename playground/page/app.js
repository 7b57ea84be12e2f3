// The page: what is where, and what happens when.

import * as api from "./api.js";
import { Composer } from "./composer.js";
import { apply } from "./events.js";
import { icon } from "./icons.js";
import { showLogin } from "./login.js";
import { element } from "./markdown.js";
import { PostPane } from "./pane.js";
import { avatar } from "./post.js";
import { Sidebar } from "./sidebar.js";
import { EventSocket } from "./socket.js";
import { State } from "./state.js";
import { say } from "./strings.js";

const root = document.querySelector("#app");

async function start() {
  if (!api.session.token) return showLogin(root, start);
  try {
    const app = new App();
    await app.load();
  } catch (error) {
    if (error.status !== 401) throw error;
    api.session.forget();
    await showLogin(root, start);
  }
  return undefined;
}

class App {
  constructor() {
    this.state = new State();
    this.ends = new Set();
    this.visits = 0;
    this.startedAt = Date.now();
    /** When each channel was last looked at. */
    this.leftAt = new Map();
  }

  async load() {
    const { state } = this;
    state.me = await api.me();
    state.addUsers([state.me]);
    [state.team] = await api.teams();
    if (!state.team) {
      api.session.forget();
      await showLogin(root, start);
      root.querySelector(".login__error").textContent = say("noTeam");
      return;
    }
    await this.loadChannels();
    this.build();
    state.addEventListener("change", ({ detail }) => this.show(detail));
    // Events are taken in one after another: a later text must not overtake an earlier one that waits for its author.
    let last = Promise.resolve();
    this.socket = new EventSocket(api.session.token, {
      onEvent: (event) => { last = last.then(() => this.receive(event)).catch(() => {}); },
      onResync: () => this.resync(),
      onState: (isConnected) => { this.offline.hidden = isConnected; },
    });
    const named = state.channelNamed(decodeURIComponent(location.hash.slice(1)));
    await this.open(named ?? state.channelNamed("town-square") ?? [...state.channels.values()][0]);
  }

  async loadChannels() {
    const { state } = this;
    const [channels, people] = await Promise.all([api.channels(state.team.id), api.teamMembers(state.team.id).catch(() => [])]);
    state.addUsers(people);
    for (const channel of channels) state.channels.set(channel.id, channel);
    await this.know(channels.filter((channel) => channel.type === "D").map((channel) => state.otherIn(channel)));
  }

  receive(event) {
    return apply(this.state, event, { load: (ids) => this.know(ids), join: (id) => this.join(id) });
  }

  async know(ids) {
    const unknown = [...new Set(ids)].filter((id) => id && !this.state.users.has(id));
    if (unknown.length > 0) this.state.addUsers(await api.usersById(unknown).catch(() => []));
  }

  async join(id) {
    const channel = await api.channel(id);
    this.state.channels.set(id, channel);
    if (channel.type === "D") await this.know([this.state.otherIn(channel)]);
    this.state.changed("channels");
  }

  build() {
    const { state } = this;
    const view = {
      onThread: (post) => this.openThread(post.root_id || post.id),
      onAction: (post, action) => api.act(post.id, action.id).catch(() => {}),
      onReaction: (post, name) => this.toggleReaction(post, name),
      onChannel: (name) => this.open(state.channelNamed(name)),
    };
    const side = element("aside", { class: "sidebar", id: "sidebar" });
    this.sidebar = new Sidebar(side, state, { onOpen: (channel) => this.open(channel), onDirect: () => this.openDirect() });
    this.title = element("h2", { class: "channel__title" });
    this.count = element("span", { class: "channel__count" });
    const middle = element("section", { class: "scroller", tabindex: "0", role: "log", "aria-label": say("messages") }, element("div", { class: "posts" }));
    this.pane = new PostPane(middle, state, view, () => this.loadOlder());
    this.composer = this.composerFor(() => "");
    const right = element("section", { class: "scroller", tabindex: "0", role: "log", "aria-label": say("thread") }, element("div", { class: "posts" }));
    this.threadPane = new PostPane(right, state, { ...view, isInThread: true });
    this.threadComposer = this.composerFor(() => state.thread);
    this.threadComposer.label(say("replyTo"));
    this.threadName = element("span", { class: "thread__channel" });
    this.right = element("aside", { class: "thread", hidden: true, "aria-label": say("thread") },
      element("header", { class: "pane__header" }, element("h2", {}, say("thread")), this.threadName,
        iconButton("close", "closeThread", () => this.closeThread(), "thread__close")),
      right, this.threadComposer.element);
    this.offline = element("p", { class: "offline", role: "status", hidden: true }, say("offline"));
    const menu = iconButton("menu", "openSidebar", () => this.toggleSidebar(true), "channel__menu");
    const centre = element("main", { class: "channel" },
      element("header", { class: "pane__header" }, menu, this.title, this.count), middle, this.composer.element);
    root.replaceChildren(this.topBar(), this.offline,
      element("div", { class: "workspace" }, side,
        element("button", { type: "button", class: "shade", "aria-label": say("closeSidebar"), onclick: () => this.toggleSidebar(false) }), centre, this.right));
    document.addEventListener("keydown", (event) => this.pressed(event));
    addEventListener("focus", () => this.read());
  }

  topBar() {
    const { me } = this.state;
    const out = element("button", { type: "button", class: "me", "aria-label": `${me.username} — ${say("logOut")}`, title: `${me.username} — ${say("logOut")}`, onclick: () => this.leave() },
      avatar(me, "avatar avatar--me"), icon("leave"));
    return element("header", { class: "top" }, element("span", { class: "top__brand" }, icon("spark"), "Playground", element("span", { class: "top__edition" }, say("simulated"))), out);
  }

  composerFor(rootId) {
    const { state } = this;
    return new Composer({
      send: (text) => this.send(text, rootId()),
      typing: () => this.socket.typing(state.current, rootId()),
      suggest: (text) => api.suggestions(state.team.id, text),
    });
  }

  send(text, rootId) {
    const place = { channel_id: this.state.current, root_id: rootId };
    (rootId ? this.threadPane : this.pane).isAtEnd = true;
    if (text.startsWith("/")) return api.execute({ ...place, command: text, team_id: this.state.team.id });
    return api.createPost({ ...place, message: text, pending_post_id: `${this.state.me.id}:${Date.now()}` });
  }

  async open(channel) {
    if (!channel) return;
    const { state } = this;
    this.visits += 1;
    const visit = this.visits;
    const unread = state.unread.get(channel.id);
    if (state.current) this.leftAt.set(state.current, Date.now());
    state.current = channel.id;
    state.newSince = unread ? this.leftAt.get(channel.id) ?? this.startedAt : 0;
    state.markRead(channel.id);
    this.closeThread();
    this.toggleSidebar(false);
    this.pane.restart();
    this.pane.scroller.ariaBusy = "true";
    this.composer.reset();
    this.composer.label(say("writeTo", { name: state.nameOf(channel) }));
    this.title.replaceChildren(icon(channel.type === "O" ? "globe" : channel.type === "D" ? "people" : "lock"), state.nameOf(channel));
    this.count.replaceChildren();
    history.replaceState(null, "", `#${encodeURIComponent(channel.name)}`);
    document.title = `${state.nameOf(channel)} — ${state.team.display_name}`;
    state.changed("channels");
    const list = await api.posts(channel.id).catch((error) => {
      this.composer.error.textContent = error.message;
      return {};
    });
    await this.loadPosts(channel.id, list);
    if (visit !== this.visits) return;
    this.pane.scroller.ariaBusy = "false";
    this.composer.field.focus({ preventScroll: true });
    this.read();
    const members = await api.channelMembers(channel.id).catch(() => []);
    if (visit !== this.visits || members.length === 0) return;
    this.count.replaceChildren(icon("people"), element("span", { "aria-label": say("members", { count: members.length }) }, String(members.length)));
    await this.know(members.map((member) => member.user_id));
  }

  async loadPosts(channelId, list) {
    await this.know(Object.values(list.posts ?? {}).map((post) => post.user_id));
    this.state.receiveAll(list);
    if (!list.prev_post_id) this.ends.add(channelId);
    if (channelId === this.state.current) this.state.changed("posts");
  }

  async loadOlder() {
    const { current } = this.state;
    const [first] = this.state.rootsOf(current);
    if (this.isLoading || this.ends.has(current) || !first) return;
    this.isLoading = true;
    try {
      await this.loadPosts(current, await api.posts(current, first.id));
    } finally {
      this.isLoading = false;
    }
  }

  async resync() {
    await this.loadChannels();
    const { current } = this.state;
    await this.loadPosts(current, await api.posts(current));
    if (this.state.thread) this.state.receiveAll(await api.thread(this.state.thread));
    this.state.changed("channels");
    this.state.changed("posts");
  }

  /** The current channel was read, as far as it was on the screen. */
  read() {
    const { current } = this.state;
    if (this.state.markRead(current)) this.state.changed("channels");
    this.leftAt.set(current, Date.now());
  }

  async openThread(id) {
    const { state } = this;
    state.thread = id;
    this.threadPane.restart();
    this.threadComposer.reset();
    this.threadName.textContent = state.nameOf(state.channels.get(state.current));
    this.right.hidden = false;
    state.changed("posts");
    const list = await api.thread(id).catch(() => ({}));
    await this.know(Object.values(list.posts ?? {}).map((post) => post.user_id));
    state.receiveAll(list);
    state.changed("posts");
    this.threadComposer.field.focus();
  }

  closeThread() {
    this.state.thread = "";
    this.right.hidden = true;
  }

  async openDirect() {
    const username = prompt(say("openDirectPrompt"))?.trim().replace(/^@/, "").toLowerCase();
    if (!username) return;
    try {
      const other = await api.userByName(username);
      this.state.addUsers([other]);
      const channel = await api.openDirect(this.state.me.id, other.id);
      this.state.channels.set(channel.id, channel);
      await this.open(channel);
    } catch (error) {
      this.composer.error.textContent = error.message;
    }
  }

  async toggleReaction(post, name) {
    const { me } = this.state;
    const isMine = post.metadata?.reactions?.some((reaction) => reaction.user_id === me.id && reaction.emoji_name === name);
    await (isMine ? api.unreact(me.id, post.id, name) : api.react(me.id, post.id, name)).catch(() => {});
  }

  toggleSidebar(isOpen) {
    document.body.classList.toggle("sidebar-open", isOpen);
    if (isOpen) root.querySelector(".sidebar__item--current")?.focus();
  }

  pressed(event) {
    if (event.key === "Escape") {
      if (document.body.classList.contains("sidebar-open")) this.toggleSidebar(false);
      else if (!this.right.hidden) this.closeThread();
    }
    if (event.altKey && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      const channels = this.sidebar.ordered().map(({ channel }) => channel);
      const at = channels.findIndex((channel) => channel.id === this.state.current);
      this.open(channels[(at + (event.key === "ArrowDown" ? 1 : channels.length - 1)) % channels.length]);
    }
  }

  show(what) {
    const { state } = this;
    if (what === "channels") this.sidebar.show();
    if (what === "posts") {
      this.pane.show(state.rootsOf(state.current), { newSince: state.newSince, introduction: this.introduction() });
      if (state.thread) this.threadPane.show(state.threadOf(state.thread));
      else this.right.hidden = true;
    }
    if (what === "typing") {
      this.composer.showTyping(state.typingIn(state.current, ""));
      this.threadComposer.showTyping(state.thread ? state.typingIn(state.current, state.thread) : []);
    }
  }

  introduction() {
    const { current } = this.state;
    if (!this.ends.has(current)) return undefined;
    const channel = this.state.channels.get(current);
    if (this.introduced?.id !== current) {
      const name = this.state.nameOf(channel);
      const text = say(channel.type === "D" ? "beginningDirect" : "beginning", { name });
      this.introduced = { id: current, element: element("div", { class: "introduction" }, element("h2", {}, name), element("p", {}, text)) };
    }
    return this.introduced.element;
  }

  async leave() {
    this.socket.close();
    await api.logOut().catch(() => {});
    api.session.forget();
    location.reload();
  }
}

function iconButton(name, sentence, onclick, className) {
  return element("button", { type: "button", class: `icon-button ${className}`, "aria-label": say(sentence), title: say(sentence), onclick }, icon(name));
}

start();
