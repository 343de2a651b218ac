import dev.countersign.TotpEntry
import dev.countersign.ffi.TotpParameters
import java.time.Instant
import dev.countersign.ffi.TotpEntry as FfiEntry

/**
 * Measures what the border costs, and prints one line of JSON: `start_to_first_code_ms`, from the beginning of `main`
 * until a code is there, the library loaded on the way; and `small_record_ns`, the median of one call that gives a small
 * record out. Run alone, on a machine that does nothing else.
 */
object Cost {
    private const val SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    private const val ROUNDS = 51
    private const val CALLS = 20_000

    @JvmStatic
    fun main(arguments: Array<String>) {
        val started = System.nanoTime()
        val code = TotpEntry(null, "mia", SECRET).use { it.codesAt(Instant.ofEpochSecond(59)).current }
        val start = System.nanoTime() - started
        check(code == "287082") { "the code of the standard's example" }

        val entry = FfiEntry(null, "mia", SECRET, null)
        val rounds = List(ROUNDS) {
            var last: TotpParameters? = null
            val before = System.nanoTime()
            repeat(CALLS) { last = entry.parameters() }
            val took = System.nanoTime() - before
            check(last?.digits == 6.toUByte())
            took.toDouble() / CALLS
        }
        val median = rounds.drop(ROUNDS / 2).sorted().let { it[it.size / 2] }
        println("""{"start_to_first_code_ms":${start / 1e6},"small_record_ns":$median}""")
    }
}
