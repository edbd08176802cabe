"""`fastest` and `balanced` over real launches: what one learns, the next one knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccwrap.gateways.simulated import WELL, Setup, slow
from routing import KEY, routed

if TYPE_CHECKING:
    from ccwrap.gateways.simulated import SimulatedGateway
    from sandbox import Sandbox
    from standin import StandIn
    from starting import StartGateway

ASK_ALWAYS = "[probe]\nfresh_for = 0\n"


class World:
    """Two gateways under `fastest`, asked anew at each launch unless `probe` says else."""

    def __init__(self, sandbox: Sandbox, start: StartGateway, probe: str = ASK_ALWAYS) -> None:
        self.sandbox = sandbox
        self.standin: StandIn = sandbox.stand_in()
        self.gateways: dict[str, SimulatedGateway] = {
            name: start(Setup(keys=(KEY,))) for name in ("one", "two")
        }
        urls = {name: gateway.url for name, gateway in self.gateways.items()}
        routed(sandbox, urls, top=f'policy = "fastest"\n{probe}')

    def launch(self) -> str:
        """The route that a launch takes."""
        self.sandbox.run_ccwrap("-p", "hello").expect()
        url = self.standin.reports[-1].environment["ANTHROPIC_BASE_URL"]
        (name,) = [name for name, gateway in self.gateways.items() if gateway.url == url]
        return name


def test_a_gateway_that_turns_slow_is_left_within_three_launches_and_not_returned_to(
    bare_sandbox: Sandbox, gateway: StartGateway
) -> None:
    world = World(bare_sandbox, gateway)
    world.gateways["one"].behaviour = slow(0.4)
    assert [world.launch() for _ in range(2)] == ["two", "two"]
    world.gateways["one"].behaviour, world.gateways["two"].behaviour = WELL, slow(0.8)
    assert "one" in [world.launch() for _ in range(3)]
    world.gateways["two"].behaviour = WELL
    assert [world.launch() for _ in range(3)] == ["one"] * 3


def test_a_slow_answer_is_counted_once_however_many_launches_believe_it(
    bare_sandbox: Sandbox, gateway: StartGateway
) -> None:
    world = World(bare_sandbox, gateway, '[probe]\nfresh_for = "1h"\n')
    world.gateways["two"].behaviour = slow(0.3)
    assert world.launch() == "one"
    world.gateways["one"].behaviour, world.gateways["two"].behaviour = slow(0.8), WELL
    bare_sandbox.run_ccroute("check").expect()
    assert [world.launch() for _ in range(4)] == ["one"] * 4
    reason = bare_sandbox.run_ccroute("explain", "--json").expect().json["reason"]
    assert reason.startswith("fastest: keeps to one")


def test_equal_gateways_do_not_take_turns(bare_sandbox: Sandbox, gateway: StartGateway) -> None:
    world = World(bare_sandbox, gateway)
    assert len({world.launch() for _ in range(8)}) == 1
