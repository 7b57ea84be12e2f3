// From a message to elements of the page. Text enters the page only as text: there is no HTML from strings here.

import { parseBlocks } from "./blocks.js";
import { EMOTICONS, emojiNamed } from "./emoji.js";
import { highlight } from "./highlight.js";
import { parseInline } from "./inline.js";

const SAFE_SCHEMES = new Set(["http", "https", "ftp", "mailto", "tel", "mattermost"]);
const GROUPS = new Set(["all", "channel", "here"]);
const EMOTICON = /(?<=^|\s)(?::-?[)(D]|;\)|<3|:p)(?=$|\s)/.source;
const TEXT = new RegExp([
  `(?<mention>(?<![\\w@])@[a-z0-9][a-z0-9._-]*)`,
  `(?<hashtag>(?<![\\p{L}\\d_#/&])#\\p{L}[\\p{L}\\d_.-]*[\\p{L}\\d])`,
  `(?<emoji>:[\\w+-]+:)`,
  `(?<emoticon>${EMOTICON})`,
  `(?<channel>(?<![\\w~])~[a-z0-9][a-z0-9_-]*)`,
  `(?<mail>[\\w.+-]+@[\\w-]+(?:\\.[\\w-]+)+)`,
].join("|"), "giu");

/** Makes an element, with children that are elements or text. */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    if (key === "class") made.className = value;
    else if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

/**
 * Renders a message. `context`: `me` (own name), `isUser(name)`, `channel(name)` (display name or undefined),
 * `unsafeLinks` (images show their text alone), `onChannel(name)`.
 */
export function render(text, context) {
  const { blocks, links } = parseBlocks(text);
  const body = document.createDocumentFragment();
  body.append(...blocks.map((block) => blockElement(block, { ...context, links })));
  return body;
}

function blockElement(block, context) {
  const inline = (text) => inlineElements(parseInline(text, context.links), context);
  switch (block.type) {
    case "heading":
      return element(`h${block.level}`, { class: "markdown__heading" }, ...inline(block.text));
    case "code":
      return codeBlock(block);
    case "rule":
      return element("hr");
    case "quote":
      return element("blockquote", {}, ...block.blocks.map((inner) => blockElement(inner, context)));
    case "table":
      return table(block, inline);
    case "list":
      return list(block, context);
    default:
      return element("p", {}, ...inline(block.text));
  }
}

function codeBlock({ language, text }) {
  const numbers = text.split("\n").map((_, index) => index + 1).join("\n");
  const code = element("code", {}, ...highlight(text, language).map(([kind, piece]) => (
    kind ? element("span", { class: `hl-${kind}` }, piece) : piece
  )));
  return element("div", { class: "post-code", tabindex: "0", role: "group", "aria-label": language || "code" },
    element("pre", { class: "post-code__numbers", "aria-hidden": "true" }, numbers),
    element("pre", { class: "post-code__text" }, code));
}

function table({ header, align, rows }, inline) {
  const cell = (name) => (text, column) => (
    element(name, { class: align[column] ? `align-${align[column]}` : undefined }, ...inline(text))
  );
  const head = element("tr", {}, ...header.map(cell("th")));
  const body = rows.map((row) => element("tr", {}, ...row.map(cell("td"))));
  return element("div", { class: "table-responsive", tabindex: "0", role: "group" },
    element("table", { class: "markdown__table" }, element("thead", {}, head), element("tbody", {}, ...body)));
}

function list({ ordered, start, items }, context) {
  const made = element(ordered ? "ol" : "ul", { class: "markdown__list" });
  if (ordered) made.start = start;
  // Seen in the real client: beside an open box a ticked one stays text.
  const hasOpenBox = items.some((item) => /^\[ \] /.test(item.blocks[0]?.text ?? ""));
  made.append(...items.map((item) => listItem(item, hasOpenBox, context)));
  return made;
}

function listItem({ loose, blocks }, hasOpenBox, context) {
  const box = blocks[0]?.type === "text" && /^\[([ xX])\] /.exec(blocks[0].text);
  const isBox = box && (box[1] === " " || !hasOpenBox);
  const item = element("li", { class: isBox ? "list-item--task-list" : undefined });
  if (isBox) {
    const tick = element("input", { type: "checkbox", disabled: true, "aria-label": box[1] === " " ? "☐" : "☑" });
    tick.checked = box[1] !== " ";
    item.append(tick);
  }
  blocks.forEach((block, index) => {
    const text = index === 0 && isBox ? block.text.slice(4) : block.text;
    if (block.type === "text" && !loose) item.append(...inlineElements(parseInline(text, context.links), context));
    else item.append(blockElement({ ...block, text }, context));
  });
  return item;
}

