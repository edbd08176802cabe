"""What earlier launches mean for this one: a session's route, live sessions, who ran last."""

from __future__ import annotations

import time

from ccwrap.gateways.verdict import Verdict
from ccwrap.health import live, memory
from ccwrap.health.records import Remembered
from ccwrap.health.selection import Past, returns
from ccwrap.light import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ccwrap.candidates import Candidate
    from ccwrap.health.records import Launch
    from ccwrap.health.selection import Choice
    from ccwrap.routes.schema import RouteFile
    from ccwrap.world import World

CLAUDE: Final = ("claude", "opus", "sonnet", "haiku", "fable")

UNASKED: Final = Remembered(Verdict("inconclusive", "not asked: a session runs on it"), 0.0)
"""What is known of a session's route of which nothing is remembered."""


def scope(file: RouteFile) -> str:
    """Where `fastest` has one incumbent."""
    return str(file.file or file.folder)


def of(world: World, file: RouteFile, known: Sequence[Candidate]) -> Past:
    """As far as `file`'s policy and the run's arguments ask for it."""
    found = resumed(world, file, known)
    if not found.returning:
        found = found._replace(**within(world, file, known))
    if file.policy == "fastest":
        found = found._replace(standing=world.memory.standing(scope(file)))
    if file.policy == "balanced":
        running = live.running(world.memory.launches_of(live.processes()))
        counts = {one.route.name: sum(on(run, one, file) for run in running) for one in known}
        found = found._replace(live=counts)
    return found


def on(launch: Launch, candidate: Candidate, file: RouteFile) -> bool:
    """Whether `launch` ran on `candidate`: the same gateway and key, or this project's route."""
    if candidate.question and launch.question == candidate.question:
        return True
    return (launch.project, launch.route) == (file.project, candidate.route.name)


def resumed(world: World, file: RouteFile, known: Sequence[Candidate]) -> Past:
    """The session that is resumed, and the route that it ran on last."""
    if not world.invocation.resumes:
        return Past()
    from ccwrap.claude import resume  # noqa: PLC0415 - most runs resume nothing

    home = world.places.home
    session = resume.session(world.invocation, world.environment, world.cwd, home)
    ran = [one for one in world.memory.launches(session) if not one.fault] if session else []
    if not ran:
        return Past(session=session)
    own = ran[0].route if ran[0].project == file.project else ""
    same = [one.route.name for one in known if one.question and one.question == ran[0].question]
    return Past(returning=same[0] if same else own, model=ran[0].model, session=session)


def within(world: World, file: RouteFile, known: Sequence[Candidate]) -> dict[str, Any]:
    """The route of the session in which this run stands, while it is well: fields of `Past`.

    What has the variable from an editor or a terminal that outlived its session stands in
    none. A session that claude wakes returns like one that is resumed: it may have slept
    for days.
    """
    launch = None if world.overrides else world.memory.launch(world.around.launch)
    if launch is None:
        return {}
    runs = bool(live.running([launch]))
    same = [one for one in known if on(launch, one, file)]
    if not same or not (runs or world.around.own):
        return {}
    asked = (same[0].question, launch.question)
    recalled = world.memory.recall(asked)
    found = next((recalled[one] for one in asked if one in recalled), UNASKED)
    if found.stale or not returns(found.verdict, found.until):
        return {}
    route = {"returning": same[0].route.name, "model": launch.model}
    young = memory.state(found, time.time(), file.probe.fresh_for, file.probe.depth) == "fresh"
    return {**route, "within": found} if runs or young else route


def notes(choice: Choice) -> Iterator[str]:
    """What a person should know about a session that changes its route or its model."""
    past, chosen = choice.past, choice.chosen
    if chosen is None or not past.returning or past.within:
        return
    if chosen.route.name != past.returning:
        yield f"the session ran on {past.returning}, {_why(choice)}; it goes on with {chosen.route.name}"
    if claude(past.model) != claude(chosen.model):
        yield (
            f"the session ran with {past.model or 'a Claude model'} and goes on with"
            f" {chosen.model or 'a Claude model'}: thinking that one signed the other may refuse"
        )


def _why(choice: Choice) -> str:
    for one in choice.considered:
        if one.route.name == choice.past.returning:
            return f"which is {one.verdict.name}"
    return "which isn't there any more"


def claude(model: str) -> bool:
    """Whether `model` is one of Anthropic's; "" stands for claude's own choice."""
    return not model or any(word in model.lower() for word in CLAUDE)
