package dev.countersign

import java.time.Instant
import dev.countersign.ffi.CodeItem as FfiCodeItem

/**
 * A code as it lies in a [Vault]. It does not change: [copy] gives a changed one, for [Vault.saveCode]. Closing it wipes
 * the secret.
 */
public class CodeItem internal constructor(internal val native: FfiCodeItem) : AutoCloseable {
    /** Names it in its vault. */
    public val id: String = native.id()

    /** Its names, and the generator. */
    public val entry: TotpEntry = TotpEntry(native.entry())

    /** When it was added. */
    public val created: Instant = native.created()

    /** Its place in the list, from 0. Where two are the same, the older one stands first. */
    public val position: Int = native.position().toInt()

    /** Whether the user wants it before all others. */
    public val isPinned: Boolean = native.pinned()

    /** Whether its code is shown only when asked for. */
    public val isHidden: Boolean = native.hidden()

    /** The same with what is given here changed. A [position] before the first is the first. */
    public fun copy(
        entry: TotpEntry = this.entry,
        position: Int = this.position,
        isPinned: Boolean = this.isPinned,
        isHidden: Boolean = this.isHidden,
    ): CodeItem = CodeItem(
        native.withEntry(entry.native)
            .use { it.withPosition(position.coerceAtLeast(0).toUInt()) }
            .use { it.withPinned(isPinned) }
            .use { it.withHidden(isHidden) },
    )

    override fun close() {
        entry.close()
        native.close()
    }
}
