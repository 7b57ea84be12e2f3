// Markdown inside a block, as Mattermost's web client sees it. Gives a list of plain objects.

const ESCAPE = /\\([`*{}[\]()#+\-.!_>|~]|\\(?!\w))/y;
const AUTOLINK = /<((?:[^ >]+(?:@|:\/)|www\d{0,3}\.)[^ >]+)>/y;
const URL_START = /(?:[A-Za-z][A-Za-z\d.+-]*:\/{1,3}|mailto:|tel:\+?(?=\d)|www\d{0,3}\.)/y;
const CODE = /(`+)([^`]|[^`][^]*?[^`])\1(?!`)/y;
const STRONG = /\*\*([^]+?)\*\*(?!\*)|__([^]+?)__(?!_)/y;
const DELETED = /~~(?=\S)([^]*?\S)~~/y;
const BREAK = / *\n/y;
const PUNCTUATION = /[\s!"#$%&'()*+,\-./:;<=>?@\\[^_{|}~\]]/;
const MAX_DEPTH = 40;

/** Parses the text of one block. `links` are the definitions of the message. */
export function parseInline(text, links, depth = 0) {
  if (depth > MAX_DEPTH) return [{ type: "text", text }];
  const nodes = [];
  let plain = "";
  let at = 0;
  while (at < text.length) {
    const found = nodeAt(text, at, links, depth);
    if (!found) {
      plain += text[at];
      at += 1;
    } else if (found.text !== undefined) {
      plain += found.text;
      at = found.end;
    } else {
      if (plain) nodes.push({ type: "text", text: plain });
      plain = "";
      nodes.push(found.node);
      at = found.end;
    }
  }
  if (plain) nodes.push({ type: "text", text: plain });
  return nodes;
}

function nodeAt(text, at, links, depth) {
  const inside = (inner) => parseInline(inner, links, depth + 1);
  switch (text[at]) {
    case "\\": {
      const escape = match(ESCAPE, text, at);
      return escape && { node: { type: "escaped", text: escape[1] }, end: at + escape[0].length };
    }
    case "<": {
      const link = match(AUTOLINK, text, at);
      if (!link) return null;
      const isMail = link[1].includes("@") && !link[1].includes(":/");
      const href = isMail ? `mailto:${link[1].replace(/^mailto:/, "")}` : link[1];
      return { node: { type: "link", href, children: [{ type: "escaped", text: link[1] }] }, end: at + link[0].length };
    }
    case "!":
    case "[":
      return bracketed(text, at, links, inside);
    case "*":
    case "_":
      return emphasised(text, at, inside);
    case "`":
      return code(text, at);
    case "~": {
      const deleted = match(DELETED, text, at);
      return deleted && { node: { type: "deleted", children: inside(deleted[1]) }, end: at + deleted[0].length };
    }
    case " ":
    case "\n": {
      const line = match(BREAK, text, at);
      return line && { node: { type: "break" }, end: at + line[0].length };
    }
    default:
      return bareUrl(text, at);
  }
}

function match(pattern, text, at) {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

function code(text, at) {
  const span = match(CODE, text, at);
  if (span) return { node: { type: "code", text: span[2] }, end: at + span[0].length };
  const ticks = /`+/y;
  return { text: match(ticks, text, at)[0], end: ticks.lastIndex };
}

function emphasised(text, at, inside) {
  const sign = text[at];
  // Inside a word an underscore is an underscore; a star is never safe: 2*3*4 is leaning.
  if (sign === "_" && at > 0 && /\w/.test(text[at - 1])) return null;
  const strong = match(STRONG, text, at);
  if (strong) return { node: { type: "strong", children: inside(strong[1] ?? strong[2]) }, end: at + strong[0].length };
  const opening = text[at + 1];
  if (opening === undefined || /\s/.test(opening) || (sign === "*" && /["<*]/.test(opening)) || opening === sign) return null;
  for (let end = at + 2; end < text.length; end += 1) {
    if (text[end] !== sign || text[end - 1] === sign || /\s/.test(text[end - 1])) continue;
    const next = text[end + 1];
    if (next === sign || (sign === "_" && next !== undefined && !PUNCTUATION.test(next))) continue;
    return { node: { type: "emphasis", children: inside(text.slice(at + 1, end)) }, end: end + 1 };
  }
  return null;
}

function bracketed(text, at, links, inside) {
  const isImage = text[at] === "!";
  const open = isImage ? at + 1 : at;
  if (text[open] !== "[") return null;
  const close = closing(text, open, "[", "]");
  if (close < 0) return null;
  const label = text.slice(open + 1, close);
  const target = text[close + 1] === "(" ? inlineTarget(text, close + 1) : definedTarget(text, close, label, links);
  if (!target) return null;
  const { href, title, end } = target;
  if (isImage) return { node: { type: "image", href, title, alt: label }, end };
  return { node: { type: "link", href, title, children: inside(label) }, end };
}

function inlineTarget(text, open) {
  const close = closing(text, open, "(", ")");
  if (close < 0) return null;
  const [, href, title] = /^\s*<?([^]*?)>?(?:\s+['"]([^]*?)['"])?\s*$/.exec(text.slice(open + 1, close));
  // An image may carry its size: ` =200x100`.
  return { href: href.replace(/ +=\d*x?\d*$/, ""), title, end: close + 1 };
}

function definedTarget(text, close, label, links) {
  const reference = /\s*\[([^\]]*)\]/y;
  reference.lastIndex = close + 1;
  const named = reference.exec(text);
  const link = links.get(((named && named[1]) || label).toLowerCase());
  return link ? { ...link, end: named ? reference.lastIndex : close + 1 } : null;
}

function closing(text, open, sign, counter) {
  let depth = 0;
  for (let at = open; at < text.length; at += 1) {
    if (text[at] === sign) depth += 1;
    if (text[at] === counter) depth -= 1;
    if (depth === 0) return at;
  }
  return -1;
}

function bareUrl(text, at) {
  if (at > 0 && /[\p{L}\d_]/u.test(text[at - 1]) && /[\x00-\x7f]/.test(text[at - 1])) return null;
  const start = match(URL_START, text, at);
  if (!start) return null;
  let end = at + start[0].length;
  let depth = 0;
  while (end < text.length && !/[\s<>"“”‘’«»`、。「」！-／：-＠]/.test(text[end])) {
    if (text[end] === "(") depth += 1;
    if (text[end] === ")" && --depth < 0) break;
    end += 1;
  }
  let href = text.slice(at, end);
  href = href.replace(/[!?.,:;'*_~[\]{}]+$/, "");
  if (href.length <= start[0].length) return null;
  return { node: { type: "link", href, isBare: true, children: [{ type: "escaped", text: href }] }, end: at + href.length };
}
