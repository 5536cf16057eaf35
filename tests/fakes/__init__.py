"""Stand-ins behind the project's ports; each passes the contract tests of the real part."""
