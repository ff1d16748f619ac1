"""Four pools of threads: for pages, for work on pictures, for archives, and for programs that wait for a job.

No account has over half of the second or the fourth.
"""

from collections import Counter, deque

from waitress.task import ThreadedTaskDispatcher

from server import ARCHIVE, PAGE, WAIT, WORK, Admission

ARCHIVE_THREADS = 4
# Who waits holds neither the processor nor a connection to the database.
WAIT_THREADS = 24


class Turns:
    """A queue that takes accounts in turn, and from none more than `most` at once. The caller holds the lock."""

    def __init__(self, most: int):
        self._most = most
        self._waiting: dict[str, deque] = {}
        self._running: Counter[str] = Counter()

    def __len__(self) -> int:
        """How many could be taken now."""
        return sum(min(len(tasks), self._most - self._running[name]) for name, tasks in self._waiting.items())

    def append(self, turn: "Turn") -> None:
        self._waiting.setdefault(turn.account, deque()).append(turn)

    def popleft(self) -> "Turn":
        """Take the first task of the account whose turn it is; that account is then the last."""
        name = next(name for name in self._waiting if self._running[name] < self._most)
        tasks = self._waiting.pop(name)
        turn = tasks.popleft()
        if tasks:
            self._waiting[name] = tasks
        self._running[name] += 1
        return turn

    def end(self, turn: "Turn") -> None:
        """Give the place of a task back."""
        self._running[turn.account] -= 1
        if not self._running[turn.account]:
            del self._running[turn.account]


class Turn:
    """One task of one account."""

    def __init__(self, task, account: str, threads: "WorkThreads"):
        self._task, self.account, self._threads = task, account, threads

    def service(self) -> None:
        try:
            self._task.service()
        finally:
            self._threads.end(self)

    def cancel(self) -> None:
        self._task.cancel()


class WorkThreads(ThreadedTaskDispatcher):
    """Threads that accounts share: none has more than half of them, rounded up."""

    def __init__(self, threads: int):
        super().__init__()
        self.queue = Turns(-(-threads // 2))
        self.set_thread_count(threads)

    def end(self, turn: Turn) -> None:
        with self.lock:
            self.queue.end(turn)
            self.queue_cv.notify()


class Dispatcher:
    """Every request to the threads that its admission names."""

    def __init__(self, threads: int):
        """`threads` are for pages and work together, at least one for each."""
        work = max(1, threads // 2)
        self._shared = {WORK: WorkThreads(work), WAIT: WorkThreads(WAIT_THREADS)}
        self._others = {PAGE: ThreadedTaskDispatcher(), ARCHIVE: ThreadedTaskDispatcher()}
        self._others[PAGE].set_thread_count(max(1, threads - work))
        self._others[ARCHIVE].set_thread_count(ARCHIVE_THREADS)

    def add_task(self, channel) -> None:
        """Queue the first request of a connection. A malformed one has no admission, and is soon answered."""
        admission = channel.requests[0].admission or Admission(0)
        if threads := self._shared.get(admission.pool):
            threads.add_task(Turn(channel, admission.account, threads))
        else:
            self._others[admission.pool].add_task(channel)

    def shutdown(self) -> None:
        """Let the threads end as soon as they have nothing to do, and give up what waits."""
        for threads in (*self._shared.values(), *self._others.values()):
            threads.shutdown(timeout=1)
