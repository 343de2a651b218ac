"""What the way through the package costs: `cargo xtask bench` runs it.

`cost.py start VAULT PASSPHRASE` loads the library, opens the vault and prints the code of its first entry.
`cost.py call` prints how many nanoseconds a call takes that gives a small record out: the median of rounds.
"""

import asyncio
import sys
import time
from datetime import datetime, timezone

from countersign import App, LockedVault, NoStorage, Ports, TotpEntry

APP = App(id="com.example.cost", name="Cost", version="1.0")
TIME = datetime.fromtimestamp(59, timezone.utc)
# Rounds are short, so that what else the machine does falls into few of them.
ROUNDS = 1001
CALLS = 100


async def first_code(path, passphrase):
    vault = await (await LockedVault.open(path, Ports(APP, storage=NoStorage()))).unlock(passphrase)
    codes = await vault.codes()
    return codes[0].entry().codes_at(TIME).current()


def call_ns():
    entry = TotpEntry("Acme", "mia", "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")
    rounds = []
    for _ in range(ROUNDS):
        started = time.perf_counter_ns()
        for _ in range(CALLS):
            parameters = entry.parameters()
        rounds.append((time.perf_counter_ns() - started) / CALLS)
        assert parameters.digits == 6
    return sorted(rounds)[ROUNDS // 2]


if sys.argv[1] == "start":
    print(asyncio.run(first_code(*sys.argv[2:])), flush=True)
else:
    print(call_ns(), flush=True)
