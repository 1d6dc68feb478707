"""How many members fit into a memory budget."""

from typing import NamedTuple


class MemoryPlan(NamedTuple):
    """members: how many are trained at a time; records: recorded updates kept on the device at a time."""

    members: int
    records: int


def plan_memory(
    budget_bytes: int,
    members: int,
    multiple: int,
    bytes_per_state: int,
    bytes_per_record: int,
    records: int,
    bytes_per_snapshot: int,
    snapshots: int,
) -> MemoryPlan:
    """Largest chunk of members, a multiple of `multiple`, whose arrays stay within the budget.

    Per member: four times its state (parameters and optimiser, before and after an update, gradient and host copy),
    three times its record (device, host, float64 copy) and twice its snapshots.
    Raises `ValueError` that says what to lower when even the smallest chunk does not fit. The results do not depend on
    the chunk.
    """
    per_member = 4 * bytes_per_state + 3 * records * bytes_per_record + 2 * snapshots * bytes_per_snapshot
    fitting = budget_bytes // max(per_member, 1) // multiple * multiple
    if fitting < multiple:
        mib = 2**20
        raise ValueError(
            f"the memory budget of {budget_bytes / mib:.0f} MiB is too small: {multiple} member(s) at a time need "
            f"{multiple * per_member / mib:.0f} MiB ({4 * bytes_per_state / mib:.1f} MiB of parameters, "
            f"{3 * records * bytes_per_record / mib:.1f} MiB of recorded outputs, "
            f"{2 * snapshots * bytes_per_snapshot / mib:.1f} MiB of kernel snapshots each). "
            "Raise the budget, record fewer updates, take fewer snapshots or points."
        )
    needed = -(-members // multiple) * multiple
    chunk = min(fitting, needed)
    device_records = max(1, min(records, (budget_bytes // 8) // max(1, chunk * bytes_per_record)))
    return MemoryPlan(int(chunk), int(device_records))
