//! `askwell completions` and `askwell man`: what shells and the manual know of the commands, made of the commands themselves.

use std::io;
use std::process::ExitCode;

use clap::{Command, CommandFactory};
use clap_complete::Shell;
use clap_mangen::Man;

use super::{Arguments, say};

/// Writes to standard output what a shell is to complete.
pub(super) fn complete(shell: Shell) -> ExitCode {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut shown(), "askwell", &mut script);
    say(&String::from_utf8_lossy(&script))
}

/// Writes the page of the manual to standard output.
pub(super) fn print() -> ExitCode {
    match page() {
        Ok(page) => say(&page),
        Err(_) => ExitCode::FAILURE,
    }
}

/// Returns the commands without those that only we ourselves start.
fn shown() -> Command {
    let all = Arguments::command();
    let mut shown = Command::new("askwell")
        .version(env!("CARGO_PKG_VERSION"))
        .about(all.get_about().cloned().unwrap_or_default())
        .subcommand_required(true)
        .args(all.get_arguments().cloned());
    for command in all.get_subcommands() {
        if !command.is_hide_set() {
            shown = shown.subcommand(command.clone());
        }
    }
    shown
}

/// Makes one page of everything: that of the program, and behind it what each command says of itself.
fn page() -> io::Result<String> {
    let mut command = shown();
    command.build();
    let mut page = Vec::new();
    let program = Man::new(command.clone());
    program.render_title(&mut page)?;
    program.render_name_section(&mut page)?;
    program.render_synopsis_section(&mut page)?;
    program.render_description_section(&mut page)?;
    program.render_options_section(&mut page)?;
    let mut page = String::from_utf8_lossy(&page).into_owned();
    describe(&mut command, "askwell", &mut page);
    Ok(page)
}

fn describe(command: &mut Command, path: &str, page: &mut String) {
    for below in command.get_subcommands_mut() {
        let name = below.get_name().to_owned();
        if name == "help" {
            continue;
        }
        let path = format!("{path} {name}");
        let help = below.render_long_help().to_string();
        let title = path.to_uppercase();
        page.extend([".SH \"", &title, "\"\n.nf\n", &as_is(&help), ".fi\n"]);
        describe(below, &path, page);
    }
}

/// Writes a text so that the formatter of manual pages leaves it as it is.
fn as_is(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    for line in text.trim_end().lines() {
        if line.starts_with(['.', '\'']) {
            written.push_str("\\&");
        }
        written.push_str(&line.replace('\\', "\\e").replace('-', "\\-"));
        written.push('\n');
    }
    written
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum;

    use super::*;

    /// The paths of all commands that people are to know, and of those that they are not.
    fn paths(command: &Command, above: &str, shown: &mut Vec<String>, hidden: &mut Vec<String>) {
        for below in command.get_subcommands() {
            let path = format!("{above} {}", below.get_name());
            let paths_of = if below.is_hide_set() {
                &mut *hidden
            } else {
                &mut *shown
            };
            paths_of.push(path.clone());
            paths(below, &path, shown, hidden);
        }
    }

    fn script(shell: Shell) -> String {
        let mut script = Vec::new();
        clap_complete::generate(shell, &mut super::shown(), "askwell", &mut script);
        String::from_utf8(script).unwrap()
    }

    #[test]
    fn every_command_that_people_are_to_know_is_in_the_manual_and_completed_and_no_other() {
        let (mut known, mut hidden) = (Vec::new(), Vec::new());
        paths(&Arguments::command(), "askwell", &mut known, &mut hidden);
        assert!(known.len() > 15 && !hidden.is_empty());
        let page = page().unwrap();
        for path in &known {
            assert!(
                page.contains(&format!(".SH \"{}\"\n", path.to_uppercase())),
                "{path}"
            );
        }
        for shell in Shell::value_variants() {
            let script = script(*shell);
            for path in &known {
                let (_, name) = path.rsplit_once(' ').unwrap();
                assert!(script.contains(name), "{shell}: {path}");
            }
            for path in &hidden {
                let (_, name) = path.rsplit_once(' ').unwrap();
                assert!(!script.contains(name), "{shell}: {path}");
                assert!(!page.contains(&path.to_uppercase()), "{path}");
            }
        }
    }

    #[test]
    fn options_and_dots_survive_the_formatter() {
        assert_eq!(as_is(".env\n  --all \\"), "\\&.env\n  \\-\\-all \\e\n");
        assert!(page().unwrap().contains("\\-\\-dry\\-run"));
    }
}
