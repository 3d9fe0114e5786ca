"""What a submission may use: of time, memory, processes, files, disk and paper."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """What a submission may use.

    Args:
        cell: seconds for one cell.
        call: seconds for one call of a function.
        total: seconds for the submission in all.
        memory: bytes a process may allocate.
        all_memory: bytes that all its processes take together.
        processes: processes and threads.
        files: open files.
        disk: bytes of /tmp, and of /dev/shm.
        output: bytes of printed text that are kept.
    """

    cell: float = 30
    call: float = 10
    total: float = 180
    memory: int = 2 * 2**30
    all_memory: int = 3 * 2**30
    processes: int = 64
    files: int = 256
    disk: int = 64 * 2**20
    output: int = 20_000

    def of_kernel(self) -> dict[str, int]:
        """Give the limits that the kernel keeps, for the worker to set on itself."""
        return {
            "RLIMIT_DATA": self.memory,
            "RLIMIT_AS": self.memory + 4 * 2**30,  # torch maps files of some GiB, and shared memory counts here alone
            "RLIMIT_FSIZE": self.disk,
            "RLIMIT_NPROC": self.processes,
            "RLIMIT_NOFILE": self.files,
            "RLIMIT_CORE": 0,
        }
