"""Real and emulated boards, reached through a cable: transports, the raw REPL, and what is built on them."""
