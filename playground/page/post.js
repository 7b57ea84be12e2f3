// One post as an element.

import { emojiNamed } from "./emoji.js";
import { icon } from "./icons.js";
import { element, render, safeTarget } from "./markdown.js";
import { clock, fullDate, say } from "./strings.js";

/** A post higher than this collapses behind a button. */
export const COLLAPSE_HEIGHT = 600;

const COLOURS = ["#7bc94c", "#23b9dd", "#a37bd1", "#e0734e", "#3f7fd4", "#c95c96", "#4aa583", "#b08a2e"];
const STYLES = { default: "default", primary: "primary", good: "success", success: "success", warning: "warning", danger: "danger" };

/** A person's picture: their letter, or what they are. */
export function avatar(user, className = "avatar") {
  if (user?.is_bot) return element("span", { class: `${className} avatar--bot`, "aria-hidden": "true" }, icon("robot"));
  const username = user?.username ?? "?";
  const picture = element("span", { class: className, "aria-hidden": "true" }, username[0].toUpperCase());
  let sum = 0;
  for (const letter of username) sum = (sum * 31 + letter.codePointAt(0)) % 997;
  const known = { alice: 0, bob: 1, admin: 2 };
  picture.style.background = COLOURS[known[username] ?? sum % COLOURS.length];
  return picture;
}

/** Who a post says it is from: `{name, isBot, picture}`. */
export function authorOf(state, post) {
  const user = state.users.get(post.user_id);
  const props = post.props ?? {};
  if (props.from_webhook === "true") {
    const picture = element("span", { class: "avatar avatar--hook", "aria-hidden": "true" }, icon(props.override_icon_url ? "globe" : "webhook"));
    return { name: props.override_username || user?.username || "webhook", isBot: true, picture };
  }
  if (post.type.startsWith("system_") && !user?.is_bot) {
    const picture = element("span", { class: "avatar avatar--system", "aria-hidden": "true" }, icon("spark"));
    return { name: say("system"), isBot: false, picture };
  }
  return { name: user?.username ?? "…", isBot: Boolean(user?.is_bot || props.from_bot === "true"), picture: avatar(user) };
}

/** Whether a post only goes on what the one before it said. */
export function continues(post, before) {
  return Boolean(before) && before.user_id === post.user_id && before.props?.from_webhook === post.props?.from_webhook
    && before.props?.override_username === post.props?.override_username && before.type === post.type
    && !post.type && post.create_at - before.create_at < 5 * 60 * 1000 && before.root_id === post.root_id;
}

/**
 * Makes the element of a post. `view`: `isContinued`, `isInThread`, and what its buttons do: `onThread(post)`,
 * `onAction(post, action)`, `onReaction(post, name)`, `onChannel(name)`.
 */
export function postElement(state, post, view) {
  const author = authorOf(state, post);
  const isEphemeral = post.type === "system_ephemeral";
  const isSystem = post.type.startsWith("system_");
  const classes = ["post", view.isContinued && "post--continued", isSystem && "post--muted", isEphemeral && "post--ephemeral"];
  const made = element("article", {
    class: classes.filter(Boolean).join(" "), id: `${view.isInThread ? "reply" : "post"}_${post.id}`, "data-post": post.id,
    tabindex: "-1", "aria-label": `${author.name}, ${fullDate(post.create_at)}`,
  });
  const time = element("time", { datetime: new Date(post.create_at).toISOString(), title: fullDate(post.create_at) }, clock(post.create_at));
  const content = element("div", { class: "post__content" });
  if (view.isContinued) {
    made.append(element("div", { class: "post__side" }, time));
  } else {
    made.append(element("div", { class: "post__side" }, author.picture));
    content.append(element("header", { class: "post__header" },
      element("span", { class: "post__author" }, author.name),
      author.isBot ? element("span", { class: "tag" }, say("bot")) : null, time,
      isEphemeral ? element("span", { class: "post__visibility" }, say("onlyYou")) : null));
  }
  content.append(body(state, post, view));
  made.append(content);
  if (!view.isInThread && !isEphemeral) made.append(menu(post, view));
  return made;
}

function body(state, post, view) {
  const text = element("div", { class: "post__text" });
  text.append(render(post.message, {
    me: state.me.username,
    isUser: (name) => Boolean(state.userNamed(name)),
    channel: (name) => state.channelNamed(name)?.display_name,
    unsafeLinks: post.props?.unsafe_links === "true",
    onChannel: view.onChannel,
  }));
  if (post.edit_at > 0) markEdited(text);
  const whole = element("div", { class: "post__body" }, text);
  whole.append(...attachments(state, post, view), ...reactions(state, post, view), ...footer(state, post, view));
  return whole;
}

