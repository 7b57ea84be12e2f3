// A light colouring of code: comments, strings, numbers, words of the language and of its library. Not a parser.

const WORDS = {
  c: ["auto break case char class const continue default delete do double else enum extern false float for goto if inline int long namespace new nullptr operator private protected public return short signed sizeof static struct switch template this throw true try catch typedef typename union unsigned using virtual void volatile while NULL", "printf scanf malloc free std string vector map cout cin endl size_t"],
  css: ["important media import supports keyframes from to", ""],
  go: ["break case chan const continue default defer else fallthrough for func go goto if import interface map package range return select struct switch type var true false nil iota", "append cap close copy len make new panic print println recover error string int int64 bool byte rune fmt"],
  java: ["abstract assert boolean break byte case catch char class const continue default do double else enum extends final finally float for fun if implements import in instanceof int interface internal is long native new null object open override package private protected public return short static super suspend switch synchronized this throw throws true false try val var void volatile when while using namespace string bool async await foreach", "System String List Map Integer Console println"],
  js: ["abstract as async await break case catch class const continue debugger default delete do else enum export extends false finally for from function get if implements import in instanceof interface let new null of return set static super switch this throw true try type typeof undefined var void while with yield", "console document window Math JSON Object Array String Number Promise Map Set Date Error fetch require module process"],
  python: ["and as assert async await break class continue def del elif else except False finally for from global if import in is lambda match case None nonlocal not or pass raise return True try while with yield self", "abs all any bool dict enumerate filter float input int isinstance len list map max min open print range repr reversed round set sorted str sum super tuple type zip"],
  rust: ["as async await break const continue crate dyn else enum extern false fn for if impl in let loop match mod move mut pub ref return self Self static struct super trait true type unsafe use where while", "Some None Ok Err Option Result String Vec Box Arc Rc HashMap println format vec panic assert assert_eq u8 u16 u32 u64 usize i32 i64 f64 bool str char"],
  shell: ["if then else elif fi for in do done while until case esac function return exit local export set unset source", "alias awk bash cat cd chmod chown cp curl cut date df diff docker du echo find git grep gzip head kill ls make mkdir mv node npm ping pip ps psql pwd python python3 rm sed sh sha256sum sleep sort ssh sudo systemctl tail tar tee test touch tr uniq wc wget which xargs cargo apt apt-get"],
  sql: ["add alter and as asc begin between by case check column commit constraint create cross default delete desc distinct drop else end exists false foreign from full group having if in index inner insert into is join key left like limit not null offset on or order outer primary references returning right rollback select set skip table then true union unique update using values view when where with locked for", "avg coalesce count date integer max min now sum text timestamp varchar bigint boolean interval"],
  yaml: ["true false null yes no on off", ""],
};

const FAMILY = {
  bash: "shell", sh: "shell", zsh: "shell", shell: "shell", console: "shell", dockerfile: "shell", makefile: "shell",
  c: "c", cpp: "c", "c++": "c", h: "c", hpp: "c", css: "css", scss: "css", go: "go", golang: "go",
  java: "java", kotlin: "java", kt: "java", cs: "java", csharp: "java", "c#": "java", swift: "java", php: "java", scala: "java", dart: "java",
  js: "js", javascript: "js", jsx: "js", ts: "js", tsx: "js", typescript: "js", json: "js", jsonc: "js",
  py: "python", python: "python", python3: "python", rb: "python", ruby: "python", rs: "rust", rust: "rust",
  sql: "sql", postgresql: "sql", mysql: "sql", sqlite: "sql", yaml: "yaml", yml: "yaml", toml: "yaml", ini: "yaml", env: "yaml",
};

const HASH_COMMENTS = new Set(["shell", "python", "yaml"]);
const STRING = /"(?:\\[^]|[^"\\\n])*"|'(?:\\[^]|[^'\\\n])*'|`(?:\\[^]|[^`\\])*`/;
const NUMBER = /\b(?:0x[\da-f_]+|\d[\d_]*(?:\.\d+)?(?:e[+-]?\d+)?)\b/i;
const WORD = /[A-Za-z_][\w-]*[A-Za-z0-9_]|[A-Za-z_]/;
/** Beyond this a block stays plain: colouring it would be slow on a phone. */
export const MAX_COLOURED = 20000;

/** Cuts code into `[kind, text]` pairs, kind being "" for what has no colour. */
export function highlight(code, language) {
  const name = language.toLowerCase();
  if (code.length > MAX_COLOURED) return [["", code]];
  if (name === "diff" || name === "patch") return diff(code);
  if (name === "html" || name === "xml" || name === "svg") return markup(code);
  const family = FAMILY[name];
  if (!family) return [["", code]];
  const [words, library] = WORDS[family].map((list) => new Set(list.split(" ")));
  const pattern = new RegExp([commentOf(family), `(${STRING.source})`, `(${NUMBER.source})`, `(${WORD.source})`].join("|"), "gi");
  return cut(code, pattern, (found) => {
    const [text, comment, string, number] = found;
    if (comment !== undefined) return "comment";
    if (string !== undefined) return "string";
    if (number !== undefined) return "number";
    const word = family === "sql" ? text.toLowerCase() : text;
    if (words.has(word)) return "keyword";
    const isPartOfPath = family === "shell" && /[./=-]/.test(code[found.index - 1] ?? "");
    return library.has(word) && !isPartOfPath ? "builtin" : "";
  });
}

function commentOf(family) {
  if (HASH_COMMENTS.has(family)) return "((?<![^\\s])#[^\\n]*)";
  if (family === "sql") return "(--[^\\n]*|/\\*[^]*?\\*/)";
  return "(//[^\\n]*|/\\*[^]*?(?:\\*/|$))";
}

function markup(code) {
  const pattern = /(<!--[^]*?(?:-->|$))|("[^"\n]*"|'[^'\n]*')|(<\/?[A-Za-z][\w:-]*|\/?>)/g;
  return cut(code, pattern, ([, comment, string]) => {
    if (comment !== undefined) return "comment";
    return string !== undefined ? "string" : "keyword";
  });
}

function diff(code) {
  return cut(code, /^[+-@][^\n]*/gm, ([text]) => ({ "+": "added", "-": "removed", "@": "comment" })[text[0]] ?? "");
}

function cut(code, pattern, kindOf) {
  const pieces = [];
  let at = 0;
  for (const found of code.matchAll(pattern)) {
    if (found.index > at) pieces.push(["", code.slice(at, found.index)]);
    pieces.push([kindOf(found), found[0]]);
    at = found.index + found[0].length;
  }
  if (at < code.length) pieces.push(["", code.slice(at)]);
  return pieces;
}
