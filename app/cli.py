"""The command `gridwork`: what operators, planners and analysts type."""

import sys
from types import ModuleType
from typing import NoReturn

import typer
from rich.console import Console
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from typer.exceptions import TyperException

from app.commands import (
    campaign_evaluation,
    campaign_life,
    campaign_preview,
    campaigns,
    centre,
    contact_policy,
    devices,
    disputes,
    doctor,
    escalation,
    evaluation,
    evidence,
    evidence_rules,
    feedback,
    figures,
    handovers,
    imports,
    notices,
    offers,
    people,
    planning,
    points,
    points_plans,
    programmes,
    ranking,
    runs,
    serving,
    territory,
    watching,
    work_orders,
)
from app.core.embedded import EmbeddedServerError
from app.core.errors import AppError
from app.settings import SettingsError

app = typer.Typer(name="gridwork", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
SECTIONS: dict[str, tuple[ModuleType, ...]] = {
    "Data in": (imports,),
    "Rank": (ranking, watching, evaluation),
    "Know the customers": (centre, offers),
    "Plan and dispatch": (
        campaigns,
        campaign_life,
        campaign_evaluation,
        campaign_preview,
        programmes,
        contact_policy,
        runs,
        work_orders,
        territory,
        handovers,
        planning,
    ),
    "Check, close, pay": (feedback, evidence, evidence_rules, points, points_plans, disputes),
    "Run": (people, devices, serving, notices, escalation, figures, doctor),
}
for section, modules in SECTIONS.items():
    for module in modules:
        before = len(app.registered_commands)
        module.register(app)
        for command in app.registered_commands[before:]:
            command.rich_help_panel = section


def main() -> None:
    """Run a command; whatever goes wrong is one line on stderr and a non-zero exit code."""
    if any("\ud800" <= character <= "\udfff" for argument in sys.argv for character in argument):
        _fail("an argument is not text: expected UTF-8")
    try:
        sys.exit(app(standalone_mode=False))
    except typer.Abort:
        _fail("stopped")
    except TyperException as error:
        _fail_at_usage(error)
    except (AppError, SettingsError, EmbeddedServerError) as error:
        _fail(str(error))
    except FileNotFoundError as error:
        _fail(f"there is no file {error.filename}")
    except DBAPIError as error:
        _fail(f"the database refused: {str(error.orig).strip().splitlines()[0]}")
    except SQLAlchemyError as error:
        _fail(f"the database could not be used: {type(error).__name__}")
    except KeyboardInterrupt:
        _fail("stopped")


def _fail_at_usage(error: TyperException) -> NoReturn:
    """A wrong command or option: which, and what was expected. `gridwork` alone shows what there is."""
    if len(sys.argv) == 1:
        print(error.format_message())  # noqa: T201 - the help, not a complaint
        sys.exit(2)
    _fail(" ".join(error.format_message().split()) + " (see --help)", code=2)


def _fail(message: str, *, code: int = 1) -> NoReturn:
    Console(stderr=True, highlight=False, soft_wrap=True, markup=False).print(f"gridwork: {message}")
    sys.exit(code)


if __name__ == "__main__":
    main()
