//! The program.

fn main() -> std::process::ExitCode {
    askwell::cli::run()
}
