package dev.countersign

import dev.countersign.ffi.PassphraseCost as FfiCost
import dev.countersign.ffi.RecoveryCode as FfiRecoveryCode

/** A way to open a [Vault]: its id, and what it is. */
public typealias Slot = dev.countersign.ffi.Slot

/** What kind of key opens a [Vault]. */
public typealias SlotKind = dev.countersign.ffi.SlotKind

/**
 * A code to be printed and put away, which opens a [Vault] when nothing else does. Closing it wipes the native copy.
 */
public class RecoveryCode private constructor(internal val native: FfiRecoveryCode) : AutoCloseable {
    /** Eight groups of four letters and digits, as they are printed. */
    public val groups: List<String> get() = native.groups()

    override fun close(): Unit = native.close()

    public companion object {
        /** A new random code. */
        public fun generate(ports: Ports): RecoveryCode =
            RecoveryCode(lifting { FfiRecoveryCode.generate(ports.native) })

        /**
         * Reads what a person typed: in any case, with or without hyphens and spaces; O counts as 0, I and L as 1.
         *
         * @throws CountersignException.InvalidInput which says whether letters are missing or one is wrong
         */
        public fun parse(typed: String): RecoveryCode = RecoveryCode(lifting { FfiRecoveryCode.parse(typed) })
    }
}

/**
 * What trying one passphrase costs (Argon2id, RFC 9106).
 *
 * @property memoryKib memory in KiB, 8 for each lane to 1 GiB
 * @property passes passes, 1 to 64
 * @property lanes lanes, 1 to 16
 */
public data class PassphraseCost(val memoryKib: Int, val passes: Int, val lanes: Int) {
    // What is below zero becomes zero, which the core refuses.
    internal fun lowered() = FfiCost(memoryKib.lowered(), passes.lowered(), lanes.lowered())

    private fun Int.lowered() = coerceAtLeast(0).toUInt()
}
