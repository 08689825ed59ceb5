"""How long it takes to find out what a statement means (`bench/plans.rs`)."""

from harness import run
from page import ROOT


def measure(options, bed):
    printed = run(["cargo", "bench", "--quiet", "--bench", "plans", "--manifest-path", str(ROOT / "Cargo.toml")])
    return "\n\n".join(
        [
            "## Plans",
            "Nanoseconds until the proxy knows what to do with the text of a statement.",
            printed[printed.index("|") :].strip(),
        ]
    )
