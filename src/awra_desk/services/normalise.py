"""Normalise: interpret raw records with the contract in force; also how a mapping mistake is mended, offline."""

from __future__ import annotations

from awra_desk.ports.progress import Progress, silent
from awra_desk.services.desk import Desk

BATCH = 5_000


def normalise(desk: Desk, name: str, *, progress: Progress = silent) -> int:
    """Interpret everything of this source that the contract in force has not seen.

    Returns how many raw records that were.
    """
    with desk.read() as uow:
        connection = uow.connections.get(name)
        streams = uow.records.streams(name)
    mapping = desk.mapping(connection)
    done = 0
    for stream in streams:
        while True:
            with desk.write() as uow:
                records = uow.records.pending(name, stream, mapping.version, BATCH)
                if not records:
                    break
                result = mapping.interpret(records)
                uow.records.put_transactions(records, mapping.version, result.table, result.rejects)
                uow.commit()
            done += len(records)
            progress(done, None, f"{name}: reading {stream}")
    return done
