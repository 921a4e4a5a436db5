"""Commands about what is told to other systems: webhooks and the outbox."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any

import typer
from rich.table import Table
from sqlalchemy.orm import Session

from app.commands.context import console, run, sessions, settings, show_counts
from app.core.clock import local_date, zone
from app.core.security import signing_secret
from app.jobs import outgoing
from app.jobs.process import outgoing_of
from app.jobs.runner import in_transaction
from app.jobs.steps import run_in_steps
from app.models.notice import DeliveryState, WebhookEndpoint
from app.notices import endpoints, letters, queries
from app.notices.endpoints import NewSecret
from app.notices.kinds import SUBSCRIBABLE
from app.notices.sealing import seal_of

webhooks = typer.Typer(no_args_is_help=True, help="Other systems that are told what happens.")
outbox = typer.Typer(no_args_is_help=True, help="What is on its way to them.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="of the webhook")]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.add_typer(webhooks, name="webhooks", rich_help_panel="Run")
    app.add_typer(outbox, name="outbox", rich_help_panel="Run")
    webhooks.command("add")(add)
    webhooks.command("list")(list_webhooks)
    webhooks.command("rotate")(rotate)
    webhooks.command("seal")(seal_again)
    webhooks.command("test")(test)
    webhooks.command("disable")(disable)
    webhooks.command("enable")(enable)
    outbox.command("list")(list_deliveries)
    outbox.command("replay")(replay)


def add(
    name: Name,
    url: Annotated[str, typer.Argument(help="https://host/path")],
    kind: Annotated[list[str] | None, typer.Option(help=f"only events of this kind: {', '.join(SUBSCRIBABLE)}")] = None,
) -> None:
    """Tell another system from now on; prints the key by which it knows us, once."""
    loopback, seal = settings().webhook_loopback, seal_of(settings().webhook_key, settings().home)

    def work(session: Session, now: datetime) -> NewSecret:
        return endpoints.add_endpoint(session, name=name, url=url, seal=seal, kinds=kind or (), loopback=loopback, now=now)

    _say_secret("add-webhook", work)


def list_webhooks() -> None:
    """Every webhook, with how much waits for it and how much of it is dead."""
    table = Table("name", "address", "kinds", "state", "waiting", "dead")
    for row in in_transaction(sessions(), queries.endpoint_rows):
        state = f"disabled: {row.disabled_because}" if row.disabled_at else "failing or slow" if row.apart_since else "well"
        table.add_row(row.name, row.url, ", ".join(row.kinds) or "all", state, str(row.pending), str(row.dead))
    console.print(table)


def rotate(
    name: Name,
    overlap_hours: Annotated[int, typer.Option(min=0, max=720, help="for how long the key before still signs too")] = 24,
) -> None:
    """Give it a new key, printed once; both sign until the overlap is over."""
    overlap = timedelta(hours=overlap_hours)
    seal = seal_of(settings().webhook_key, settings().home)
    _say_secret(
        "rotate-webhook", lambda session, now: endpoints.rotate_secret(session, name=name, seal=seal, overlap=overlap, now=now)
    )


def seal_again() -> None:
    """Encrypt the stored keys by the first of GRIDWORK_WEBHOOK_KEY; the others may go afterwards. A migration does it too."""
    seal = seal_of(settings().webhook_key, settings().home)
    run("seal-webhooks", lambda session, _: endpoints.seal_again(session, seal=seal))


def test(name: Name) -> None:
    """Send it an event that means nothing, now, and say what it answered."""
    endpoint: list[WebhookEndpoint] = []

    def work(session: Session, now: datetime) -> Mapping[str, Any]:
        endpoint.append(endpoints.try_endpoint(session, name=name, now=now))
        return {"name": name}

    run("test-webhook", work)
    out = outgoing_of(settings())
    run_in_steps(
        sessions(), "send-webhooks", outgoing.webhooks(out.webhooks, seal=out.seal, apart=endpoint[0].apart_since is not None)
    )
    sent = in_transaction(sessions(), lambda session: queries.last_delivery_to(session, endpoint[0].id))
    answer = sent.last_error or f"answered {sent.last_status}" if sent.attempts else "still waits for those before it"
    show_counts(name, {"state": sent.state.value, "answer": answer})


def disable(name: Name) -> None:
    """Send it nothing more; what waits for it is dead until it is replayed."""
    run("disable-webhook", lambda session, now: {"disabled": endpoints.disable_endpoint(session, name=name, now=now).name})


def enable(name: Name) -> None:
    """Send to it again, from now on."""
    run("enable-webhook", lambda session, now: {"enabled": endpoints.enable_endpoint(session, name=name, now=now).name})


def list_deliveries(
    state: Annotated[DeliveryState | None, typer.Option(help="only in this state")] = None,
    limit: Annotated[int, typer.Option(min=1, max=500)] = 50,
) -> None:
    """The newest deliveries; those that are dead wait for a person."""
    secret = signing_secret(settings().secret, settings().home)

    def read(session: Session) -> list[queries.DeliveryRow]:
        page = queries.delivery_page(session, state=state, reader="cli", cursor=None, limit=limit, secret=secret)
        return list(page.items)

    table = Table("delivery", "kind", "to", "state", "tries", "happened", "next try", "last answer")
    for row in in_transaction(sessions(), read):
        following = f"{row.next_attempt_at.astimezone(zone()):%m-%d %H:%M:%S}" if row.state == DeliveryState.PENDING else ""
        happened = f"{local_date(row.happened_at)} {row.happened_at.astimezone(zone()):%H:%M}"
        said = row.last_error or (str(row.last_status) if row.last_status else "")
        table.add_row(str(row.id), row.kind, row.endpoint or row.channel, row.state, str(row.attempts), happened, following, said)
    console.print(table)


def replay(
    delivery: Annotated[
        int | None, typer.Argument(help="number of a dead delivery, as `outbox list --state dead` shows it")
    ] = None,
    webhook: Annotated[str | None, typer.Option(help="instead: every dead delivery of this webhook")] = None,
) -> None:
    """Send what is dead once more, with its id as before."""
    if (delivery is None) == (webhook is None):
        raise typer.BadParameter("expected the number of a delivery, or --webhook")

    def work(session: Session, now: datetime) -> Mapping[str, Any]:
        if webhook is not None:
            return {"replayed": letters.replay_endpoint(session, name=webhook, now=now)}
        letters.replay_delivery(session, delivery_id=delivery or 0, now=now)
        return {"replayed": 1}

    run("replay", work)


def _say_secret(job: str, work: Any) -> None:
    """Run it and print the key; the run's row keeps only the name."""
    made: list[NewSecret] = []

    def keep(session: Session, now: datetime) -> Mapping[str, Any]:
        made.append(work(session, now))
        return {"name": made[0].name}

    run(job, keep)
    if made[0].until is not None:
        console.print(f"The key before signs beside it until {made[0].until.astimezone(zone()):%Y-%m-%d %H:%M}.")
    console.print(f"Key, shown this once: {made[0].secret}", markup=False)
