"""`monitorspec explain`: what a diagnostic's code means, why it matters and what to do.

In: a code. Out: its page on stdout.
"""

from __future__ import annotations

from difflib import get_close_matches

import click

from monitorspec.explain import codes, page


@click.command("explain")
@click.argument("code", required=False)
def command(code: str | None) -> None:
    """Explain a diagnostic's CODE, such as `routes/nobody`; without one, list all of them."""
    known = codes()
    if code is None:
        width = max(map(len, known))
        for name, title in known.items():
            click.echo(f"{name:<{width}}  {title}")
        return
    if code not in known:
        near = get_close_matches(code, known, 3, 0.4)
        hint = (
            f"did you mean {' or '.join(f'`{n}`' for n in near)}?"
            if near
            else "`monitorspec explain` lists all of them"
        )
        raise click.UsageError(f"no code `{code}`: {hint}")
    click.echo(page(code))
