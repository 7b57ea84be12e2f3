//! Makes an enum of sentences whose arguments are all texts, so that a sentence is one line here and one in each language.

/// Makes an enum in which each variant is a sentence: `Variant { argument } = "id-of-the-sentence"`.
macro_rules! sayings {
    (
        $(#[$doc:meta])*
        pub enum $name:ident {
            $( $(#[$meaning:meta])* $variant:ident $({ $($argument:ident),+ })? = $id:literal, )+
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum $name<'a> {
            $(
                $(#[$meaning])*
                $variant $({ $(
                    #[doc = concat!("The ", stringify!($argument), ", as it is to be read.")]
                    $argument: ::std::borrow::Cow<'a, str>
                ),+ })?,
            )+
        }

        impl $name<'_> {
            /// Returns the sentence's id, for programs that read instead of people.
            #[must_use]
            pub fn id(&self) -> &'static str {
                match self {
                    $( Self::$variant $({ $($argument: _),+ })? => $id, )+
                }
            }

            fn message(&self, id: &'static str) -> $crate::text::sentence::Message<'_> {
                let message = $crate::text::sentence::Message::named(id);
                match self {
                    $( Self::$variant $({ $($argument),+ })? => {
                        message $( $( .with(stringify!($argument), $argument.as_ref()) )+ )?
                    } )+
                }
            }

            #[cfg(test)]
            fn all() -> Vec<$name<'static>> {
                vec![ $( $name::$variant $({ $($argument: concat!("{", stringify!($argument), "}").into()),+ })?, )+ ]
            }
        }
    };
}

/// Makes such an enum in which each sentence has a second one, what to do about it, whose id ends in `-remedy`.
macro_rules! explained {
    (
        $(#[$doc:meta])*
        pub enum $name:ident {
            $( $(#[$meaning:meta])* $variant:ident $({ $($argument:ident),+ })? = $id:literal, )+
        }
    ) => {
        $crate::text::sayings::sayings! {
            $(#[$doc])*
            pub enum $name {
                $( $(#[$meaning])* $variant $({ $($argument),+ })? = $id, )+
            }
        }

        impl $name<'_> {
            fn remedy_id(&self) -> &'static str {
                match self {
                    $( Self::$variant $({ $($argument: _),+ })? => concat!($id, "-remedy"), )+
                }
            }

            fn explain(&self, language: $crate::text::Language) -> $crate::text::Explanation {
                let say = |id| $crate::text::sentence::render(language, &self.message(id));
                $crate::text::Explanation {
                    what: say(self.id()),
                    remedy: say(self.remedy_id()),
                }
            }
        }
    };
}

pub(super) use {explained, sayings};

/// Says whether a language's file holds exactly these sentences, and each is said in its language with its arguments.
#[cfg(test)]
pub(super) mod held {
    use std::collections::BTreeSet;

    use crate::text::Language;

    /// A sentence: its id, how it is said, and the arguments it must hold.
    pub(in crate::text) type Said = (String, String, Vec<String>);

    /// The arguments of a sentence in these tests, which are their names.
    pub(in crate::text) fn arguments(sentence: &impl std::fmt::Debug) -> Vec<String> {
        let shown = format!("{sentence:?}");
        let arguments = shown.split('"').skip(1).step_by(2);
        arguments.map(str::to_owned).collect()
    }

    /// Returns the ids of the sentences in a language's file.
    pub(in crate::text) fn ids_written_in(source: &str) -> BTreeSet<&str> {
        source
            .lines()
            .filter(|line| line.starts_with(|first: char| first.is_ascii_lowercase()))
            .filter_map(|line| line.split_once(" =").map(|(id, _)| id))
            .collect()
    }

    /// `said` is every sentence.
    pub(in crate::text) fn together(language: Language, source: &str, said: Vec<Said>) {
        let ids: BTreeSet<_> = said.iter().map(|(id, ..)| id.as_str()).collect();
        assert_eq!(ids_written_in(source), ids);
        for (id, said, arguments) in said {
            assert!(
                !said.contains(['$', '\u{2068}', '\u{2069}']),
                "{id}: {said}"
            );
            let is_korean = said.chars().any(|letter| ('가'..='힣').contains(&letter));
            assert_eq!(is_korean, language == Language::Korean, "{id}: {said}");
            for argument in arguments {
                assert!(said.contains(&argument), "{id} without {argument}: {said}");
            }
        }
    }
}
