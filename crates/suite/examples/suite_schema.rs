//! Prints the JSON Schema of suite files: `make types` writes it to `docs/suite.schema.json`.
#![expect(clippy::print_stdout, reason = "printing is what this is for")]

fn main() {
    print!("{}", stepcast_suite::render_json_schema());
}