function inlineElements(nodes, context) {
  return nodes.flatMap((node) => {
    switch (node.type) {
      case "text":
        return formatted(decoded(node.text), context);
      case "escaped":
        return [node.text];
      case "break":
        return [element("br")];
      case "code":
        return [element("code", {}, node.text)];
      case "image":
        return [image(node, context)];
      case "link":
        return link(node, context);
      default: {
        const names = { strong: "strong", emphasis: "em", deleted: "del" };
        return [element(names[node.type], {}, ...inlineElements(node.children, context))];
      }
    }
  });
}

function image({ href, title, alt }, { unsafeLinks }) {
  const target = safeTarget(href);
  if (unsafeLinks || !target) return alt;
  return element("img", { class: "markdown-inline-img", src: target, alt, title, loading: "lazy", referrerpolicy: "no-referrer" });
}

function link(node, context) {
  const target = safeTarget(node.href);
  const children = inlineElements(node.children, { ...context, isInLink: true });
  if (!target) return children;
  return [element("a", {
    class: "markdown__link", href: target, title: node.title, target: "_blank", rel: "noreferrer noopener",
  }, ...children)];
}

/** The address to link to, or null for schemes that run or hide something. */
export function safeTarget(href) {
  const clean = decoded(href).replace(/[\u0000-\u0020\u00a0\u200b-\u200f\u2060\ufeff]/g, "");
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(clean);
  if (scheme) return SAFE_SCHEMES.has(scheme[1].toLowerCase()) ? clean : null;
  if (clean === "") return null;
  return clean.startsWith("/") ? clean : `http://${clean}`;
}

function decoded(text) {
  const names = { amp: "&", lt: "<", gt: ">", quot: '"', nbsp: "\u00a0", colon: ":" };
  return text.replace(/&(?:#(\d{1,7})|#x([\da-f]{1,6})|(\w+));/gi, (whole, decimal, hex, name) => {
    if (name) return Object.hasOwn(names, name) ? names[name] : whole;
    const point = decimal ? Number(decimal) : parseInt(hex, 16);
    return point > 0 && point <= 0x10ffff ? String.fromCodePoint(point) : whole;
  });
}

// Mentions, hashtags, emoji and addresses in plain text.
function formatted(text, context) {
  const pieces = [];
  let at = 0;
  for (const found of text.matchAll(TEXT)) {
    const made = special(found.groups, context);
    if (!made) continue;
    if (found.index > at) pieces.push(text.slice(at, found.index));
    pieces.push(...made);
    at = found.index + found[0].length;
  }
  if (at < text.length) pieces.push(text.slice(at));
  return pieces;
}

function special(groups, context) {
  const { mention, hashtag, emoji, emoticon, channel, mail } = groups;
  if (mention) return mentioned(mention, context);
  if (emoji) {
    const sign = emojiNamed(emoji.slice(1, -1));
    return sign ? [element("span", { class: "emoji", title: emoji }, sign)] : null;
  }
  if (emoticon) return [element("span", { class: "emoji", title: emoticon }, EMOTICONS[emoticon])];
  if (context.isInLink) return null;
  if (hashtag) return hashtag.length > 3 ? [element("span", { class: "hashtag" }, hashtag)] : null;
  if (channel) {
    const name = channel.slice(1).toLowerCase();
    const display = context.channel?.(name);
    if (!display) return null;
    const onclick = () => context.onChannel?.(name);
    return [element("button", { type: "button", class: "mention-link", onclick }, `~${display}`)];
  }
  return [element("a", { class: "markdown__link", href: `mailto:${mail}` }, mail)];
}

// A name may be followed by the punctuation of its sentence.
function mentioned(mention, context) {
  for (let name = mention.slice(1); name; name = name.replace(/[._-]$/, "")) {
    const known = name.toLowerCase();
    const isMine = known === context.me || GROUPS.has(known);
    if (isMine || context.isUser?.(known)) {
      const rest = mention.slice(1 + name.length);
      const shown = element("span", { class: isMine ? "mention mention--highlight" : "mention" }, `@${name}`);
      return rest ? [shown, rest] : [shown];
    }
    if (!/[._-]$/.test(name)) return null;
  }
  return null;
}
