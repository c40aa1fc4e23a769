"""One repository that is being scanned: what was asked for, and what it is scanned with."""

from __future__ import annotations

from collections.abc import Callable

from scanner.engine.database import Database, load_database
from scanner.engine.triggers import load_triggers
from scanner.git.repository import Repository
from scanner.git.stores import Store, open_store
from scanner.history.request import HistoryRequest
from scanner.history.versions import Versions
from scanner.record import record
from scanner.scan import Options


@record
class Run:
    """One repository being scanned: what was asked for, and what it is scanned with."""

    repository: Repository
    request: HistoryRequest
    options: Options
    wanted: Callable[[str], bool]
    database: Database
    versions: Versions
    store: Store


def prepared(
    repository: Repository,
    request: HistoryRequest,
    options: Options,
    wanted: Callable[[str], bool],
) -> Run:
    """Load the rules and open the object store."""
    database = load_database(
        options.minimum, options.rule_files, cache=options.cache, say=options.say
    )
    triggers = load_triggers(options.cache) if options.decode else None
    versions = Versions(database, options.minimum, options.active, triggers)
    store = open_store(repository.objects, repository.hash_size)
    return Run(repository, request, options, wanted, database, versions, store)
