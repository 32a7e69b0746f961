"""Normalise: interpret raw records with the contract in force, and notice where they look otherwise than before."""

from __future__ import annotations

from awra_desk.ports.progress import Progress, silent
from awra_desk.services.desk import Desk

BATCH = 5_000


def normalise(desk: Desk, name: str, *, progress: Progress = silent) -> int:
    """Interpret everything of this source that the contract in force has not seen, whatever was in force before.

    Returns how many raw records that were.
    """
    with desk.read() as uow:
        connection = uow.connections.get(name)
        streams = uow.records.streams(name)
        known = uow.drifts.shapes(name)
    mapping = desk.mapping(connection)
    sentinel = mapping.sentinel(known, desk.now())
    done = 0
    for stream in streams:
        while True:
            with desk.write() as uow:
                records = uow.records.pending(name, stream, mapping.version, BATCH)
                if not records:
                    break
                result = mapping.interpret(records, sentinel.read)
                uow.records.put_transactions(records, mapping.version, result.table, result.rejects)
                uow.drifts.put_shapes(name, sentinel.shapes())
                uow.drifts.add(sentinel.told())
                uow.commit()
            done += len(records)
            progress(done, None, f"{name}: reading {stream}")
    return done
