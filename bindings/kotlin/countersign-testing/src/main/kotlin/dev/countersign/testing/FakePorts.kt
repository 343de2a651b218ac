package dev.countersign.testing

import dev.countersign.LogLevel
import dev.countersign.LogSink
import dev.countersign.SecureStorage
import dev.countersign.StorageException
import dev.countersign.UserVerifier
import dev.countersign.Verification
import dev.countersign.VerifierException
import dev.countersign.VerifyPrompt
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.CopyOnWriteArrayList

/** Secure storage in memory. It holds callers to the contract: single-line ASCII of at most 2,048 bytes. */
public class MemoryStorage : SecureStorage {
    private val values = ConcurrentHashMap<String, String>()

    /** All entries, by name. */
    public val entries: Map<String, String> get() = values.toMap()

    /** A locked storage answers every call with [StorageException.Locked]. */
    @Volatile
    public var locked: Boolean = false

    override fun get(name: String): String? {
        check()
        return values[name]
    }

    override fun set(name: String, value: String) {
        check()
        require(value.length <= LONGEST && value.all { it in ' '..'~' }) {
            "the value of $name is not single-line ASCII of at most $LONGEST bytes"
        }
        values[name] = value
    }

    override fun remove(name: String) {
        check()
        values.remove(name)
    }

    private fun check() {
        if (locked) throw StorageException.Locked("the test locked it")
    }

    private companion object {
        const val LONGEST = 2_048
    }
}

/** A user who answers every prompt in the same way. */
public class FixedVerifier private constructor(private val answer: () -> Verification, private val present: Boolean) :
    UserVerifier {
    private val asked = CopyOnWriteArrayList<VerifyPrompt>()

    /** A user who is always verified in this way. */
    public constructor(how: Verification = Verification.BIOMETRIC) : this({ how }, present = true)

    /** A user who never is. With [VerifierException.Unavailable], the device verifies nobody. */
    public constructor(why: VerifierException) : this({ throw why }, why !is VerifierException.Unavailable)

    /** The prompts so far, oldest first. */
    public val prompts: List<VerifyPrompt> get() = asked.toList()

    override fun available(): Boolean = present

    override suspend fun verify(prompt: VerifyPrompt): Verification {
        asked += prompt
        return answer()
    }
}

/** Keeps the log lines, for looking at what was said and that no secret was. */
public class MemoryLog : LogSink {
    private val kept = CopyOnWriteArrayList<LogLine>()

    /** The lines so far, oldest first. */
    public val lines: List<LogLine> get() = kept.toList()

    override fun log(level: LogLevel, target: String, line: String) {
        kept += LogLine(level, target, line)
    }
}

/** One line of a [MemoryLog]: how much it matters, the part of the SDK that it comes from, and what it says. */
public data class LogLine(val level: LogLevel, val target: String, val line: String)
