"""The whole tool on one screen.

bytes -> Dockerfile -> Analysis -> StagePlans -> bytes -> check -> Result
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from msgspec.structs import replace

from reorder.config import Config
from reorder.context.files import Context
from reorder.controls import skips_file
from reorder.cost import Changes, average
from reorder.effects.model import Models, builtin
from reorder.passes import View, one_pass, settle, written
from reorder.plan import StagePlan
from reorder.proof import checked
from reorder.result import Result, as_written
from reorder.syntax.dockerfile import parse
from reorder.trials import with_cuts, with_places
from reorder.volatile import Volatile, placeholders


def reorder(
    source: bytes,
    *,
    context: Context | None = None,
    config: Config | None = None,
    models: Models | None = None,
    build_args: Mapping[str, str | None] | None = None,
    changes: Changes | None = None,
    named: Collection[str] = (),
) -> Result:
    """Rewrites a Dockerfile into its cheapest legal order, or returns it byte for byte.

    `build_args`: None for a value that is not known. `named`: the contexts of their own.
    Raises ParseError when the text is not a Dockerfile that BuildKit would accept.
    """
    config = config or Config()
    args = {**config.build_args, **(build_args or {})}
    unset = placeholders(parse(source))
    volatile = Volatile((*config.volatile, *unset), config.not_volatile)
    # What is known of a source depends on the files that are there.
    changes = replace(changes or average(), volatile=volatile, known={})
    models = models or builtin()
    view = View(context, models, args, changes, config.unsafe, named, config.timings)
    first = one_pass(source, view)
    if skips_file(first.analysis.dockerfile):
        return as_written(first)
    settled = with_cuts(first, settle(first, view), view)
    settled = with_places(first, settled, view)
    if not settled.changed or not _pays(settled, config):
        return as_written(first)
    return checked(settled)


def applied(result: Result, plans: tuple[StagePlan, ...]) -> Result:
    """The file of a result under other plans, checked; as it is when the check refuses them."""
    return checked(written(result, plans))


def _pays(result: Result, config: Config) -> bool:
    gain = result.seconds_before - result.seconds_after
    return gain >= max(config.min_gain, config.min_gain_share * result.seconds_before)
