//! The `pggit` program; everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    pggit::cli::main()
}
