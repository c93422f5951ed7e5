"""`kallglot models`: which models there are, getting them here, and which suit this machine."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import attrs
import click

from kallglot.commands import modeltables, terminal
from kallglot.commands import settings as options
from kallglot.commands.pullbars import bars
from kallglot.commands.terminal import examples
from kallglot.config import Settings
from kallglot.errors import ModelMissing, SettingsError
from kallglot.speech.catalogue import DEMO
from kallglot.speech.hub import human_size
from kallglot.speech.models import machine as machines
from kallglot.speech.models import measuring, remote, timing
from kallglot.speech.models import pull as pulling
from kallglot.speech.models import recommend as recommending
from kallglot.speech.models.entries import Entry, Role, catalogue
from kallglot.speech.models.shelf import Shelf, State

__all__ = ["command"]

_json_option = click.option("--json", "is_json", is_flag=True, help="Print JSON, for programs.")


def _pair(
    _context: click.Context, _parameter: click.Parameter, value: str | None
) -> tuple[str, str] | None:
    """Read two languages by a hyphen."""
    if value is None:
        return None
    source, hyphen, target = value.lower().partition("-")
    is_pair = hyphen and source.isalpha() and target.isalpha() and source != target
    if not is_pair or not {len(source), len(target)} <= {2, 3}:
        raise click.BadParameter(f"{value!r} is not a pair of languages such as de-en")
    return source, target


@click.group(
    "models",
    epilog=examples(
        "kallglot models recommend --pair de-en",
        "kallglot models pull acft-whisper-base opus-mt-de-en opus-mt-en-de",
    ),
)
def command() -> None:
    """See, get and try the models that understand, translate and speak.

    Begin with `recommend`: it times this machine and says what to pull.  What was pulled is named
    in the settings by the name it has here, as in speech.recogniser = "acft-whisper-base", or
    taken by a profile, as in speech.profile = "cpu".
    """


@command.command(
    "list",
    epilog=examples(
        "kallglot models list",
        "kallglot models list --role recogniser --language de",
        "kallglot models list --pair de-en --json",
    ),
)
@click.option(
    "--role", type=click.Choice([role.value for role in Role]), help="Only models for this."
)
@click.option("--language", metavar="CODE", help="Only models that know this language.")
@click.option(
    "--pair", metavar="PAIR", callback=_pair, help="Only models for a call between two, as de-en."
)
@_json_option
@options.config_option
def list_models(
    role: str | None,
    language: str | None,
    pair: tuple[str, str] | None,
    config: Path | None,
    *,
    is_json: bool,
) -> None:
    """List the models: what they are for, their size, languages and licence, what is here.

    A name with {holes}, such as opus-mt-{source}-{target}, stands for a model per language or
    pair.  A size with "up to" is known exactly once the hub was asked.
    """
    shelf = Shelf(options.load(config).models.folder)
    rows = [
        row
        for row in modeltables.rows(catalogue(), shelf, pair)
        if modeltables.is_wanted(row.entry, role, language, pair)
    ]
    if is_json:
        click.echo(json.dumps([modeltables.as_json(row) for row in rows], indent=2))
    elif rows:
        modeltables.show(rows, shelf)
    else:
        raise click.ClickException("the catalogue has no such model; see kallglot models list")


@command.command(
    epilog=examples(
        "kallglot models pull acft-whisper-base opus-mt-de-en opus-mt-en-de",
        "kallglot models pull whisper-base --dry-run",
        "kallglot models pull mms-tts-deu --accept-licence CC-BY-NC-4.0",
    )
)
@click.argument("names", nargs=-1, required=True)
@click.option("--revision", metavar="SHA", help="Take this commit, and stay with it.")
@click.option("--update", "is_update", is_flag=True, help="Take the newest commit from now on.")
@click.option(
    "--accept-licence",
    "accepted",
    multiple=True,
    metavar="LICENCE",
    help="Accept the licence of a model that is not for everybody; it is remembered.",
)
@click.option("--dry-run", "is_dry", is_flag=True, help="Say what would be done, and stop.")
@options.config_option
def pull(
    names: tuple[str, ...],
    revision: str | None,
    accepted: tuple[str, ...],
    config: Path | None,
    *,
    is_update: bool,
    is_dry: bool,
) -> None:
    """Get models from the hub, with checksums, and go on where a pull was interrupted.

    The commit that the hub's newest is now is written to models.lock in the models' folder, and
    used from then on.  Set models.mirror to pull from elsewhere; models behind a login need
    HF_TOKEN.
    """
    settings = options.load(config)
    if revision is not None and (len(names) > 1 or is_update):
        raise click.UsageError("--revision is for one model, and not with --update")
    shelf, entries = Shelf(settings.models.folder), [catalogue().find(name) for name in names]
    lock = shelf.lock()
    for entry in entries:
        pulling.permitted(entry, lock, accepted)
    hub = _hub(settings, shelf)
    plans = [pulling.plan(each, shelf, hub, revision, is_update=is_update) for each in entries]
    for plan in plans:
        click.echo(modeltables.plan_line(plan, shelf), err=True)
    if is_dry:
        click.echo(modeltables.plan_table(plans))
        return
    for plan in plans:
        if not plan.entry.is_commercial:
            shelf.accept(plan.entry.name, plan.entry.licence)
        with bars(terminal.notes(), plan) as moved:
            place = pulling.pull(plan, shelf, hub, moved)
        click.echo(f"{plan.entry.name} is in {place}")


def _hub(settings: Settings, shelf: Shelf) -> remote.Hub:
    if settings.models.offline or remote.is_offline():
        raise ModelMissing(
            "this machine is to ask nobody for models (models.offline or HF_HUB_OFFLINE): pull"
            f" them on another, and copy its models' folder to {shelf.folder}"
        )
    return remote.HuggingFaceHub(settings.models.mirror)


@command.command(
    epilog=examples("kallglot models verify", "kallglot models verify acft-whisper-base")
)
@click.argument("names", nargs=-1)
@options.config_option
def verify(names: tuple[str, ...], config: Path | None) -> None:
    """Read models that were pulled, all without NAMES, and say which files are damaged.

    Exits with 1 if any is; pulling the model again mends it.
    """
    shelf = Shelf(options.load(config).models.folder)
    for name in names:
        catalogue().find(name)
    known = names or tuple(shelf.lock().models)
    chosen = [name for name in known if names or shelf.state(name) is not State.LOCKED]
    if not chosen:
        click.echo(f"there are no models in {shelf.folder}", err=True)
    broken = [name for name in chosen if not _verify(shelf, name)]
    if broken:
        raise click.ClickException(
            f"not whole: {', '.join(broken)}; mend with kallglot models pull {' '.join(broken)}"
        )


def _verify(shelf: Shelf, name: str) -> bool:
    if shelf.state(name) is State.PARTIAL:
        click.echo(f"{name}: half there, its pull was interrupted")
        return False
    with terminal.notes().status(f"reading {name}"):
        faults = shelf.verify(name)
    for fault in faults:
        click.echo(f"{name}: {fault}")
    if not faults:
        click.echo(f"{name}: whole")
    return not faults


@command.command(
    epilog=examples("kallglot models remove whisper-base", "kallglot models remove NAME --yes")
)
@click.argument("names", nargs=-1, required=True)
@click.option("--yes", "is_sure", is_flag=True, help="Do not ask.")
@click.option(
    "--forget", "is_forgotten", is_flag=True, help="Let go of the revision too (models.lock)."
)
@options.config_option
def remove(
    names: tuple[str, ...], config: Path | None, *, is_sure: bool, is_forgotten: bool
) -> None:
    """Delete models that were pulled, half pulled ones too, and say how much room that makes.

    The revision stays in models.lock, so that pulling again gives the same; --forget drops it.
    """
    shelf = Shelf(options.load(config).models.folder)
    here = {State.INSTALLED, State.PARTIAL}
    absent = [name for name in names if shelf.state(name) not in here]
    if absent and not is_forgotten:
        raise ModelMissing(f"not in {shelf.folder}: {', '.join(absent)}")
    total = sum(map(shelf.size, names))
    if not is_sure:
        click.confirm(f"Delete {', '.join(names)} ({human_size(total)})?", abort=True, err=True)
    with shelf.alone():
        for name in names:
            click.echo(f"{name}: {human_size(shelf.remove(name))} are free again")
            if is_forgotten:
                shelf.forget(name)


@command.command(
    epilog=examples(
        "kallglot models bench acft-whisper-base",
        "kallglot models bench espeak-ng --json",
    )
)
@click.argument("name")
@click.option("--device", help="Where it runs.  [default: as in the settings]")
@click.option(
    "--seconds", type=click.FloatRange(0.01, 600.0), default=4.0, help="How long each batch size."
)
@_json_option
@options.config_option
def bench(
    name: str, device: str | None, seconds: float, config: Path | None, *, is_json: bool
) -> None:
    """Time a model on this machine: loading, memory, one at a time, and eight together.

    Do it while nothing else runs.  The fastest time says what the model costs, the median what
    it costs on this machine as it is.
    """
    settings = options.load(config)
    entry = catalogue().find(name)
    folder = _folder_of(entry, Shelf(settings.models.folder))
    console = terminal.notes()
    with console.status(f"timing {name}"):
        found = timing.bench(entry, folder, device or settings.speech.device, seconds)
    if is_json:
        click.echo(json.dumps(attrs.asdict(found), indent=2))
    else:
        click.echo(modeltables.timed(found))


def _folder_of(entry: Entry, shelf: Shelf) -> Path | None:
    if entry.is_demo:
        return DEMO / entry.role.value
    if not entry.is_pulled:
        return None
    if shelf.state(entry.name) is not State.INSTALLED:
        raise ModelMissing(f"{entry.name} is not here: `kallglot models pull {entry.name}`")
    return shelf.place(entry.name)


@command.command(
    epilog=examples(
        "kallglot models recommend --pair de-en",
        "kallglot models recommend --pair de-fr --calls 10 --json",
        "kallglot models recommend --pair de-en --settings >> kallglot.toml",
    )
)
@click.option(
    "--pair",
    metavar="PAIR",
    callback=_pair,
    default="de-en",
    show_default=True,
    help="The two languages of the calls.",
)
@click.option("--calls", type=click.IntRange(1, 10_000), default=1, help="Calls at a time.")
@click.option(
    "--accept-licence",
    "accepted",
    multiple=True,
    metavar="LICENCE",
    help="Consider models of this licence too, such as CC-BY-NC-4.0.",
)
@click.option(
    "--machine",
    "file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Advise for another machine: what --json printed there.",
)
@click.option("--settings", "is_snippet", is_flag=True, help="Print the settings alone.")
@_json_option
@options.config_option
def recommend(
    pair: tuple[str, str],
    calls: int,
    accepted: Sequence[str],
    file: Path | None,
    config: Path | None,
    *,
    is_snippet: bool,
    is_json: bool,
) -> None:
    """Time this machine, and say which models suit it, how many calls, and what lag to expect.

    It takes some seconds; do it while nothing else runs.  The answer is an estimate from what the
    models were measured to cost on another machine, and says by which rule.
    """
    options.load(config)  # a mistake there is better found now
    with terminal.notes().status("timing this machine"):
        machine = measuring.measure() if file is None else _machine_in(file)
    wish = recommending.Wish(pair, calls, frozenset(accepted))
    advice = recommending.recommend(machine, catalogue(), wish)
    if is_json:
        click.echo(json.dumps(modeltables.advice_json(advice, machine, wish), indent=2))
    elif is_snippet:
        click.echo(modeltables.snippet(advice), nl=False)
    else:
        click.echo(modeltables.advice(advice, machine, wish, catalogue().reference.machine))


def _machine_in(file: Path) -> machines.Machine:
    try:
        return machines.read(file.read_text("utf-8"))
    except ValueError as error:
        raise SettingsError(
            f"{file} is not what `kallglot models recommend --json` prints: {error}"
        ) from error