// After the last word, or on a line of its own after a block.
function markEdited(text) {
  const mark = element("span", { class: "post__edited" }, icon("pencil"), say("edited"));
  const last = text.lastElementChild;
  if (last?.tagName === "P") last.append(" ", mark);
  else text.append(element("p", { class: "post__edited-line" }, mark));
}

function menu(post, { onThread }) {
  return element("div", { class: "post__menu" },
    element("button", { type: "button", class: "icon-button", "aria-label": say("reply"), title: say("reply"), onclick: () => onThread(post) }, icon("reply")));
}

function footer(state, post, { isInThread, onThread }) {
  const replies = state.repliesOf(post.id);
  // A page of a channel brings its threads along, and leaves counting to its reader.
  const count = Math.max(post.reply_count ?? 0, replies.length);
  if (isInThread || count === 0) return [];
  const label = say("replies", { count });
  const repliers = new Set(replies.map((reply) => reply.user_id));
  const pictures = [...repliers].slice(0, 3).map((id) => avatar(state.users.get(id), "avatar avatar--small"));
  return [element("button", { type: "button", class: "post__replies", onclick: () => onThread(post) }, ...pictures, icon("reply"), label)];
}

function reactions(state, post, { onReaction }) {
  const byName = new Map();
  for (const reaction of post.metadata?.reactions ?? []) {
    byName.set(reaction.emoji_name, [...(byName.get(reaction.emoji_name) ?? []), reaction.user_id]);
  }
  if (byName.size === 0) return [];
  const buttons = [...byName].map(([name, users]) => {
    const who = users.map((id) => state.users.get(id)?.username ?? "…").join(", ");
    return element("button", {
      type: "button", class: "reaction", title: `${who} :${name}:`, "aria-label": `:${name}: ${users.length} (${who})`,
      "aria-pressed": String(users.includes(state.me.id)), onclick: () => onReaction(post, name),
    }, element("span", { class: "emoji" }, emojiNamed(name) ?? `:${name}:`), ` ${users.length}`);
  });
  return [element("div", { class: "post__reactions" }, ...buttons)];
}

function attachments(state, post, view) {
  const list = Array.isArray(post.props?.attachments) ? post.props.attachments : [];
  return list.map((attachment) => {
    const markdown = (text) => render(text, { me: state.me.username, isUser: () => false, unsafeLinks: true });
    const made = element("div", { class: "attachment" });
    const colours = { good: "#00c100", warning: "#dede01", danger: "#e40303" };
    const colour = colours[attachment.color] ?? attachment.color ?? "";
    if (/^#[\da-f]{3,8}$/i.test(colour)) made.style.borderLeftColor = colour;
    if (attachment.title) made.append(title(attachment));
    if (attachment.text) made.append(markdown(attachment.text));
    for (const field of attachment.fields ?? []) {
      made.append(element("p", { class: "attachment__field" }, element("strong", {}, String(field.title ?? "")), element("br"), String(field.value ?? "")));
    }
    if (attachment.footer) made.append(element("p", { class: "attachment__footer" }, attachment.footer));
    const actions = (attachment.actions ?? []).filter((action) => action.id && action.name && action.type !== "select");
    if (actions.length > 0) made.append(element("div", { class: "attachment__actions" }, ...actions.map((action) => button(post, action, view))));
    const whole = element("div", { class: "attachment__wrap" });
    if (attachment.pretext) whole.append(markdown(attachment.pretext));
    whole.append(made);
    return whole;
  });
}

function title({ title: text, title_link: href }) {
  const target = href && safeTarget(href);
  const inner = target ? element("a", { class: "markdown__link", href: target, target: "_blank", rel: "noreferrer noopener" }, text) : text;
  return element("h4", { class: "attachment__title" }, inner);
}

// Like the real one: nothing happens on the screen until the answer comes.
function button(post, action, { onAction }) {
  const style = STYLES[action.style] ?? "default";
  const made = element("button", {
    type: "button", class: `action action--${style}`, title: action.tooltip, disabled: Boolean(action.disabled), onclick: () => onAction(post, action),
  }, action.name);
  if (/^#[\da-f]{6}$/i.test(action.style ?? "")) {
    made.style.color = action.style;
    made.style.background = `${action.style}14`;
  }
  return made;
}

/** Collapses the text of a post that is too high, once it stands on the page. */
export function collapse(made, isOpened, onToggle) {
  const text = made.querySelector(".post__text");
  if (!text || text.scrollHeight <= COLLAPSE_HEIGHT) return;
  text.classList.toggle("post__text--collapsed", !isOpened);
  const more = element("button", { type: "button", class: "show-more__button", "aria-expanded": String(isOpened), onclick: onToggle },
    icon(isOpened ? "up" : "down"), say(isOpened ? "showLess" : "showMore"));
  text.after(element("div", { class: "show-more" }, more));
}
