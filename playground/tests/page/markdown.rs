//! What the page makes of Markdown: the same as the real client, also where that shows it raw.

use std::collections::BTreeSet;

use askwell_playground::{Options, Playground};
use serde_json::{Value, json};

use crate::browser::{Browser, DESKTOP, with_browser};

/// What it is, as written, as shown.
type Sample = (&'static str, &'static str, &'static str);

const BLOCKS: &[Sample] = &[
    (
        "a table after a line of text is raw",
        "t:\n| a |\n|---|\n| 1 |",
        "<p>t:<br>| a |<br>|---|<br>| 1 |</p>",
    ),
    (
        "half a table is raw",
        "| a |\n|---|",
        "<p>| a |<br>|---|</p>",
    ),
    (
        "a table in a list item is raw",
        "1. s\n   | a |\n   |---|\n   | 1 |",
        r#"<ol class="markdown__list" start="1"><li>s<br>| a |<br>|---|<br>| 1 |</li></ol>"#,
    ),
    (
        "lists of two kinds are one",
        "- a\n1. b\n2. c",
        r#"<ul class="markdown__list"><li>a</li><li>b</li><li>c</li></ul>"#,
    ),
    (
        "numbers run on over bullets",
        "3. a\n- b",
        r#"<ol class="markdown__list" start="3"><li>a</li><li>b</li></ol>"#,
    ),
    (
        "two empty lines part lists",
        "- a\n\n\n1. b",
        r#"<ul class="markdown__list"><li>a</li></ul><ol class="markdown__list" start="1"><li>b</li></ol>"#,
    ),
    (
        "text under an item ends its list",
        "- a\nb",
        r#"<ul class="markdown__list"><li>a</li></ul><p>b</p>"#,
    ),
    (
        "an open fence is raw",
        "a\n```py\nb",
        "<p>a<br>```py<br>b</p>",
    ),
    (
        "a fence in an item that stays open is raw",
        "- a\n  ```\n  b",
        r#"<ul class="markdown__list"><li>a<br>```<br>b</li></ul>"#,
    ),
    (
        "one newline is a line break",
        "a\nb\n\nc",
        "<p>a<br>b</p><p>c</p>",
    ),
    (
        "dashes under text make a heading",
        "a\n---",
        r#"<h2 class="markdown__heading">a</h2>"#,
    ),
    ("a heading wants its space", "#a", "<p>#a</p>"),
    (
        "a quote goes on by itself",
        "> a\nb\n\nc",
        "<blockquote><p>a<br>b</p></blockquote><p>c</p>",
    ),
    (
        "an open box keeps a ticked one text",
        "- [ ] a\n- [x] b",
        r#"<ul class="markdown__list"><li class="list-item--task-list"><input type="checkbox" disabled="" aria-label="☐">a</li><li>[x] b</li></ul>"#,
    ),
    (
        "HTML is as typed",
        "<details>\n<summary>a</summary>\n</details>",
        "<p>&lt;details&gt;<br>&lt;summary&gt;a&lt;/summary&gt;<br>&lt;/details&gt;</p>",
    ),
    (
        "a footnote is as typed",
        "a[^1]\n\n[^1]: b",
        "<p>a[^1]</p><p>[^1]: b</p>",
    ),
];

const INLINES: &[Sample] = &[
    ("stars between digits lean", "2*3*4", "2<em>3</em>4"),
    ("stars with spaces do not", "2 * 3 * 4", "2 * 3 * 4"),
    ("underscores in words do not", "a_b_c", "a_b_c"),
    (
        "bold before a Korean particle",
        "**굵게**는",
        "<strong>굵게</strong>는",
    ),
    (
        "a backslash before a bracket is lost",
        r"\( x \) \[ y \]",
        "( x ) [ y ]",
    ),
    ("dollars are safe", "$5 and $10, $HOME", "$5 and $10, $HOME"),
    (
        "markup that is not closed",
        "**a and [b](http://x.inv",
        r#"**a and [b](<a class="markdown__link" href="http://x.inv" target="_blank" rel="noreferrer noopener">http://x.inv</a>"#,
    ),
    ("sub- and superscript are raw", "H~2~O ^a^", "H~2~O ^a^"),
    (
        "struck, code",
        "~~a~~ `b < c` ``d`e``",
        "<del>a</del> <code>b &lt; c</code> <code>d`e</code>",
    ),
    ("a break in a cell is as typed", "a<br>b", "a&lt;br&gt;b"),
    (
        "entities are decoded",
        "&lt;b&gt; &amp;amp; &#64;",
        "&lt;b&gt; &amp;amp; @",
    ),
    (
        "people who exist",
        "@alice, @bob. @nobody me@bob",
        r#"<span class="mention mention--highlight">@alice</span>, <span class="mention">@bob</span>. @nobody me@bob"#,
    ),
    (
        "everybody",
        "@all!",
        r#"<span class="mention mention--highlight">@all</span>!"#,
    ),
    (
        "hashtags of three letters",
        "#가나 #가나다 a#bcd",
        r#"#가나 <span class="hashtag">#가나다</span> a#bcd"#,
    ),
    (
        "emoji",
        ":tada: :no_such: :)",
        r#"<span class="emoji" title=":tada:">🎉</span> :no_such: <span class="emoji" title=":)">🙂</span>"#,
    ),
    (
        "an image that may not load",
        "![그림](http://evil.inv/x.png)",
        "그림",
    ),
    (
        "a sign of zero width hides a name",
        "@\u{200b}alice",
        "@\u{200b}alice",
    ),
    (
        "a link without a scheme",
        "[a](b.kr)",
        r#"<a class="markdown__link" href="http://b.kr" target="_blank" rel="noreferrer noopener">a</a>"#,
    ),
];

const HOSTILE: &[&str] = &[
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<iframe srcdoc='<script>'>",
    "[a](javascript:alert(1))",
    "[a](JaVaScRiPt:alert(1))",
    "[a](java\tscript:alert(1))",
    "[a](&#106;avascript:alert(1))",
    "[a](&#x6A;avascript&colon;alert(1))",
    "[a](\u{1}javascript:alert(1))",
    "[a](java\u{200b}script:alert(1))",
    "[a](data:text/html,<script>alert(1)</script>)",
    "[a](vbscript:x)",
    "[a](blob:x)",
    "[a](file:///etc/passwd)",
    "<javascript:alert(1)>",
    "![a](javascript:alert(1))",
    "[x]: javascript:alert(1)\n\n[x]",
    "[a](http://x \"' onmouseover='alert(1)\")",
    "```\"><script>alert(1)</script>\nx\n```",
    "| <script> |\n|---|\n| <img src=x onerror=alert(1)> |\n",
    "# <b onclick=alert(1)>",
    "@alice<script>",
    ":tada<script>:",
    "[__proto__]",
    ":constructor: :__proto__:",
    "&constructor;",
    "http://x\"onclick=\"alert(1)",
    "[[[[[[[[[[[[[[[[[[[[",
    "**********************",
    "> > > > > > > > > > > > > > - - - - - - a",
];

async fn rendered(browser: &Browser, message: &str) -> String {
    let render = "import('/playground/markdown.js').then(({ render }) => { const shown = document.createElement('div'); \
        shown.append(render(given, { me: 'alice', isUser: (name) => name === 'alice' || name === 'bob', unsafeLinks: true })); \
        return shown.innerHTML; })";
    browser
        .promised(render, json!(message))
        .await
        .as_str()
        .unwrap()
        .to_owned()
}

#[tokio::test]
async fn markdown_looks_as_in_the_real_client_also_where_that_shows_it_raw() {
    let playground = Playground::start(Options::default()).await.unwrap();
    with_browser(DESKTOP, async |browser| {
        browser.open(&playground.url()).await;
        for (what, message, shown) in BLOCKS {
            assert_eq!(rendered(browser, message).await, *shown, "{what}");
        }
        for (what, message, shown) in INLINES {
            assert_eq!(
                rendered(browser, message).await,
                format!("<p>{shown}</p>"),
                "{what}"
            );
        }
    })
    .await;
}

#[tokio::test]
async fn tables_lists_and_code_are_drawn() {
    let playground = Playground::start(Options::default()).await.unwrap();
    with_browser(DESKTOP, async |browser| {
        browser.open(&playground.url()).await;
        let table = rendered(browser, "t:\n\n| 왼쪽 | 오른쪽 | 가운데 |\n|:--|--:|:-:|\n| `a|b` | 1 \\| 2 | **c** |\n").await;
        assert!(table.contains(r#"<th class="align-left">왼쪽</th><th class="align-right">오른쪽</th><th class="align-center">가운데</th>"#), "{table}");
        assert!(table.contains("<td class=\"align-right\">"), "{table}");
        let code = rendered(browser, "```rust\nlet a = \"b\"; // c\n\n1\n```").await;
        assert!(code.contains(r#"<pre class="post-code__numbers" aria-hidden="true">1
2
3</pre>"#), "{code}");
        assert!(code.contains(r#"<span class="hl-keyword">let</span> a = <span class="hl-string">"b"</span>; <span class="hl-comment">// c</span>"#), "{code}");
        let open = rendered(browser, "```\na\n").await;
        assert!(open.contains("<code>a</code>"), "{open}");
        let nested = rendered(browser, "- a\n  - b\n    1. c\n\n  d\n- e").await;
        assert_eq!(nested, r#"<ul class="markdown__list"><li><p>a</p><ul class="markdown__list"><li>b<ol class="markdown__list" start="1"><li>c</li></ol></li></ul><p>d</p></li><li>e</li></ul>"#);
    })
    .await;
}

#[tokio::test]
async fn nothing_that_is_written_can_run_or_hide_where_it_leads() {
    let playground = Playground::start(Options::default()).await.unwrap();
    let tags: BTreeSet<&str> = "A BLOCKQUOTE BR BUTTON CODE DEL DIV EM H1 H2 H3 H4 H5 H6 HR IMG INPUT LI OL P PRE SPAN STRONG TABLE TBODY TD TH THEAD TR UL".split(' ').collect();
    with_browser(DESKTOP, async |browser| {
        browser.open(&playground.url()).await;
        for message in HOSTILE {
            let found = browser.promised(
                "import('/playground/markdown.js').then(({ render }) => { const shown = document.createElement('div'); \
                    shown.append(render(given, { me: 'alice', isUser: () => true })); const all = [...shown.querySelectorAll('*')]; \
                    return { tags: all.map((one) => one.tagName), \
                        handlers: all.flatMap((one) => one.getAttributeNames()).filter((name) => name.startsWith('on')), \
                        schemes: all.map((one) => one.href || one.src).filter(Boolean).map((url) => new URL(url).protocol) }; })",
                json!(message),
            ).await;
            let list = |name: &str| found[name].as_array().unwrap_or_else(|| panic!("{message:?}: {found}")).clone();
            for tag in list("tags") {
                assert!(tags.contains(tag.as_str().unwrap()), "{message:?} makes {tag}");
            }
            assert_eq!(list("handlers"), Vec::<Value>::new(), "{message:?}");
            for scheme in list("schemes") {
                assert!(["http:", "https:", "mailto:"].contains(&scheme.as_str().unwrap()), "{message:?} leads to {scheme}");
            }
        }
    })
    .await;
}
