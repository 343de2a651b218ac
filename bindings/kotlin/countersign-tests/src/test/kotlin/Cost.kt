import dev.countersign.ffi.App
import dev.countersign.ffi.HostPorts
import dev.countersign.ffi.LockedVault
import dev.countersign.ffi.NoStorage
import dev.countersign.ffi.Ports
import dev.countersign.ffi.TotpEntry
import dev.countersign.ffi.TotpParameters
import kotlinx.coroutines.runBlocking
import java.time.Instant

/**
 * What the way through the jar costs: `cargo xtask bench` runs it.
 *
 * `Cost start VAULT PASSPHRASE` loads the library, opens the vault and prints the code of its first entry. `Cost call`
 * prints how many nanoseconds a call takes that gives a small record out: the median of rounds.
 */
object Cost {
    // Rounds are short, so that what else the machine does falls into few of them.
    private const val ROUNDS = 1001
    private const val CALLS = 100

    @JvmStatic
    fun main(arguments: Array<String>) {
        if (arguments[0] == "start") println(firstCode(arguments[1], arguments[2])) else println(callNanoseconds())
    }

    private fun firstCode(path: String, passphrase: String): String = runBlocking {
        val app = App("com.example.cost", "Cost", "1.0", null)
        val ports = Ports(app, HostPorts(storage = NoStorage()), null)
        val vault = LockedVault.open(path, ports).unlock(passphrase)
        vault.codes().first().entry().codesAt(Instant.ofEpochSecond(59)).current()
    }

    private fun callNanoseconds(): Double {
        val entry = TotpEntry("Acme", "mia", "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", null)
        val rounds = List(ROUNDS) {
            var last: TotpParameters? = null
            val started = System.nanoTime()
            repeat(CALLS) { last = entry.parameters() }
            val took = System.nanoTime() - started
            check(last?.digits == 6.toUByte())
            took.toDouble() / CALLS
        }
        return rounds.sorted()[ROUNDS / 2]
    }
}

/** Nothing but the runtime. */
object Empty {
    @JvmStatic
    fun main(arguments: Array<String>) = println(arguments.size)
}
