// Markdown's blocks as Mattermost's web client sees them: its parser descends from an early `marked`, and what that
// shows raw is shown raw here. Gives a tree of plain objects; nothing here touches the page.

const BULLET = /^( *)([*+-]|\d+\.) /;
const RULE = /^ *(?:[-*_] *){3,}$/;
const HEADING = /^ *(#{1,6}) +(.+?) *#* *$/;
const UNDERLINE = /^ *(?:=|-){2,} *$/;
const FENCE = /^ {0,3}(`{3,}|~{3,})([^`~]*)$/;
const QUOTE = /^ *>./;
const DEFINITION = /^ *\[([^\]]+)\]: *<?((?:\w*:(?:\/\/)?|\/|#)[^\s>]+)>?(?: +["(](.+)[")])? *$/;
const MAX_DEPTH = 100;

/** Parses a whole message. Returns `{blocks, links}`. */
export function parseBlocks(text) {
  const links = new Map();
  const clean = text.replace(/\r\n?/g, "\n").replace(/\t/g, "    ").replace(/\u00a0/g, " ");
  const blocks = parse(clean.split("\n"), { top: true, quoted: false, links, depth: 1 });
  return { blocks, links };
}

// `top` is false inside list items, where there are neither tables nor paragraphs.
function parse(lines, context) {
  if (context.depth > MAX_DEPTH) return [{ type: "text", text: lines.join("\n") }];
  const blocks = [];
  let at = 0;
  while (at < lines.length) {
    if (isBlank(lines[at])) {
      at += 1;
      blocks.push({ type: "space" });
      continue;
    }
    const found = blockAt(lines, at, context);
    if (found.block) blocks.push(found.block);
    at = found.end;
  }
  return joinTexts(blocks);
}

function blockAt(lines, at, context) {
  const line = lines[at];
  if (line.startsWith("    ")) return indentedCode(lines, at);
  const fence = fenceAt(lines, at);
  if (fence) return fence;
  const heading = HEADING.exec(line);
  if (heading) return { block: { type: "heading", level: heading[1].length, text: heading[2] }, end: at + 1 };
  const bare = context.top && bareTable(lines, at);
  if (bare) return bare;
  if (isUnderlined(lines, at)) {
    const level = lines[at + 1].trim().startsWith("=") ? 1 : 2;
    return { block: { type: "heading", level, text: line }, end: at + 2 };
  }
  if (RULE.test(line)) return { block: { type: "rule" }, end: at + 1 };
  if (QUOTE.test(line)) return quote(lines, at, context);
  if (startsList(lines, at)) return list(lines, at, context);
  const definition = context.top && !context.quoted && DEFINITION.exec(line);
  if (definition) {
    context.links.set(definition[1].toLowerCase(), { href: definition[2], title: definition[3] });
    return { end: at + 1 };
  }
  if (!context.top) return { block: { type: "text", text: line }, end: at + 1 };
  return pipedTable(lines, at) || paragraph(lines, at);
}

function isBlank(line) {
  return line === "";
}

function isUnderlined(lines, at) {
  return at + 1 < lines.length && UNDERLINE.test(lines[at + 1]);
}

function startsList(lines, at) {
  const bullet = BULLET.exec(lines[at]);
  return Boolean(bullet) && (lines[at].length > bullet[0].length || at + 1 < lines.length);
}

function indentedCode(lines, at) {
  let end = at;
  while (end < lines.length && (lines[end].startsWith("    ") || lines[end].trim() === "")) end += 1;
  const text = lines.slice(at, end).map((line) => line.replace(/^ {4}/, "")).join("\n");
  return { block: { type: "code", language: "", text: text.replace(/\n+$/, "") }, end };
}

// A fence that is never closed counts only where the text ends with a newline; else its backticks are text.
function fenceAt(lines, at) {
  const opened = FENCE.exec(lines[at]);
  if (!opened || at + 1 >= lines.length) return null;
  const language = opened[2].trim();
  for (let end = at + 1; end < lines.length; end += 1) {
    const line = lines[end].replace(/^ {0,3}/, "");
    if (line.startsWith(opened[1]) && /^[~`]* *$/.test(line.slice(opened[1].length))) {
      return { block: { type: "code", language, text: lines.slice(at + 1, end).join("\n") }, end: end + 1 };
    }
  }
  if (lines[lines.length - 1] !== "") return null;
  return { block: { type: "code", language, text: lines.slice(at + 1, -1).join("\n") }, end: lines.length };
}

// Both kinds of table want a newline after the line of dashes: half a table is text.
function pipedTable(lines, at) {
  const isTable = at + 2 < lines.length && /^ *\|.+/.test(lines[at]) && /^ *\| *[-:]+[-| :]*$/.test(lines[at + 1]);
  return isTable ? table(lines, at, (line) => /^ *\|/.test(line)) : null;
}

function bareTable(lines, at) {
  const isTable = at + 2 < lines.length && /^ *[^ ].*\|/.test(lines[at]) && /^ *[-:]+ *\|[-| :]*$/.test(lines[at + 1]);
  return isTable ? table(lines, at, (line) => line.includes("|")) : null;
}

function table(lines, at, isRow) {
  let end = at + 2;
  while (end < lines.length && isRow(lines[end])) end += 1;
  const align = cells(lines[at + 1]).map((dashes) => {
    const left = dashes.startsWith(":");
    if (dashes.endsWith(":")) return left ? "center" : "right";
    return left ? "left" : "";
  });
  const block = { type: "table", header: cells(lines[at]), align, rows: lines.slice(at + 2, end).map(cells) };
  return { block, end };
}

function cells(line) {
  const inner = line.trim().replace(/^\|/, "").replace(/([^\\])\|$/, "$1");
  return inner.split(/(?<!\\)\|/).map((cell) => cell.trim().replace(/\\\|/g, "|"));
}

// A quote goes on, without its sign, to the next blank line, and over blank lines to the next sign.
function quote(lines, at, context) {
  let end = at;
  while (end < lines.length && QUOTE.test(lines[end])) {
    while (end < lines.length && !isBlank(lines[end])) end += 1;
    let next = end;
    while (next < lines.length && isBlank(lines[next])) next += 1;
    if (next < lines.length && QUOTE.test(lines[next])) end = next;
  }
  const inner = lines.slice(at, end).map((line) => line.replace(/^ *> ?/, ""));
  const blocks = parse(inner, { ...context, quoted: true, depth: context.depth + 1 });
  return { block: { type: "quote", blocks }, end };
}

function paragraph(lines, at) {
  let end = at + 1;
  while (end < lines.length && !isBlank(lines[end]) && !interrupts(lines, end)) end += 1;
  return { block: { type: "paragraph", text: lines.slice(at, end).join("\n") }, end };
}

// A table is missing here on purpose: right after a line of text it shows its pipes.
function interrupts(lines, at) {
  const line = lines[at];
  return RULE.test(line) || HEADING.test(line) || isUnderlined(lines, at) || QUOTE.test(line)
    || DEFINITION.test(line) || startsList(lines, at) || fenceAt(lines, at) !== null;
}

// Whatever its bullets, what follows without a gap is one list of the first one's kind.
function list(lines, at, context) {
  const [, indent, first] = BULLET.exec(lines[at]);
  const limit = endOfList(lines, at, indent);
  const block = { type: "list", ordered: first.length > 1, start: parseInt(first, 10) || 0, items: [] };
  let start = at;
  let wasLoose = false;
  while (start < limit) {
    const own = BULLET.exec(lines[start])[1];
    let end = start + 1;
    while (end < limit && !isSibling(lines[end], own)) end += 1;
    const isLast = end >= limit;
    // Text that is not indented, right under an item, ends the list.
    const breaks = start + 1 < end && /^\S/.test(lines[start + 1]);
    if (breaks) end = start + 1;
    const inner = outdent(lines.slice(start, end));
    while (isLast && inner.length > 1 && inner[inner.length - 1].trim() === "") inner.pop();
    const body = inner.join("\n");
    const isLoose = wasLoose || /\n\n(?!\s*$)/.test(body) || (!isLast && body.endsWith("\n"));
    wasLoose = !isLast && body.endsWith("\n");
    const blocks = parse(inner, { ...context, top: false, depth: context.depth + 1 });
    block.items.push({ loose: isLoose, blocks });
    if (breaks) return { block, end };
    start = end;
  }
  return { block, end: limit };
}

function isSibling(line, indent) {
  const bullet = BULLET.exec(line);
  return Boolean(bullet) && bullet[1] === indent;
}

function endOfList(lines, at, indent) {
  for (let next = at + 1; next < lines.length; next += 1) {
    const line = lines[next];
    if (DEFINITION.test(line)) return next;
    if (RULE.test(line) && (line.startsWith(indent) || !line.startsWith(" "))) return next;
    if (!isBlank(line)) continue;
    const after = lines[next + 1];
    if (after === undefined) return next;
    if (!after.startsWith(" ") && !isSibling(after, indent)) return next;
  }
  return lines.length;
}

function outdent(lines) {
  const prefix = /^ *(?:[*+-]|\d+\.) +/.exec(lines[0])?.[0] ?? lines[0];
  const spaces = new RegExp(`^ {1,${prefix.length}}`);
  return [lines[0].slice(prefix.length), ...lines.slice(1).map((line) => line.replace(spaces, ""))];
}

// Lines of text that follow one another in a list item are one text.
function joinTexts(blocks) {
  const joined = [];
  for (const block of blocks) {
    const last = joined[joined.length - 1];
    if (block.type === "text" && last?.type === "text") last.text += `\n${block.text}`;
    else joined.push({ ...block });
  }
  return joined.filter((block) => block.type !== "space");
}
