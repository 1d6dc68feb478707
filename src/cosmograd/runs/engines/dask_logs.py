"""What dask logs about its own affairs, dying workers among them, is not for the user's terminal."""

import logging

# Above every level that is logged at.
SILENCE = logging.CRITICAL + 1


def silence_dask() -> dict[logging.Logger, int]:
    """Silence every logger of dask's that there is by now, in this process; returns them with their levels before."""
    before = {
        logger: logger.level
        for name, logger in list(logging.root.manager.loggerDict.items())
        if isinstance(logger, logging.Logger) and name.partition(".")[0] in ("distributed", "tornado", "asyncio")
    }
    for logger in before:
        logger.setLevel(SILENCE)
    return before
