//! What was found, as one table.

use crate::spread::Spread;

/// What a figure should be.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Goal {
    /// The more the better.
    AtLeast {
        /// What has to be.
        goal: f64,
        /// What would be good.
        aim: f64,
    },
    /// The less the better.
    AtMost {
        /// What has to be.
        goal: f64,
        /// What would be good.
        aim: f64,
    },
    /// For comparison only.
    None,
}

/// One line of the table.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    /// What was measured, with its unit.
    pub(crate) what: String,
    /// What came out.
    pub(crate) spread: Spread,
    /// What should have come out.
    pub(crate) goal: Goal,
}

impl Row {
    /// Makes a line of repetitions.
    ///
    /// # Errors
    /// When there are none.
    pub(crate) fn new(
        what: &str,
        values: impl IntoIterator<Item = f64>,
        goal: Goal,
    ) -> anyhow::Result<Self> {
        let spread = Spread::of(values);
        Ok(Self {
            what: what.to_owned(),
            spread: spread.ok_or_else(|| anyhow::anyhow!("nothing was measured of: {what}"))?,
            goal,
        })
    }

    fn line(&self) -> String {
        let Spread {
            least,
            median,
            greatest,
        } = self.spread;
        let (goal, verdict) = self.goal.judged(median);
        let what = &self.what;
        let (least, median, greatest) = (number(least), number(median), number(greatest));
        format!("| {what} | {least} | **{median}** | {greatest} | {goal} | {verdict} |\n")
    }
}

impl Goal {
    /// The goal in words, and whether the median keeps it.
    fn judged(self, median: f64) -> (String, &'static str) {
        match self {
            Self::AtLeast { goal, aim } => {
                let verdict = verdict(median >= goal, median >= aim);
                (format!("≥ {goal} (aim {aim})"), verdict)
            }
            Self::AtMost { goal, aim } => {
                let verdict = verdict(median <= goal, median <= aim);
                (format!("≤ {goal} (aim {aim})"), verdict)
            }
            Self::None => (String::new(), ""),
        }
    }
}

fn verdict(is_goal_kept: bool, is_aim_reached: bool) -> &'static str {
    match (is_goal_kept, is_aim_reached) {
        (_, true) => "aim reached",
        (true, false) => "goal kept",
        (false, false) => "**missed**",
    }
}

/// Three digits, more where there are more before the point.
fn number(value: f64) -> String {
    let size = value.abs();
    if size >= 100.0 {
        format!("{value:.0}")
    } else if size >= 10.0 {
        format!("{value:.1}")
    } else {
        format!("{value:.2}")
    }
}

/// What one part of the programme found.
#[derive(Clone, Debug, Default)]
pub(crate) struct Section {
    /// Its heading.
    pub(crate) title: String,
    /// Its lines.
    pub(crate) rows: Vec<Row>,
    /// What has to be said about them.
    pub(crate) notes: Vec<String>,
}

/// Writes sections as Markdown: one table, then the notes.
pub(crate) fn markdown(machine: &str, sections: &[Section]) -> String {
    let mut text = format!("{machine}\n");
    text.push_str("| | least | median | greatest | goal | |\n|---|---:|---:|---:|---|---|\n");
    for section in sections {
        text.extend(["| *", &section.title, "* | | | | | |\n"]);
        text.extend(section.rows.iter().map(Row::line));
    }
    text.push('\n');
    for section in sections {
        for note in &section.notes {
            text.extend(["- ", &section.title, ": ", note, "\n"]);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_goal_is_judged_by_the_median_and_includes_its_limit() {
        let goal = Goal::AtLeast {
            goal: 0.35,
            aim: 0.6,
        };
        assert_eq!(goal.judged(0.35).1, "goal kept");
        assert_eq!(goal.judged(0.349).1, "**missed**");
        assert_eq!(goal.judged(0.6).1, "aim reached");
        let goal = Goal::AtMost {
            goal: 3.0,
            aim: 1.5,
        };
        assert_eq!(goal.judged(3.0).1, "goal kept");
        assert_eq!(goal.judged(3.01).1, "**missed**");
    }

    #[test]
    fn a_line_has_three_digits() {
        let row = Row::new("x (ms)", [0.123, 12.34, 1234.5], Goal::None).unwrap();
        assert_eq!(row.line(), "| x (ms) | 0.12 | **12.3** | 1234 |  |  |\n");
    }
}
