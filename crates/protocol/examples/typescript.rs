//! Prints the wire types as TypeScript: `make types` writes them to `web/src/client/protocol.ts`.
#![expect(clippy::print_stdout, reason = "printing is what this is for")]

fn main() {
    print!("{}", stepcast_protocol::typescript::render());
}
