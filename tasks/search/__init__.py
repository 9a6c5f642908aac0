"""Settings looked for by trial, never on the test side."""
