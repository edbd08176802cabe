"""Commands that hand ARGS on to claude."""

from __future__ import annotations

import click


class Passing(click.Command):
    """An option that it doesn't have may be one of claude's: the error says where those go."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            fix = f"fix: claude's own go behind --: ccroute {ctx.info_name} -- …"
            raise click.UsageError(f"{error.format_message()}\n  {fix}", ctx) from None
