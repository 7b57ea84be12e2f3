//! The texts of posts: a text split where it is too long, each part made inert as the text that it is.
//!
//! Neutralising comes last, because nothing else may: a template or a cut can make text of what was code, and a reader knows of a
//! part no more than what is in it. So every text of a post stays as it is when it is neutralised again.

use super::links::LinkContext;
use super::neutralise::neutralise;
use super::split::{Remainder, runes};

/// Runes of a post, at most (Mattermost's `PostMessageMaxRunesV2`; `MaxPostSize` in `recorded/rest.json`).
pub const POST_RUNES: usize = 16_383;

/// How often a part that grew over the limit is tried again by what it grew; after that half as much is tried.
const TRIES: usize = 3;

/// How long posts may be, and how many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Runes of a post, at most.
    pub runes: usize,
    /// Posts, at most; 0 is taken for 1.
    pub posts: usize,
}

/// What was made of a text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Posts {
    /// One text for each post, none of them blank.
    pub texts: Vec<String>,
    /// Whether something had no room in them.
    pub is_cut: bool,
}

/// Makes posts of a text, each inert by itself: neutralising one again changes nothing.
///
/// Parts that are complete stay the same while the text grows, but for the rare one that neutralising makes too long. Takes time linear
/// in the text.
#[must_use]
pub fn posts(text: &str, limits: Limits, links: &LinkContext) -> Posts {
    let mut posts = Posts::default();
    let mut remainder = Remainder::of(text);
    while let Some((text, rest)) = fitting(&remainder, limits.runes, links) {
        if posts.texts.len() >= limits.posts.max(1) {
            posts.is_cut = true;
            break;
        }
        remainder = rest;
        if !text.trim().is_empty() {
            posts.texts.push(text);
        }
    }
    posts
}

/// Takes a part that fits once it is inert. What it grows by is not known before, at most it is a few times its length.
fn fitting<'a>(
    remainder: &Remainder<'a>,
    limit: usize,
    links: &LinkContext,
) -> Option<(String, Remainder<'a>)> {
    let mut room = limit.max(1);
    let mut tries = 0;
    loop {
        let (part, rest) = remainder.part(room)?;
        let inert = neutralise(&part, links);
        let length = runes(&inert);
        if length <= limit || room == 1 {
            return Some((inert, rest));
        }
        tries += 1;
        let less = room.saturating_sub(length - limit);
        room = if tries <= TRIES {
            less.max(room / 2)
        } else {
            room / 2
        };
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn made(text: &str, runes: usize, posts: usize) -> Posts {
        super::posts(text, Limits { runes, posts }, &LinkContext::default())
    }

    #[test]
    fn what_a_cut_makes_text_is_inert() {
        let span = format!("`{}@all`", "word ".repeat(30));
        let fence = format!("{0}\n{1}@all\n{0}", "`".repeat(40), "word\n".repeat(30));
        for text in [span, fence] {
            let posts = made(&text, 100, 10);
            assert!(posts.texts.len() > 1 && !posts.is_cut);
            assert!(
                posts.texts.iter().any(|text| text.contains("@\u{200b}all")),
                "{posts:?}"
            );
        }
    }

    #[test]
    fn a_part_that_grows_over_the_limit_is_split_again() {
        let text = "@a ".repeat(100);
        let posts = made(&text, 60, 100).texts;
        assert!(posts.iter().all(|post| runes(post) <= 60));
        assert_eq!(posts.concat().matches("@\u{200b}a").count(), 100);
    }

    #[test]
    fn so_many_posts_are_made_and_not_one_more() {
        let text = "words\n\n".repeat(3);
        assert!(!made(&text, 7, 3).is_cut);
        let cut = made(&text, 7, 2);
        assert!(cut.is_cut);
        assert_eq!(cut.texts, ["words", "words"]);
    }

    #[test]
    fn nothing_makes_no_post() {
        for text in ["", " \n ", "![](data:x)"] {
            assert_eq!(made(text, 100, 1), Posts::default(), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn every_post_is_inert_and_fits(text in crate::markdown::neutralise::tests::hostile(), runes in 16_usize..80) {
            for post in made(&text, runes, 100).texts {
                prop_assert_eq!(neutralise(&post, &LinkContext::default()), post.as_str());
                prop_assert!(super::runes(&post) <= runes, "{:?}", post);
            }
        }
    }
}
