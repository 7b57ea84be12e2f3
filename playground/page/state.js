// What this tab knows of the world, and what changes it. Views listen; nothing here touches the page.

const TYPING_MS = 5_000;

/** Everything known, with `change` events whose `detail` says what: channels, posts, typing. */
export class State extends EventTarget {
  me = null;
  team = null;
  users = new Map();
  channels = new Map();
  posts = new Map();
  current = "";
  thread = "";
  /** Of each channel: `{bold, mentions}`. */
  unread = new Map();
  /** Since when posts are new in the current channel; 0 is never. */
  newSince = 0;
  typists = new Map();

  changed(what) {
    this.dispatchEvent(new CustomEvent("change", { detail: what }));
  }

  userNamed(username) {
    for (const user of this.users.values()) if (user.username === username) return user;
    return undefined;
  }

  channelNamed(name) {
    for (const channel of this.channels.values()) if (channel.name === name) return channel;
    return undefined;
  }

  /** What to call a channel; a direct one is called like the other person. */
  nameOf(channel) {
    if (channel.type !== "D") return channel.display_name || channel.name;
    return this.users.get(this.otherIn(channel))?.username ?? channel.display_name;
  }

  /** The other person of a direct channel. */
  otherIn(channel) {
    const ids = channel.name.split("__");
    return ids.find((id) => id !== this.me.id) ?? this.me.id;
  }

  addUsers(users) {
    for (const user of users) this.users.set(user.id, user);
  }

  /**
   * Takes a post in. An older text never replaces a newer one, which is also what lets a preview of a post (ephemeral,
   * with its id) grow and then give way to the post itself.
   */
  receive(post) {
    const known = this.posts.get(post.id);
    if (known && post.update_at <= known.update_at) return false;
    this.posts.set(post.id, known?.metadata?.reactions && !post.metadata?.reactions
      ? { ...post, metadata: { ...post.metadata, reactions: known.metadata.reactions } }
      : post);
    return true;
  }

  /** Takes a list in, oldest first: posts of one millisecond stay in the order of the list. */
  receiveAll({ order = [], posts = {} }) {
    for (const id of [...order].reverse()) if (posts[id]) this.receive(posts[id]);
    for (const post of Object.values(posts)) this.receive(post);
  }

  remove(id) {
    this.posts.delete(id);
    for (const post of this.posts.values()) if (post.root_id === id) this.posts.delete(post.id);
    if (this.thread === id) this.thread = "";
  }

  /** A channel's posts as its middle pane shows them: without replies, oldest first. */
  rootsOf(channelId) {
    return this.sorted((post) => post.channel_id === channelId && post.root_id === "");
  }

  /** A root and its replies, oldest first. */
  threadOf(rootId) {
    const replies = this.repliesOf(rootId);
    const root = this.posts.get(rootId);
    return root ? [root, ...replies] : replies;
  }

  repliesOf(rootId) {
    return this.sorted((post) => post.root_id === rootId);
  }

  sorted(isWanted) {
    const posts = [...this.posts.values()].filter((post) => post.delete_at === 0 && !post.original_id && isWanted(post));
    return posts.sort((one, other) => one.create_at - other.create_at);
  }

  markUnread(channelId, isMention) {
    const unread = this.unread.get(channelId) ?? { bold: false, mentions: 0 };
    this.unread.set(channelId, { bold: true, mentions: unread.mentions + (isMention ? 1 : 0) });
  }

  markRead(channelId) {
    return this.unread.delete(channelId);
  }

  /** Somebody types, for the next five seconds or until they post. */
  startTyping(userId, channelId, rootId) {
    const key = `${userId} ${channelId} ${rootId}`;
    clearTimeout(this.typists.get(key)?.timer);
    const timer = setTimeout(() => this.stopTyping(key), TYPING_MS);
    this.typists.set(key, { userId, channelId, rootId, timer });
    this.changed("typing");
  }

  stopTyping(key) {
    clearTimeout(this.typists.get(key)?.timer);
    if (this.typists.delete(key)) this.changed("typing");
  }

  typingIn(channelId, rootId) {
    const here = [...this.typists.values()].filter((typist) => typist.channelId === channelId && typist.rootId === rootId);
    return here.map((typist) => this.users.get(typist.userId)?.username).filter(Boolean);
  }
}
