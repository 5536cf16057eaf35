"""`python -m ivr.caller SCENARIO...`: the command `ivr call` by itself."""

import typer

from ivr.caller.cli import call

if __name__ == "__main__":
    typer.run(call)
