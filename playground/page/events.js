// What each event of the server changes.

/** Applies one event. `load(userIds)` fetches people not yet known, `join(channelId)` a channel. */
export async function apply(state, { event, data, broadcast }, { load, join }) {
  const handler = HANDLERS[event];
  if (handler) await handler(state, data, { broadcast, load, join });
}

const HANDLERS = {
  posted,
  post_edited: edited,
  ephemeral_message: shownToMe,
  post_deleted: deleted,
  reaction_added: (state, data) => reacted(state, data, true),
  reaction_removed: (state, data) => reacted(state, data, false),
  typing(state, data, { broadcast }) {
    if (data.user_id !== state.me.id) state.startTyping(data.user_id, broadcast.channel_id, data.parent_id || "");
  },
  async user_added(state, data, { broadcast, join }) {
    if (data.user_id === state.me.id) await join(broadcast.channel_id);
  },
  async direct_added(state, data, { broadcast, join }) {
    await join(broadcast.channel_id);
  },
  user_removed(state, data) {
    if (data.channel_id && state.channels.delete(data.channel_id)) state.changed("channels");
  },
};

async function posted(state, data, { load, join }) {
  const post = JSON.parse(data.post);
  if (!state.channels.has(post.channel_id)) await join(post.channel_id);
  await load([post.user_id]);
  state.stopTyping(`${post.user_id} ${post.channel_id} ${post.root_id}`);
  if (!state.receive(post)) return;
  if (post.root_id) countReply(state, post);
  // Threads are collapsed: a reply leaves the channel as it is.
  const isForMe = data.channel_type === "D" || JSON.parse(data.mentions ?? "[]").includes(state.me.id);
  const isNews = post.user_id !== state.me.id && post.channel_id !== state.current && (isForMe || !post.root_id);
  if (isNews) state.markUnread(post.channel_id, isForMe);
  state.changed("channels");
  state.changed("posts");
}

function countReply(state, reply) {
  const root = state.posts.get(reply.root_id);
  if (root) state.posts.set(root.id, { ...root, reply_count: (root.reply_count ?? 0) + 1, last_reply_at: reply.create_at });
}

async function edited(state, data, { load }) {
  const post = JSON.parse(data.post);
  await load([post.user_id]);
  const known = state.posts.get(post.id);
  if (state.receive({ ...post, reply_count: Math.max(post.reply_count ?? 0, known?.reply_count ?? 0) })) state.changed("posts");
}

async function shownToMe(state, data, { load }) {
  const post = JSON.parse(data.post);
  await load([post.user_id]);
  if (state.receive(post)) state.changed("posts");
}

function deleted(state, data) {
  const post = JSON.parse(data.post);
  state.remove(post.id);
  const root = state.posts.get(post.root_id);
  if (root) state.posts.set(root.id, { ...root, reply_count: Math.max(0, (root.reply_count ?? 0) - 1) });
  state.changed("posts");
}

function reacted(state, data, isAdded) {
  const reaction = JSON.parse(data.reaction);
  const post = state.posts.get(reaction.post_id);
  if (!post) return;
  const isSame = (other) => other.user_id === reaction.user_id && other.emoji_name === reaction.emoji_name;
  const others = (post.metadata?.reactions ?? []).filter((other) => !isSame(other));
  const reactions = isAdded ? [...others, reaction] : others;
  state.posts.set(post.id, { ...post, metadata: { ...post.metadata, reactions } });
  state.changed("posts");
}
